"""Confidence intervals that hold exactly, for shares and for medians. For bench and cli."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import beta, binom

from bench.traffic.curves import Floats

CONFIDENCE = 0.95


class Interval(NamedTuple):
    """An estimate and its limits; a median may be infinite."""

    value: float
    low: float
    high: float


def share(hits: int, runs: int, confidence: float = CONFIDENCE) -> Interval:
    """How probable a hit is: both of Clopper and Pearson's limits, together of `confidence`.

    Source: Clopper & Pearson 1934.
    """
    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, hits, runs - hits + 1)) if hits else 0.0
    return Interval(hits / runs, low, upper_limit(hits, runs, 1 - tail))


def upper_limit(hits: int, runs: int, confidence: float = CONFIDENCE) -> float:
    """The one-sided upper limit of a probability, from `hits` in `runs`."""
    return float(beta.ppf(confidence, hits + 1, runs - hits)) if hits < runs else 1.0


def median(values: Floats, confidence: float = CONFIDENCE) -> Interval:
    """The median and limits for it, by order statistics: whatever the distribution.

    The number of values below the median is Binomial(n, 1/2); infinite ones are values, too.

    Source: Thompson 1936.
    """
    ordered = np.sort(values)
    runs = len(ordered)
    below = int(binom.ppf((1 - confidence) / 2, runs, 0.5))
    low = float(ordered[below - 1]) if below else -np.inf
    high = float(ordered[runs - below]) if below else np.inf
    middle = ordered[(runs - 1) // 2], ordered[runs // 2]
    return Interval(float(middle[0] if middle[0] == middle[1] else np.mean(middle)), low, high)
