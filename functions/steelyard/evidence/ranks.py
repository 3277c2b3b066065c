"""Likelihood ratios of the canary's ranks among all latencies of a batch. For evidence/ only.

Both arms' requests of a batch are ranked together, by band; within a band the order is unknown.
If the canary is no slower, its ranks are a random draw, whatever the latencies of that hour: the
pooled band counts may be conditioned on, so quantiles and scores are taken from the batch itself.

A score that rises with rank is paid by the sums of the k highest, `top(k)`; a band gets the mean
of its ranks' scores. That only takes away: e^score is convex, so the mean over random orders
within bands is at least what the mean score gives (Jensen). A canary request one band up gains
what all others lose, so it never lowers the canary's sum; hence all holds for a canary that is
faster, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from statistics import NormalDist

SLOWEST = (0.3, 0.03, 0.003)
"""Shares of the slowest requests: the slowest third, thirtieth and three hundredth, about."""

TILTS = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Shifts bet on, in standard deviations of a normal score."""

_NORMAL = NormalDist()


def cuts(pooled: Sequence[int]) -> tuple[int, ...]:
    """For each of `SLOWEST` the band from which on about that share of all requests lies.

    They are taken from earlier requests, so that where the slowest begin does not depend on whose
    they are; only the first comparison has to make do with its own.

    Args:
        pooled: requests of both arms by latency band; at least one.
    """
    total = sum(pooled)
    beyond = tuple(accumulate(reversed(pooled)))[::-1]
    apart = [band for band, count in enumerate(beyond) if 0 < count < total]
    if not apart:
        return (len(pooled) - 1,) * len(SLOWEST)
    return tuple(
        min(apart, key=lambda band: _factor(beyond[band], share * total)) for share in SLOWEST
    )


def tilt_log_ratios(canary: Sequence[int], stable: Sequence[int]) -> tuple[float, ...]:
    """How high the canary ranks over the whole distribution, by normal scores: for a shift.

    Had N latencies been independent normal ones, the canary's sum, less its share of the total,
    would be normal with variance n_c n_s / N, and E exp(tilt sum - tilt^2/2 n_c n_s/N) = 1. Given
    the ranks the mean of that sum is the sum of expected order statistics, so with these as scores
    the mean is at most 1 (Jensen); and so with any that they majorise: see `normal_top`.

    Args:
        canary, stable: requests by latency band; at least one in each.
    Source: Terry 1952, Hoeffding 1951 (the scores).
    """
    mine, theirs = sum(canary), sum(stable)
    total = mine + theirs
    score = canary_sum(canary, stable, lambda k: normal_top(k, total))
    half_variance = mine * theirs / total / 2
    return tuple(tilt * score - tilt * tilt * half_variance for tilt in TILTS)


def canary_sum(canary: Sequence[int], stable: Sequence[int], top: Callable[[int], float]) -> float:
    """The sum of the canary's scores, of which the k highest sum to `top(k)`."""
    total, above = 0.0, 0
    for mine, theirs in zip(reversed(canary), reversed(stable), strict=True):
        if mine:
            here = mine + theirs
            total += (top(above + here) - top(above)) * mine / here
        above += mine + theirs
    return total


def normal_top(highest: int, total: int) -> float:
    """At most the expected sum of the `highest` of `total` standard normal values, concave.

    Given the value below them, of rank u from below, they average the mean m(u) beyond the normal
    quantile u; u has the mean 1 - (k + 1)/(n + 1), and m lies above its tangent at any u >= 1/2
    (Jensen). For the other half by symmetry; the middle of an even number is checked, not proved.
    """
    fewer = min(highest, total - highest)
    if fewer == 0:
        return 0.0
    beyond = (fewer + 1) / (total + 1)
    mean = _NORMAL.pdf(_NORMAL.inv_cdf(beyond)) / beyond
    return fewer * mean


def _factor(one: float, other: float) -> float:
    """How many times as large the larger is. A logarithm's rounding would decide between equals."""
    return max(one / other, other / one)
