"""A receiver of metrics by OTLP over HTTP: otlp.py PORT DIRECTORY.

Decodes them with the published protocol and writes them to metrics.json in DIRECTORY."""

import http.server
import pathlib
import sys

from google.protobuf.json_format import MessageToJson
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

port, directory = sys.argv[1:]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        fine = (
            self.path == "/v1/metrics"
            and self.headers["content-type"] == "application/x-protobuf"
            and self.headers["api-key"] == "hush"
        )
        if fine:
            request = ExportMetricsServiceRequest.FromString(body)
            (pathlib.Path(directory) / "metrics.json").write_text(MessageToJson(request))
        answer = ExportMetricsServiceResponse().SerializeToString()
        self.send_response(200 if fine else 400)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()
