"""Takes guards away in copies of the project, runs tests there, and says who noticed.

`__main__.py` uses it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from tests.mutants.guard import Guard

COPIED = (
    *("functions", "tests", "infra", "cli", "bench", "models", "docs"),
    *("pyproject.toml", "app.py", "cdk.json"),
)
_WARM = Path(__file__).with_name("warm.py")
_LIMIT = 300  # seconds; a mutant that hangs is noticed, too
_LIMIT_OF_ALL = 1800
_PASSED, _FAILED = 0, 1  # what pytest exits with; the rest says that it could not try
_WHO = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one guard's removal; `by`: the test that noticed, empty where none did."""

    guard: Guard
    by: str
    seconds: float


class Broken(Exception):
    """Tests fail, or can't run, for another reason than a guard that is missing."""


class Copy:
    """A copy of the project in a folder of its own, and a process that runs tests there."""

    def __init__(self, project: Path, folder: Path) -> None:
        self._folder = folder
        for name in COPIED:
            source = project / name
            if source.is_dir():
                leave = shutil.ignore_patterns("__pycache__", "out")
                shutil.copytree(source, folder / name, ignore=leave)
            elif source.exists():
                shutil.copy(source, folder)
        paths = os.pathsep.join(str(folder / name) for name in ("functions", ""))
        # A file that is written twice within a second must not be read from its bytecode.
        self._environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-P", str(_WARM)],
            cwd=folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def check(self, tests: Sequence[str]) -> None:
        """Run tests on the copy as it is.

        Raises:
            Broken: one fails, or the copy is not what is tested.
        """
        seen = subprocess.run(
            [sys.executable, "-c", "import steelyard; print(steelyard.__file__)"],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        if not Path(seen).is_relative_to(self._folder.resolve()):
            raise Broken(f"tests would see {seen}, accepted: what lies in {self._folder}")
        code, said = self._tests(tests, _LIMIT_OF_ALL)
        if code != _PASSED:
            raise Broken(f"tests of the unbroken copy fail: {said}")

    def without(self, guard: Guard) -> Outcome:
        """Take a guard away, run its tests, put it back.

        Raises:
            OutOfDate: it is not where the list says.
            Broken: its tests can't run.
        """
        file, began = self._folder / guard.path, monotonic()
        source = file.read_text()
        file.write_text(guard.removed_from(source))
        try:
            by = self._noticed(guard)
        finally:
            file.write_text(source)
        return Outcome(guard, by, monotonic() - began)

    def _noticed(self, guard: Guard) -> str:
        code, said = self._tests(guard.tests, _LIMIT)
        if code is None:
            return f"nothing within {_LIMIT} s"
        if code not in (_PASSED, _FAILED):
            raise Broken(f"{guard.name}: pytest could not try: {said}")
        who = _WHO.search(said)
        if code == _FAILED and who is None:
            raise Broken(f"{guard.name}: tests failed, but none by name: {said}")
        return who[1] if who else ""

    def _tests(self, tests: Sequence[str], limit: float) -> tuple[int | None, str]:
        """What pytest exits with, None for a time-out; and the end of what it says."""
        asked, answered = self._process.stdin, self._process.stdout
        if asked is None or answered is None:
            raise Broken("the process that runs tests has no pipes")
        asked.write(json.dumps({"tests": tests, "limit": limit}) + "\n")
        asked.flush()
        line = answered.readline()
        if not line:
            raise Broken("the process that runs tests has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer["code"], answer["said"].strip()[-1500:]


def trials(project: Path, guards: Sequence[Guard], workers: int) -> Iterator[Outcome]:
    """Take each guard away, in several copies at once; the outcomes as they come.

    First all of their tests have to pass on a copy that nothing was taken from.

    Raises:
        OutOfDate, Broken: nothing can be said; before the first outcome, where it shows by then.
    """
    for guard in guards:
        guard.removed_from((project / guard.path).read_text())
    with TemporaryDirectory(prefix="steelyard-mutants-") as folder:
        copies = [Copy(project, Path(folder, str(number))) for number in range(workers)]
        try:
            copies[0].check(sorted({test for guard in guards for test in guard.tests}))
            yield from _shared_out(copies, guards)
        finally:
            for copy in copies:
                copy.close()


def _shared_out(copies: Sequence[Copy], guards: Sequence[Guard]) -> Iterator[Outcome]:
    free: SimpleQueue[Copy] = SimpleQueue()
    for copy in copies:
        free.put(copy)
    with ThreadPoolExecutor(len(copies)) as pool:
        runs = [pool.submit(_trial, free, guard) for guard in guards]
        try:
            for run in as_completed(runs):
                yield run.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _trial(free: SimpleQueue[Copy], guard: Guard) -> Outcome:
    copy = free.get()
    try:
        return copy.without(guard)
    finally:
        free.put(copy)
