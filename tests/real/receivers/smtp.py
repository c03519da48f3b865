"""A mail server that wants STARTTLS and a login: smtp.py PORT DIRECTORY CERTIFICATE KEY.

Writes the last mail's parts to DIRECTORY, and to mail.json who sent what to whom."""

import email
import email.policy
import json
import pathlib
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

port, directory, certificate, key = sys.argv[1:]
directory = pathlib.Path(directory)


class Handler:
    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = []
        for part in mail.walk():
            if part.is_multipart():
                continue
            name = part.get_filename() or part.get_content_subtype()
            (directory / f"part-{name}").write_bytes(part.get_payload(decode=True))
            parts.append([part.get_content_type(), part.get_filename(), part.get_content_disposition()])
        told = {
            "encrypted": session.ssl is not None,
            "user": session.auth_data,
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "subject": mail["subject"],
            "auto_submitted": mail["auto-submitted"],
            "message_id": mail["message-id"],
            "parts": parts,
        }
        (directory / "mail.json").write_text(json.dumps(told))
        return "250 OK"


def login(server, session, envelope, mechanism, data):
    user, password = data.login.decode(), data.password.decode()
    return AuthResult(success=(user, password) == ("gatecrawl", "hush"), auth_data=user)


context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(certificate, key)
Controller(
    Handler(),
    hostname="127.0.0.1",
    port=int(port),
    tls_context=context,
    require_starttls=True,
    auth_required=True,
    authenticator=login,
).start()
threading.Event().wait()
