"""The likelihood ratio of two odds ratios, for bad events rare or frequent. For evidence/ only.

Given both arms' requests and x bad events in all, the canary's bad events X follow Fisher's
non-central hypergeometric law, whatever the base rate. The law's density at odds ratio `other`
divided by that at `null` is other^X E[null^X] / (null^X E[other^X]), with means under equal odds:
exact, but a long sum. This takes bounds of both means instead.

Under equal odds X is a sum of independent Bernoullis (Harkness 1965) of known mean and variance,
so sum p and sum p^2 are known. f(p) = ln(1 + p (a - 1)) minus the parabola through f(0) that
touches f in b is f'''/6 p (p - b)^2, so it has the sign of a - 1: among all such sums the binomial
one (all p = b) has the least mean of a^X for a > 1, and the greatest for a < 1. The same holds for
stable's bad, stable's good and the canary's good events, from which X differs by known counts.
"""

from __future__ import annotations

from math import log, log1p
from typing import NamedTuple

from steelyard.evidence.likelihood import Table


def odds_log_ratios(table: Table, null: float, others: tuple[float, ...]) -> tuple[float, ...]:
    """Log likelihood ratios of each odds ratio of `others` against `null`, none too high.

    For `other` > `null` the mean is at most 1 wherever the odds ratio is at most `null`, for
    `other` < `null` wherever it is at least that: Fisher's law has a monotone likelihood ratio,
    and X alone decides once x is given. At `null` 1 this holds for random routing of any failures.

    One more bad event never lowers the evidence against its own arm (with a `null` of up to 3, and
    checked, not proved). Little is lost: 2 % for rare events or a small arm, 15 % for a large
    regression where half of the requests are bad and half are the canary's. Poisson counts, which
    only rare events are, would lose half there.

    Args:
        table: both arms of one batch; the requests of one arm are alike, or routed at random.
        null: odds ratio to rule out, >= 1.
        others: odds ratios that are bet on, > 0.
    Source: Harkness 1965; Hoeffding 1956 for the argument; Turner, Ly & Grünwald 2024 (two
        proportions, at any time).
    """
    if _tells_nothing(table):
        return (0.0,) * len(others)
    law = _law(table)
    floor, bad = law.at_least(null), table.canary_bad
    return tuple(bad * log(other / null) + floor - law.at_most(other) for other in others)


def log_mean_bounds(
    table: Table, odds: tuple[float, ...]
) -> tuple[tuple[float, float], ...] | None:
    """Bounds from below and above of ln E[r^X] for each r of `odds`, under equal odds.

    None where the table tells nothing about the odds ratio.
    """
    if _tells_nothing(table):
        return None
    law = _law(table)
    return tuple((law.at_least(ratio), law.at_most(ratio)) for ratio in odds)


class _Count(NamedTuple):
    """One of the four counts under equal odds, as the binomial with its mean and variance."""

    mean: float
    rate: float

    def log_mean_of(self, base: float) -> float:
        """Ln E[base^Y]."""
        return self.mean / self.rate * log1p(self.rate * (base - 1))


class _Law(NamedTuple):
    """The four counts under equal odds; X is the canary's bad one."""

    canary_bad: _Count
    stable_bad: _Count
    canary_good: _Count
    stable_good: _Count

    def at_most(self, odds: float) -> float:
        """A bound from above of ln E[odds^X]."""
        return min(self._rising(odds) if odds <= 1 else self._falling(odds))

    def at_least(self, odds: float) -> float:
        """A bound from below of ln E[odds^X]."""
        return max(self._rising(odds) if odds >= 1 else self._falling(odds))

    def _rising(self, odds: float) -> tuple[float, float]:
        """By the counts that rise with X."""
        apart = (self.canary_bad.mean - self.stable_good.mean) * log(odds)
        return self.canary_bad.log_mean_of(odds), apart + self.stable_good.log_mean_of(odds)

    def _falling(self, odds: float) -> tuple[float, float]:
        """By the counts that fall as X rises."""
        bad = self.canary_bad.mean + self.stable_bad.mean
        canary = self.canary_bad.mean + self.canary_good.mean
        return (
            bad * log(odds) + self.stable_bad.log_mean_of(1 / odds),
            canary * log(odds) + self.canary_good.log_mean_of(1 / odds),
        )


def _tells_nothing(table: Table) -> bool:
    good = table.canary_requests + table.stable_requests - table.canary_bad - table.stable_bad
    return table.silent or good <= 0


def _law(table: Table) -> _Law:
    canary, stable = table.canary_requests, table.stable_requests
    bad = table.canary_bad + table.stable_bad
    good = canary + stable - bad
    return _Law(
        canary_bad=_count(canary, stable, bad),
        stable_bad=_count(stable, canary, bad),
        canary_good=_count(canary, stable, good),
        stable_good=_count(stable, canary, good),
    )


def _count(own: float, other: float, such: float) -> _Count:
    """How many of `such` requests of both arms are its own: hypergeometric."""
    total = own + other
    # 1 - variance / mean, as a sum of what is never negative: nothing cancels beside a huge arm.
    rate = ((own - 1) + other * such / total) / (total - 1)
    return _Count(own * such / total, rate)
