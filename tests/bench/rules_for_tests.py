"""Rules simple enough to know what they do. Not a test itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.counts import Bools, Look


@dataclass(frozen=True)
class After:
    """Rolls back once the canary has had so many errors."""

    errors: int
    name: str = "after"

    def begin(self, runs: int) -> AfterWatch:
        return AfterWatch(self.errors, runs)


class AfterWatch:
    """Counts, and remembers how many runs it was shown."""

    def __init__(self, errors: int, runs: int) -> None:
        self._errors = errors
        self._seen = np.zeros(runs, dtype=np.int64)

    def rolls_back(self, look: Look) -> Bools:
        self._seen = self._seen + look.canary.errors
        return np.asarray(self._seen >= self._errors)

    def keep(self, which: Bools) -> None:
        self._seen = self._seen[which]


@dataclass(frozen=True)
class Never:
    """Never rolls back."""

    name: str = "never"

    def begin(self, runs: int) -> NeverWatch:
        return NeverWatch(runs)


class NeverWatch:
    """Says no for as many runs as it still has."""

    def __init__(self, runs: int) -> None:
        self._runs = runs

    def rolls_back(self, look: Look) -> Bools:
        assert len(look.canary.requests) == self._runs
        return np.zeros(self._runs, dtype=np.bool_)

    def keep(self, which: Bools) -> None:
        self._runs = int(which.sum())
