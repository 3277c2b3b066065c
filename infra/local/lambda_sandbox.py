"""One execution environment of a Lambda function: a child process and its Runtime API.

Used by `lambda_executor` only. The API is the one that `awslambdaric` speaks, on loopback.
Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_PREFIX = "/2018-06-01/runtime"
_INVOCATION = f"{_PREFIX}/invocation/"

# A runtime asks for the next event as soon as it has answered; everything that the handler
# printed is in the log by then. One that never asks again must not hold up the answer.
_LAST_WORDS_S = 1.0


@dataclass(frozen=True)
class Invocation:
    """One event for a function; `deadline` is real time, seconds since the epoch."""

    request_id: str
    function_arn: str
    event: bytes
    deadline: float
    trace_id: str


@dataclass(frozen=True)
class Answer:
    """What the runtime said: the payload of a response, or of an error."""

    payload: bytes
    failed: bool


class SandboxExited(Exception):
    """The process ended without an answer; the argument is its exit status."""


class SandboxTimedOut(Exception):
    """No answer before the deadline; the process has been killed."""


class InitTimedOut(Exception):
    """The runtime did not ask for its first event in time; the process has been killed."""


class Sandbox:
    """Starts the process at once; takes one invocation at a time."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        log_file: Path,
    ) -> None:
        """Start.

        Args:
            command, environment: of the process; the Runtime API's address is added.
            folder: the process's working directory.
            log_file: where its output goes; this object owns the file.
        """
        self._changed = threading.Condition()
        self._pending: Invocation | None = None
        self._answer: Answer | None = None
        self._init_error: Answer | None = None
        self._asking = False
        self._stopped = False
        self._server = _server_for(self)
        address = f"127.0.0.1:{self._server.server_address[1]}"
        self._log_file = log_file
        with log_file.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
                list(command),
                cwd=folder,
                env={**environment, "AWS_LAMBDA_RUNTIME_API": address},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        threading.Thread(target=self._watch, daemon=True).start()

    def wait_until_ready(self, seconds: float) -> Answer | None:
        """Wait for the runtime's first request; answer the error of a failed initialisation.

        Raises:
            SandboxExited: the process ended without saying why.
            InitTimedOut: after so many real seconds.
        """
        with self._changed:
            done = self._changed.wait_for(
                lambda: self._asking or self._init_error or self._stopped, seconds
            )
            if self._init_error is not None:
                return self._init_error
            if self._stopped:
                raise SandboxExited(self._process.returncode)
        if not done:
            self.kill()
            raise InitTimedOut
        return None

    def invoke(self, invocation: Invocation) -> Answer:
        """Hand over one event and wait for the answer.

        Raises:
            SandboxExited, SandboxTimedOut: as they say; the sandbox is of no more use.
        """
        with self._changed:
            self._pending, self._answer, self._asking = invocation, None, False
            self._changed.notify_all()
            remaining = invocation.deadline - time.time()
            self._changed.wait_for(lambda: self._answer or self._stopped, remaining)
            if self._answer is not None:
                self._changed.wait_for(lambda: self._asking or self._stopped, _LAST_WORDS_S)
                return self._answer
            if self._stopped:
                raise SandboxExited(self._process.returncode)
        self.kill()
        raise SandboxTimedOut

    def take_log(self) -> str:
        """Answer what the process printed since the last call, and forget it."""
        with self._log_file.open("r+b") as log:
            text = log.read().decode(errors="replace")
            log.truncate(0)  # the process appends, so it goes on at the new end
        return text

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Kill the process, whatever it is doing; who waits for its answer hears of its end."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Kill the process, close its API and drop its log."""
        self.kill()
        self._server.shutdown()
        self._server.server_close()
        self._log_file.unlink(missing_ok=True)

    # What the Runtime API's handler calls, each on a thread of its own.

    def next_invocation(self) -> Invocation | None:
        """Block until there is an event; answer None once the process is gone."""
        with self._changed:
            self._asking = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._pending or self._stopped)
            taken, self._pending = self._pending, None
            return taken

    def answer(self, answer: Answer) -> None:
        """Take the answer to the current invocation."""
        with self._changed:
            self._answer = answer
            self._changed.notify_all()

    def fail_init(self, error: Answer) -> None:
        """Take the reason why the handler could not be loaded."""
        with self._changed:
            self._init_error = error
            self._changed.notify_all()

    def _watch(self) -> None:
        self._process.wait()
        with self._changed:
            self._stopped = True
            self._changed.notify_all()


def _server_for(sandbox: Sandbox) -> ThreadingHTTPServer:
    class Handler(_RuntimeApi):
        pass

    Handler.sandbox = sandbox
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False  # a runtime that was killed leaves a waiting thread behind
    return server


class _RuntimeApi(BaseHTTPRequestHandler):
    """The HTTP side of one sandbox."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for the runtime's delayed ACK
    sandbox: Sandbox

    def do_GET(self) -> None:
        if self.path != f"{_INVOCATION}next":
            self._reply(404, b"{}", {})
            return
        invocation = self.sandbox.next_invocation()
        if invocation is None:  # nobody is left to answer
            self.close_connection = True
            return
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
            "Lambda-Runtime-Trace-Id": invocation.trace_id,
        }
        self._reply(200, invocation.event, headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == f"{_PREFIX}/init/error":
            self.sandbox.fail_init(Answer(body, failed=True))
        elif self.path.startswith(_INVOCATION) and self.path.endswith("/response"):
            self.sandbox.answer(Answer(body, failed=False))
        elif self.path.startswith(_INVOCATION) and self.path.endswith("/error"):
            self.sandbox.answer(Answer(body, failed=True))
        else:
            self._reply(404, b"{}", {})
            return
        self._reply(202, b"{}", {})

    def _reply(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing: the server's log is not the place for each runtime's requests."""
