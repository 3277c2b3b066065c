"""One guard of the product, and how to take it away. Data of `tests/mutants/guards/`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

STEELYARD = "functions/steelyard"
_ROLLOUT = "tests/unit/rollout"
_FUNCTIONAL = "tests/functional"


@dataclass(frozen=True, slots=True)
class Guard:
    """A place that keeps a promise; without it, some test has to fail.

    Attributes:
        name: unique; `make mutants ONLY=…` takes a part of it.
        keeps: number of the invariant in docs/reliability.md, or the promise in words.
        file: below functions/steelyard.
        old, new: exact text that is there once, and what takes its place.
        tests: where they are that notice: files or folders, the quickest to notice first.
        survives: why no test can notice; empty where one must.
    """

    name: str
    keeps: int | str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    survives: str = ""

    @property
    def path(self) -> Path:
        """The file, from the root of the project."""
        return Path(STEELYARD, self.file)

    def removed_from(self, source: str) -> str:
        """The file's text without the guard.

        Raises:
            OutOfDate: the text is not there exactly once, or what is left is no Python.
        """
        found = source.count(self.old)
        if found != 1:
            raise OutOfDate(f"{self.name}: text found {found} times in {self.file}, accepted: once")
        without = source.replace(self.old, self.new)
        try:
            compile(without, self.file, "exec")
        except SyntaxError as error:
            raise OutOfDate(f"{self.name}: what is left of {self.file} is no Python") from error
        return without


class OutOfDate(Exception):
    """The product has changed under a guard's text: the list has to be renewed."""


def unit(*names: str) -> tuple[str, ...]:
    """All tests of the machine; first those in these files, by the part that tells them apart."""
    return (*(f"{_ROLLOUT}/test_{name}.py" for name in names), _ROLLOUT)


def functional(*names: str) -> tuple[str, ...]:
    """Files of tests with fakes of AWS, likewise."""
    return tuple(f"{_FUNCTIONAL}/test_{name}.py" for name in names)
