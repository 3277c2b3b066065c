"""How a running local cloud is known from outside: a lock and a file in its state directory.

Used by the server and by `process`.
"""

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from steelyard.errors import SteelyardError


class CloudRuns(SteelyardError):
    """A local cloud already uses this state directory."""


@dataclass(frozen=True)
class Running:
    """A local cloud that answers; `started` is an ISO time."""

    url: str
    pid: int
    factor: float
    started: str


class Claim:
    """The exclusive use of a state directory, as a context manager.

    The kernel gives the lock back however the process ends, so it never goes stale; and while it
    is held, the process id in its file is that of the server.
    """

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            CloudRuns: another process holds it.
        """
        self._state_dir.mkdir(parents=True, exist_ok=True)
        self._file = _lock_file(self._state_dir).open("a+")
        if not _lock(self._file):
            self._file.close()
            raise CloudRuns(message_of_running(self._state_dir))
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back."""
        self._file.close()


def holder(state_dir: Path) -> int | None:
    """Answer the process id of the server that holds the state directory now, if any."""
    try:
        with _lock_file(state_dir).open("r") as file:
            return None if _lock(file) else int(file.read())
    except FileNotFoundError:
        return None


def message_of_running(state_dir: Path) -> str:
    """Say that a local cloud runs, and where."""
    found = read(state_dir)
    where = f" at {found.url}" if found else ""
    return f"a local cloud already runs{where} with the state directory {state_dir}"


def announce(state_dir: Path, running: Running) -> None:
    """Let others find the server; the file appears whole or not at all."""
    partial = _found_file(state_dir).with_suffix(".partial")
    partial.write_text(json.dumps(asdict(running), indent=2) + "\n")
    partial.replace(_found_file(state_dir))


def withdraw(state_dir: Path) -> None:
    """Take the announcement back."""
    _found_file(state_dir).unlink(missing_ok=True)


def read(state_dir: Path) -> Running | None:
    """Answer what was announced last, which may have died since."""
    try:
        return Running(**json.loads(_found_file(state_dir).read_text()))
    except FileNotFoundError:
        return None


def _lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_file(state_dir: Path) -> Path:
    return state_dir / "local-cloud.lock"


def _found_file(state_dir: Path) -> Path:
    return state_dir / "local-cloud.json"
