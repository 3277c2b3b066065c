"""A two-proportion z-test, looked at again and again. For bench and cli."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from bench.counts import Bools
from bench.rules.counters import ERRORS, Counter
from bench.rules.sums import Floats, Peeking, Sums


def z_statistic(sums: Sums) -> Floats:
    """The pooled two-proportion z statistic, positive where the canary is worse; 0 without data."""
    both = sums.canary + sums.stable
    pooled = (sums.canary_bad + sums.stable_bad) / np.maximum(both, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(pooled * (1 - pooled) * (1 / sums.canary + 1 / sums.stable))
        z = (sums.canary_rate - sums.stable_rate) / spread
    return np.asarray(np.nan_to_num(z, nan=0.0, posinf=0.0, neginf=0.0))


@dataclass(frozen=True, slots=True)
class ZTest:
    """What a dashboard invites to: test all counts since the start at every look, at level alpha.

    One-sided, pooled variance. Its level holds for one look that was chosen beforehand; looked at
    a thousand times it is exceeded, the more the longer it goes on.

    Attributes:
        alpha: the level of each look.
        metrics: how many are tested side by side; each has its part of alpha (Bonferroni).
    """

    name: str
    alpha: float = 0.01
    counter: Counter = ERRORS
    metrics: int = 1

    def begin(self, runs: int) -> Peeking:
        """See `bench.rule.Rule`."""
        return Peeking(runs, self.counter, self._judge)

    def _judge(self, sums: Sums) -> Bools:
        return z_statistic(sums) >= -float(ndtri(self.alpha / self.metrics))
