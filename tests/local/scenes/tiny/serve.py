"""Serves the tiny model: a context comes back in capitals. SageMaker's serving entry point.

`tests/local/scenes/models.py` makes updates of it by changing one line.
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def complete(context: str) -> str:
    """Answer a context."""
    return context.upper()


class Handler(BaseHTTPRequestHandler):
    """One connection, kept open."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        """Answer the health check."""
        self._answer(200, "")

    def do_POST(self) -> None:
        """Answer an invocation; a context that can't be read is this model's own failure."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            self._answer(200, complete(json.loads(body)["context"]))
        except UnicodeError as error:
            self._answer(500, str(error))

    def _answer(self, status: int, text: str) -> None:
        body = json.dumps({"text": text}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Keep the log short."""


address = ("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"]))
ThreadingHTTPServer(address, Handler).serve_forever()
