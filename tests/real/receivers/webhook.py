"""A receiver of webhooks: webhook.py PORT DIRECTORY SECRET.

Checks the signature of /hook as docs/notify.md says, takes anything at other paths, and writes what
it took to DIRECTORY, a file for each path."""

import hashlib
import hmac
import http.server
import pathlib
import sys
import time

port, directory, secret = sys.argv[1:]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        status = 200
        if self.path == "/hook":
            stamp = self.headers.get("x-gatecrawl-timestamp", "0")
            signed = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256)
            expected = "sha256=" + signed.hexdigest()
            given = self.headers.get("x-gatecrawl-signature", "")
            is_new = abs(time.time() - int(stamp)) < 300
            status = 200 if hmac.compare_digest(expected, given) and is_new else 401
        if status == 200:
            name = self.path.strip("/") + ".json"
            (pathlib.Path(directory) / name).write_bytes(body)
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()


http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()
