"""Likelihood ratios of odds ratios, in many comparisons: `evidence/odds.py`. For bench/twin."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bench.traffic.curves import Floats
from bench.twin.tables import Tables
from steelyard.evidence.mixture import REGRESSIONS

_REGRESSIONS = np.array(REGRESSIONS)[:, None]


def gains(tables: Tables, margin: float) -> Floats:
    """What each bet gains, (bets, comparisons): of margin times it against `margin`, at least 1."""
    found = np.zeros((len(REGRESSIONS), len(tables.canary)))
    tell = tables.tell
    if tell.any():
        found[:, tell] = _gains(tables.of(tell), margin)
    return found


def _gains(tables: Tables, margin: float) -> Floats:
    canary, stable = tables.canary.astype(np.float64), tables.stable.astype(np.float64)
    bad = tables.bad.astype(np.float64)
    good = canary + stable - bad
    odds = margin * _REGRESSIONS
    most = np.minimum(
        bad * np.log(odds) + _of(stable, canary, bad).log_mean(1 / odds),
        canary * np.log(odds) + _of(canary, stable, good).log_mean(1 / odds),
    )
    found = np.asarray(tables.canary_bad * np.log(_REGRESSIONS) - most)
    if margin > 1:
        found += _least(canary, stable, bad, margin)
    return found


def _least(canary: Floats, stable: Floats, bad: Floats, margin: float) -> Floats:
    """The bound from below of ln E[margin^X]."""
    mine = _of(canary, stable, bad)
    theirs = _of(stable, canary, canary + stable - bad)
    apart = (mine.mean - theirs.mean) * np.log(margin)
    return np.asarray(np.maximum(mine.log_mean(margin), apart + theirs.log_mean(margin)))


class _Counts(NamedTuple):
    """One of the four counts of each comparison, as binomials."""

    mean: Floats
    rate: Floats

    def log_mean(self, base: Floats | float) -> Floats:
        """Ln E[base^Y]."""
        return np.asarray(self.mean / self.rate * np.log1p(self.rate * (base - 1)))


def _of(own: Floats, other: Floats, such: Floats) -> _Counts:
    total = own + other
    return _Counts(own * such / total, ((own - 1) + other * such / total) / (total - 1))
