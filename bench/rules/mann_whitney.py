"""The interval for a shift between two samples that Kayenta's judge rests on. For bench/rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from bench.counts import Ints
from bench.rules.roots import roots
from bench.rules.sums import Floats


def mann_whitney_interval(x: Floats, y: Floats, confidence: float) -> tuple[Floats, Floats, Floats]:
    """How much larger x is than y: both ends of an interval, and Hodges-Lehmann's estimate.

    Args:
        x, y, confidence: see `shift` and `lower_quantile`.
    """
    quantile = lower_quantile(confidence)
    return shift(x, y, -quantile), shift(x, y, quantile), shift(x, y, 0.0)


def lower_quantile(confidence: float) -> float:
    """The normal quantile below which half of what `confidence` leaves lies."""
    return float(ndtri((1 - confidence) / 2))


def shift(x: Floats, y: Floats, level: float) -> Floats:
    """The shift mu at which the rank-sum statistic of x - mu against y passes `level`.

    By the normal approximation, with corrections for ties and continuity, as R's
    `wilcox.test(exact = FALSE, conf.int = TRUE)`. It is found to 1e-4 only.

    Args:
        x, y: samples, (rows, values), NaN for no value; at least one value a row of each, and
            not all of a row's equal.
        level: a normal quantile.
    """
    samples = _Samples(x, y)
    low = np.nanmin(x, axis=1) - np.nanmax(y, axis=1)
    high = np.nanmax(x, axis=1) - np.nanmin(y, axis=1)
    rows = np.arange(len(x))
    at_low = samples.statistic(low, rows) - level
    at_high = samples.statistic(high, rows) - level
    inside = np.flatnonzero((at_low > 0) & (at_high < 0))
    found: Floats = np.where(at_low <= 0, low, high)
    found[inside] = roots(
        lambda mu, which: samples.statistic(mu, inside[which]) - level,
        low[inside],
        high[inside],
        at_low[inside],
        at_high[inside],
    )
    return found


@dataclass(frozen=True, slots=True)
class _Samples:
    """Two samples a row; NaN are no values."""

    x: Floats
    y: Floats

    def statistic(self, mu: Floats, rows: Ints) -> Floats:
        """The standardised rank-sum statistic of x - mu against y."""
        x, y = self.x[rows] - mu[:, None], self.y[rows]
        m, n = _sizes(x), _sizes(y)
        ranks, tied = _ranks(x, y)
        off = ranks - m * (m + 1) / 2 - m * n / 2
        variance = m * n / 12 * (m + n + 1 - tied / ((m + n) * (m + n - 1)))
        with np.errstate(divide="ignore", invalid="ignore"):
            return (off - np.sign(off) / 2) / np.sqrt(variance)


def _sizes(sample: Floats) -> Floats:
    return np.asarray((~np.isnan(sample)).sum(axis=1), np.float64)


def _ranks(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Each row's sum of x's ranks among all, and of t^3 - t over groups of t equal values."""
    values = np.concatenate([x, y], axis=1)
    order = np.argsort(values, axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    first = np.ones(ordered.shape, np.bool_)
    first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    starts = np.flatnonzero(first)  # of groups; NaN come last, each by itself
    sizes = np.diff(starts, append=first.size)
    row, before = np.divmod(starts, values.shape[1])
    from_x = (order < x.shape[1]) & ~np.isnan(ordered)
    members = np.add.reduceat(from_x.ravel(), starts, dtype=np.int64)
    ranks = np.bincount(row, members * (before + (sizes + 1) / 2), len(x))
    tied = np.bincount(row, sizes.astype(np.float64) ** 3 - sizes, len(x))
    return ranks.astype(np.float64), tied.astype(np.float64)
