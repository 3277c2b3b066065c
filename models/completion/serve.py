"""Serves the completion model over HTTP. SageMaker's serving entry point: `serve.py`.

GET /ping answers 200 once the model is loaded; POST /invocations takes
`{"context": "<source text before the cursor>", "top": 5}` and answers
`{"completions": [{"token": "self", "probability": 0.31}, ...]}`.
"""

from __future__ import annotations

import json
import logging
import re
import reprlib
import signal
import sys
import threading
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import container
from completer import Completer
from ngram import artifact

_MOST_COMPLETIONS = 50
_MOST_BYTES = 6 * 1024 * 1024  # SageMaker passes on no more
_IDLE_SECONDS = 120

logger = logging.getLogger("completion")


class BadRequest(Exception):
    """The client's fault; the message goes back to it."""


def parse(body: bytes) -> tuple[str, int]:
    """The context and the number of completions that a request asks for.

    Raises:
        BadRequest: anything but the documented JSON object.
    """
    try:
        request = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"body: not JSON ({error})") from error
    if not isinstance(request, dict):
        raise BadRequest(f"body: got {type(request).__name__}, accepted: an object")
    unknown = sorted(request.keys() - {"context", "top"})
    if unknown:
        raise BadRequest(f"unknown keys: {reprlib.repr(unknown)}, accepted: context, top")
    context, top = request.get("context"), request.get("top", 5)
    if not isinstance(context, str):
        raise BadRequest(f"context: got {reprlib.repr(context)}, accepted: a string")
    if type(top) is not int or not 1 <= top <= _MOST_COMPLETIONS:
        raise BadRequest(
            f"top: got {reprlib.repr(top)}, accepted: a whole number from 1 to {_MOST_COMPLETIONS}"
        )
    return context, top


class Handler(BaseHTTPRequestHandler):
    """One connection, kept open."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one packet
    timeout = _IDLE_SECONDS

    def __init__(self, completer: Completer, *connection: Any) -> None:
        self._completer = completer
        super().__init__(*connection)  # answers all of the connection's requests

    def do_GET(self) -> None:
        """Answer SageMaker's health check."""
        if self.path == "/ping":
            self._answer(HTTPStatus.OK, {})
        else:
            self._answer(HTTPStatus.NOT_FOUND, {"error": f"no such path: {self.path}"})

    def do_POST(self) -> None:
        """Answer an invocation."""
        try:
            body = self._body()
            if self.path != "/invocations":
                self._answer(HTTPStatus.NOT_FOUND, {"error": f"no such path: {self.path}"})
                return
            answer = {"completions": self._completer.complete(*parse(body))}
        except BadRequest as error:
            self._answer(HTTPStatus.BAD_REQUEST, {"error": str(error)})
        except Exception:
            # One request's failure must not end the connection of those behind it.
            logger.exception("invocation failed")
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "internal error, see the log"})
        else:
            self._answer(HTTPStatus.OK, answer)

    def _body(self) -> bytes:
        given = self.headers.get("Content-Length", "")
        length = int(given) if re.fullmatch(r"[0-9]{1,9}", given) else _MOST_BYTES + 1
        if length > _MOST_BYTES:
            self.close_connection = True  # where the next request starts is unknown
            raise BadRequest(f"Content-Length: got {given!r}, accepted: 0 to {_MOST_BYTES}")
        return self.rfile.read(length)

    def _answer(self, status: HTTPStatus, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Leave requests out of the log: it would grow by a line a request."""


class Server(ThreadingHTTPServer):
    """A thread a connection; none of them outlives the server."""

    daemon_threads = True
    request_queue_size = 128


def main() -> int:
    """Load the model, then serve until SageMaker sends SIGTERM."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    try:
        completer = Completer(artifact.load(container.base() / "model"))
    except artifact.InvalidArtifact as error:
        print(f"can't serve: {error}", file=sys.stderr)
        return 1
    server = Server((container.host(), container.port()), partial(Handler, completer))
    for number in (signal.SIGTERM, signal.SIGINT):
        # shutdown() waits for serve_forever(), which runs in this very thread.
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
