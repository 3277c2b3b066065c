"""Runs Lambda functions as AWS does: the deployed zip and layers under the real runtime client.

Used by the local cloud's MiniStack adapter. A function's process sees the standard library, the
runtime's packages, its layers and its zip, and nothing else of this project.
"""

import hashlib
import json
import shutil
import sys
import threading
import time
import uuid
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from infra.local.chaos import Mishaps
from infra.local.clock import Clock
from infra.local.lambda_function import Function, process_environment
from infra.local.lambda_sandbox import (
    Answer,
    InitTimedOut,
    Invocation,
    Sandbox,
    SandboxExited,
    SandboxTimedOut,
)

# Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
_INIT_LIMIT_S = 10.0
_KEPT_WARM = 2
_BOOTSTRAP = Path(__file__).with_name("lambda_bootstrap.py")


@dataclass(frozen=True)
class Outcome:
    """What an invocation came to; `duration_ms` is real time and leaves out the start."""

    payload: bytes
    failed: bool
    log: str
    duration_ms: float


class LambdaExecutor:
    """Keeps processes warm and replaces them when the function changes. Thread-safe."""

    def __init__(  # noqa: PLR0913 - where it runs, what for, and how
        self,
        folder: Path,
        runtime: Path,
        region: str,
        endpoint_url: str,
        *,
        mishaps: Mishaps | None = None,
        real_client: bool = sys.platform == "linux",
    ) -> None:
        """Make an executor.

        Args:
            folder: for unpacked code and output; emptied here.
            runtime: the runtime's packages, see `lambda_runtime`.
            region, endpoint_url: what the functions' SDK is told.
            mishaps: kill processes at work and lose answers, on game days.
            real_client: whether `awslambdaric` runs them; it has wheels for Linux only.
        """
        shutil.rmtree(folder, ignore_errors=True)
        self._folder = folder
        self._runtime = runtime
        self._region = region
        self._endpoint_url = endpoint_url
        self._mishaps = mishaps or Mishaps(Clock())
        self._real_client = real_client
        self._lock = threading.Lock()
        self._warm: dict[str, list[Sandbox]] = {}
        self._busy: set[Sandbox] = set()
        self._latest: dict[tuple[str, str], str] = {}

    def invoke(self, function: Function, event: bytes, request_id: str) -> Outcome:
        """Run one event to its end; failures of the function are outcomes, not exceptions."""
        sandbox = self._take_warm(function)
        if sandbox is None:
            sandbox = self._start(function)
            failure = self._initialise(sandbox, function, request_id)
            if failure is not None:
                return self._give_up(sandbox, failure, 0.0)
        started = time.monotonic()
        invocation = Invocation(
            request_id, function.arn, event, time.time() + function.timeout_s, _trace_id()
        )
        try:
            with self._mishaps.invocation(sandbox.kill):
                answer = sandbox.invoke(invocation)
        except SandboxTimedOut:
            answer = _timed_out(request_id, function)
        except SandboxExited as exited:
            answer = _exited(request_id, exited)
        else:
            if self._mishaps.drops_answer():
                answer = _lost(request_id)
            return self._keep(sandbox, function, answer, started)
        return self._give_up(sandbox, answer, _elapsed_ms(started))

    def stop(self) -> None:
        """End all processes, also those at work."""
        with self._lock:
            sandboxes = [*self._busy, *(one for many in self._warm.values() for one in many)]
            self._warm.clear()
        for sandbox in sandboxes:
            sandbox.stop()

    def _take_warm(self, function: Function) -> Sandbox | None:
        with self._lock:
            identity = (function.name, function.version)
            before = self._latest.get(identity)
            self._latest[identity] = function.key
            replaced = self._warm.pop(before, []) if before and before != function.key else []
            waiting = self._warm.setdefault(function.key, [])
            taken = waiting.pop() if waiting else None
            if taken is not None:
                self._busy.add(taken)
        for old in replaced:
            old.stop()
        if taken is None or taken.alive:
            return taken
        self._end(taken)
        return None

    def _end(self, sandbox: Sandbox) -> None:
        with self._lock:
            self._busy.discard(sandbox)
        sandbox.stop()

    def _start(self, function: Function) -> Sandbox:
        task_root = self._unpacked(function.code)
        layers = [self._unpacked(layer) / "python" for layer in function.layers]
        paths = [task_root, *layers, self._runtime]
        log_file = self._folder / "log" / f"{uuid.uuid4().hex}.log"
        log_file.parent.mkdir(parents=True, exist_ok=True)
        environment = {
            **process_environment(function, paths),
            "AWS_DEFAULT_REGION": self._region,
            "AWS_REGION": self._region,
            "AWS_ENDPOINT_URL": self._endpoint_url,
        }
        sandbox = Sandbox(self._command(function), environment, task_root, log_file)
        with self._lock:
            self._busy.add(sandbox)
        return sandbox

    def _command(self, function: Function) -> list[str]:
        # -S keeps this project's own packages out of the function's sight.
        client = ["-m", "awslambdaric"] if self._real_client else [str(_BOOTSTRAP)]
        return [sys.executable, "-S", *client, function.handler]

    def _unpacked(self, blob: bytes) -> Path:
        folder = self._folder / "code" / hashlib.sha256(blob).hexdigest()[:32]
        with self._lock:
            if not folder.is_dir():
                partial = folder.with_suffix(".partial")
                with zipfile.ZipFile(BytesIO(blob)) as archive:
                    archive.extractall(partial)
                partial.rename(folder)
        return folder

    def _initialise(self, sandbox: Sandbox, function: Function, request_id: str) -> Answer | None:
        """Answer None when the handler is loaded, else why not."""
        try:
            return sandbox.wait_until_ready(_INIT_LIMIT_S + function.timeout_s)
        except InitTimedOut:
            return _timed_out(request_id, function)
        except SandboxExited as exited:
            return _exited(request_id, exited)

    def _keep(
        self, sandbox: Sandbox, function: Function, answer: Answer, started: float
    ) -> Outcome:
        outcome = Outcome(answer.payload, answer.failed, sandbox.take_log(), _elapsed_ms(started))
        with self._lock:
            self._busy.discard(sandbox)
            current = self._latest.get((function.name, function.version)) == function.key
            waiting = self._warm.setdefault(function.key, []) if current else []
            kept = current and len(waiting) < _KEPT_WARM
            if kept:
                waiting.append(sandbox)
        if not kept:
            sandbox.stop()
        return outcome

    def _give_up(self, sandbox: Sandbox, answer: Answer, duration_ms: float) -> Outcome:
        outcome = Outcome(answer.payload, answer.failed, sandbox.take_log(), duration_ms)
        self._end(sandbox)
        return outcome


def _elapsed_ms(started: float) -> float:
    return (time.monotonic() - started) * 1000


def _trace_id() -> str:
    return f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0"


def _timed_out(request_id: str, function: Function) -> Answer:
    text = f"Task timed out after {function.timeout_s}.00 seconds"
    return _error("Sandbox.Timedout", f"RequestId: {request_id} Error: {text}")


def _exited(request_id: str, exited: SandboxExited) -> Answer:
    text = f"Runtime exited with error: exit status {exited}"
    return _error("Runtime.ExitError", f"RequestId: {request_id} Error: {text}")


def _lost(request_id: str) -> Answer:
    return _error("Runtime.Unknown", f"RequestId: {request_id} Error: the answer was lost")


def _error(error_type: str, message: str) -> Answer:
    payload = {"errorType": error_type, "errorMessage": message}
    return Answer(json.dumps(payload).encode(), failed=True)
