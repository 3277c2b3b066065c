"""Starts, finds and ends the local cloud's processes. The console and the tests use it.

The server leads a session and process group of its own, so that Ctrl-C in a terminal reaches
only the program in front, which then calls `down`.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from infra.local.lambda_runtime import runtime_directory
from infra.local.running import CloudRuns, Running, holder, message_of_running, read, withdraw
from steelyard.errors import SteelyardError

DEFAULT_FACTOR = 12.0
_START_LIMIT_S = 60.0
_STOP_LIMIT_S = 15.0
# A process that nobody buries (in a container without an init) stays in its group for ever.
_BURIAL_LIMIT_S = 2.0
_POLL_S = 0.02


class CloudFailed(SteelyardError):
    """The server died or did not become ready; the message has the end of its log."""


def up(state_dir: Path, factor: float = DEFAULT_FACTOR, port: int = 0) -> Running:
    """Start a local cloud and wait until it answers.

    Args:
        state_dir: for its files; made if missing. One local cloud each.
        factor: virtual seconds per real second.
        port: on loopback; 0 takes a free one.

    Raises:
        CloudRuns: one runs with this state directory.
        CloudFailed: it did not start, such as when the port is taken.
    """
    state_dir = state_dir.resolve()
    if holder(state_dir) is not None:
        raise CloudRuns(message_of_running(state_dir))
    withdraw(state_dir)
    state_dir.mkdir(parents=True, exist_ok=True)
    runtime_directory()  # here and not in the server, which must be quick to answer
    with _log_file(state_dir).open("wb") as log:
        server = subprocess.Popen(  # noqa: S603 - our own interpreter
            _command(state_dir, factor, port),
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        return _wait_until_ready(server, state_dir)
    except BaseException:  # also Ctrl-C: nothing may stay behind
        _end_group(server.pid)
        raise


def down(state_dir: Path) -> bool:
    """End the local cloud with all its children; answer whether there was one."""
    state_dir = state_dir.resolve()
    pid = holder(state_dir)
    if pid is None:
        withdraw(state_dir)
        return False
    os.kill(pid, signal.SIGTERM)  # the server ends its children by itself, and in order
    deadline = time.monotonic() + _STOP_LIMIT_S
    while holder(state_dir) is not None and time.monotonic() < deadline:
        _reap(pid)
        time.sleep(_POLL_S)
    _end_group(pid)
    withdraw(state_dir)
    return True


def status(state_dir: Path) -> Running | None:
    """Answer the local cloud that runs with this state directory, if any."""
    state_dir = state_dir.resolve()
    return None if holder(state_dir) is None else read(state_dir)


def _command(state_dir: Path, factor: float, port: int) -> list[str]:
    options = ["--state-dir", str(state_dir), "--factor", str(factor), "--port", str(port)]
    return [sys.executable, "-m", "infra.local.server", *options]


def _wait_until_ready(server: "subprocess.Popen[bytes]", state_dir: Path) -> Running:
    deadline = time.monotonic() + _START_LIMIT_S
    while time.monotonic() < deadline:
        found = read(state_dir)
        if found is not None:
            return found
        if server.poll() is not None:
            raise CloudFailed(f"the local cloud could not start:\n{_log_tail(state_dir)}")
        time.sleep(_POLL_S)
    raise CloudFailed(
        f"the local cloud was not ready within {_START_LIMIT_S:.0f} s:\n{_log_tail(state_dir)}"
    )


def _end_group(pid: int) -> None:
    """Kill what is left of a group and wait until it is gone."""
    deadline = time.monotonic() + _BURIAL_LIMIT_S
    while time.monotonic() < deadline:
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        _reap(pid)
        time.sleep(_POLL_S)


def _reap(pid: int) -> None:
    """Bury the server if it is our child, else its process id would stay."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return  # another process started it


def _log_file(state_dir: Path) -> Path:
    return state_dir / "local-cloud.log"


def _log_tail(state_dir: Path) -> str:
    lines = _log_file(state_dir).read_text(errors="replace").splitlines()
    return "\n".join(lines[-15:])
