"""How far stable's parts differ in each run: phi of `evidence/dispersion.py`. For bench/twin."""

from __future__ import annotations

import numpy as np

from bench.counts import Bools, Ints
from bench.traffic.curves import Floats
from steelyard.evidence.dispersion import LEAST_PARTS, SURE


class Dispersions:
    """Pearson's statistic over stable's parts; the A/A test gives doubts alone and is not here."""

    def __init__(self, runs: int) -> None:
        self._sums = np.zeros((3, runs))  # the statistic, its mean and variance by chance

    def phi(self) -> Floats:
        """Of each run; 1 without a sign of any."""
        statistic, expected, variance = self._sums
        found = np.ones(len(statistic))
        sure = statistic - expected > SURE * np.sqrt(variance)
        found[sure] = 2 * statistic[sure] / expected[sure] - 1
        return found

    def see(self, requests: Ints, bad: Ints) -> None:
        """One more batch, of parts: (runs, parts)."""
        counted = requests > 0
        parts, all_, all_bad = counted.sum(axis=1), requests.sum(axis=1), bad.sum(axis=1)
        tell = np.flatnonzero((parts >= LEAST_PARTS) & (all_bad > 0) & (all_bad < all_))
        counted, parts, all_ = counted[tell], parts[tell], all_[tell]
        rate = all_bad[tell] / all_
        spread = rate * (1 - rate)
        each = np.maximum(requests[tell], 1)
        squares = np.where(counted, (bad[tell] - each * rate[:, None]) ** 2 / each, 0.0)
        sparse = np.where(counted, 1 / (each * spread[:, None]), 0.0).sum(axis=1) / parts
        freedom = parts - 1
        self._sums[:, tell] += (
            squares.sum(axis=1),
            freedom * all_ / (all_ - 1) * spread,
            freedom * (2 + sparse) * spread**2,
        )

    def keep(self, which: Bools) -> None:
        """Go on with these runs only."""
        self._sums = self._sums[:, which]
