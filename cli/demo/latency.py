"""A histogram of latencies in bounded memory. For the demo's clients only."""

from __future__ import annotations

import math
from collections import Counter

_WIDTH = math.log(1.05)  # a bucket is 5 % wide, so a quantile is off by 2.5 % at most
_LEAST_SECONDS = 1e-6


class Histogram:
    """Counts of latencies in buckets of equal ratio."""

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        """Count one latency."""
        self._buckets[round(math.log(max(seconds, _LEAST_SECONDS)) / _WIDTH)] += 1

    def quantile(self, share: float) -> float | None:
        """The latency, in seconds, that `share` of all don't exceed; None where none was seen."""
        wanted = share * self._buckets.total()
        reached = 0
        for bucket in sorted(self._buckets):
            reached += self._buckets[bucket]
            if reached >= wanted:
                return math.exp(bucket * _WIDTH)
        return None
