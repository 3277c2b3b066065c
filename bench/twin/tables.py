"""Comparisons of many streams at once, and sums in logs. For bench/twin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.counts import Bools, Ints
from bench.traffic.curves import Floats


@dataclass(frozen=True, slots=True)
class Tables:
    """Requests and bad ones of both arms in some comparisons, (comparisons,) each."""

    canary: Ints
    canary_bad: Ints
    stable: Ints
    stable_bad: Ints

    @property
    def bad(self) -> Ints:
        """Of both arms."""
        return self.canary_bad + self.stable_bad

    @property
    def total(self) -> Ints:
        """Requests of both arms."""
        return self.canary + self.stable

    @property
    def tell(self) -> Bools:
        """Which say anything about the odds ratio."""
        bad = self.bad
        return (bad > 0) & (bad < self.total) & (self.canary > 0) & (self.stable > 0)

    def of(self, which: Bools | Ints) -> Tables:
        """Some of them."""
        return Tables(
            self.canary[which],
            self.canary_bad[which],
            self.stable[which],
            self.stable_bad[which],
        )


def log_sum(terms: Floats, axis: int = 0) -> Floats:
    """ln(sum of e^term) along an axis."""
    highest = terms.max(axis=axis, keepdims=True)
    sums = np.exp(terms - highest).sum(axis=axis)
    return np.asarray(highest.squeeze(axis) + np.log(sums))


def log_sum_of(one: Floats, other: Floats) -> Floats:
    """ln(e^one + e^other)."""
    return np.asarray(np.maximum(one, other) + np.log1p(np.exp(-np.abs(one - other))))
