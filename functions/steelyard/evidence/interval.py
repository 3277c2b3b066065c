"""An interval for the odds ratio of bad events, valid at every look. Pure; for evidence/ only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, inf, log

from steelyard.evidence.likelihood import Table, log_sum
from steelyard.evidence.odds import log_mean_bounds

GRID = (0.25, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 3.0, 6.0, 20.0)
"""Odds ratios that are tested one by one; the interval ends between them."""

_LOG_GRID = tuple(map(log, GRID))
_NONE = (0.0,) * len(GRID)


@dataclass(frozen=True, slots=True)
class Interval:
    """What the comparisons so far say about each odds ratio of `GRID`.

    An odds ratio r is out once the mean likelihood ratio of all of `GRID` against r reaches
    1/level: that happens to the true one with probability <= level, however often one looks
    (Ville 1939; Howard et al. 2021). Means of odds^X come as bounds, see `odds.py`, so the
    intervals are a little too wide where both arms are large and bad events frequent.

    Attributes:
        bad: the canary's bad events, in comparisons that tell anything.
        least, most: sums of the bounds of ln E[odds^X], for each of `GRID`.
    """

    bad: float = 0.0
    least: tuple[float, ...] = field(default=_NONE)
    most: tuple[float, ...] = field(default=_NONE)

    def after(self, table: Table, phi: float) -> Interval:
        """With one more comparison, of which only a part of 1/phi counts."""
        bounds = log_mean_bounds(table, GRID)
        if bounds is None:
            return self
        return Interval(
            self.bad + table.canary_bad / phi,
            tuple(sum_ + low / phi for sum_, (low, _) in zip(self.least, bounds, strict=True)),
            tuple(sum_ + high / phi for sum_, (_, high) in zip(self.most, bounds, strict=True)),
        )

    def ends(self, level: float) -> tuple[float, float]:
        """Least and greatest odds ratio that is not out; 0 and infinity where nothing is known.

        The true one lies between them at all looks with probability >= 1 - `level`.
        """
        against = self._against()
        threshold = -log(level)
        low = _first(_LOG_GRID, against, threshold)
        high = _first(tuple(-x for x in _LOG_GRID[::-1]), against[::-1], threshold)
        return exp(low), exp(-high)

    def _against(self) -> tuple[float, ...]:
        """Ln of the e-value against each odds ratio of `GRID`: convex in its logarithm."""
        bets = (self.bad * x - most for x, most in zip(_LOG_GRID, self.most, strict=True))
        mixture = log_sum(bets) - log(len(GRID))
        nulls = zip(_LOG_GRID, self.least, strict=True)
        return tuple(mixture - self.bad * x + least for x, least in nulls)


def _first(xs: Sequence[float], against: Sequence[float], threshold: float) -> float:
    """Where a convex function, known at `xs`, may first be below `threshold`: no later than that.

    Left of a point that is below, a convex function lies above the line through it and the next.
    """
    # The likeliest of `xs` is never out: the mean likelihood of all is no higher.
    inside = next(i for i, value in enumerate(against) if value < threshold)
    if inside == 0:
        return -inf
    if inside + 1 == len(xs):
        return xs[inside - 1]
    slope = (against[inside + 1] - against[inside]) / (xs[inside + 1] - xs[inside])
    if slope >= 0:
        return xs[inside - 1]
    return max(xs[inside - 1], xs[inside] + (threshold - against[inside]) / slope)
