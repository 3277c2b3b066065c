"""Both variants' counts since the start, for rules that look at totals. For bench/rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.counts import Bools, Ints, Look
from bench.rules.counters import Counter

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sums:
    """Observations and bad ones of both variants since the start, (runs,) each."""

    canary: Ints
    canary_bad: Ints
    stable: Ints
    stable_bad: Ints

    @property
    def canary_rate(self) -> Floats:
        """NaN where nothing was observed."""
        return rate(self.canary_bad, self.canary)

    @property
    def stable_rate(self) -> Floats:
        """NaN where nothing was observed."""
        return rate(self.stable_bad, self.stable)


def rate(bad: Ints, observed: Ints) -> Floats:
    """Bad ones of all; NaN where nothing was observed, as metric stores say it."""
    return np.where(observed > 0, bad / np.maximum(observed, 1), np.nan)


class Peeking:
    """A watch that judges the sums since the start anew at every look."""

    def __init__(self, runs: int, counter: Counter, judge: Callable[[Sums], Bools]) -> None:
        self._counter = counter
        self._judge = judge
        self._sums = np.zeros((4, runs), np.int64)

    def rolls_back(self, look: Look) -> Bools:
        """See `bench.rule.Watch`."""
        self._sums += np.stack([*self._counter.of(look.canary), *self._counter.of(look.stable)])
        return self._judge(Sums(*self._sums))

    def keep(self, which: Bools) -> None:
        """See `bench.rule.Watch`."""
        self._sums = self._sums[:, which]
