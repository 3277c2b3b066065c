"""Latency buckets of any bounds, as the evidence wants them. For `cli.judging` alone.

The evidence asks whether the canary is higher in its own bands, which a margin makes wider than
stable's. Here both arms have the same buckets; so the canary's latencies are divided by the margin
instead. What a bucket holds then lies in one of several, and counts in the lowest of them: harm is
never overstated. With bounds whose ratio is the margin that is exact.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from math import floor

from cli.judging.shape import Bounds

_ROUNDING = 1e-12  # of a bound, which a quotient may miss by that much


@dataclass(frozen=True, slots=True)
class Buckets:
    """Buckets in which both arms are counted.

    Attributes:
        bounds: their upper bounds, in microseconds.
        margin: how many times longer the canary's answers may take.
    """

    bounds: Bounds
    margin: float

    def shifted(self, counts: Sequence[int]) -> tuple[int, ...]:
        """The canary's counts, each latency divided by the margin."""
        made = [0] * len(counts)
        for bucket, count in zip(_lowest(self.bounds, self.margin), counts, strict=True):
            made[bucket] += count
        return tuple(made)

    def slower(self, counts: Sequence[int], than_us: float) -> int:
        """Requests that may have taken longer: a bucket on both sides of the limit counts."""
        pairs = zip(self.bounds, counts, strict=True)
        return sum(count for bound, count in pairs if bound > than_us)


@cache
def _lowest(bounds: Bounds, margin: float) -> tuple[int, ...]:
    """For each bucket the lowest that may hold its latencies, divided by the margin.

    Latencies are whole microseconds: the least in a bucket is the one after the bound below it.
    """
    below = chain((0.0,), bounds)
    least = (min(floor(under) + 1, bound) for under, bound in zip(below, bounds, strict=False))
    return tuple(bisect_left(bounds, value / margin * (1 - _ROUNDING)) for value in least)
