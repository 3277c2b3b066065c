"""The mixture sequential probability ratio test for two proportions. For bench and cli."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from bench.counts import Bools
from bench.rules.counters import ERRORS, Counter
from bench.rules.sums import Floats, Peeking, Sums


def log_mixture_ratio(difference: Floats, variance: Floats, tau: float) -> Floats:
    """Ln of the likelihood ratio of a normal mixture over the difference, against none.

    Args:
        difference: the estimate.
        variance: of the estimate.
        tau: standard deviation of the mixture, whose mean is 0.
    """
    total = variance + tau**2
    return (np.log(variance / total) + difference**2 * tau**2 / (variance * total)) / 2


@dataclass(frozen=True, slots=True)
class MSprt:
    """Always valid p-values, as Optimizely took them up: reject once the ratio reaches 1/alpha.

    Difference of the two rates, with the variance that the rates so far suggest; two-sided, and a
    rollback only where the canary's is higher. The paper's form is for pairs; with arms of unequal
    size its V/n is the variance of the difference. The bound is exact for normal observations;
    for rates it is asymptotic, so early looks are not judged.
    Source: Johari, Koomen, Pekelis & Walsh, Always Valid Inference, Operations Research 2022.

    Attributes:
        tau: standard deviation of the differences that are looked for. At twice the base rate it
            is best for 3 times as bad, and loses little between 2 and 5.
        alpha: for the whole stream.
        metrics: how many are tested side by side; each has its part of alpha (Bonferroni).
        least: observations of the canary before the first judgement.
    """

    name: str
    tau: float = 0.02
    alpha: float = 0.01
    counter: Counter = ERRORS
    metrics: int = 1
    least: int = 30

    def begin(self, runs: int) -> Peeking:
        """See `bench.rule.Rule`."""
        return Peeking(runs, self.counter, self._judge)

    def _judge(self, sums: Sums) -> Bools:
        canary, stable = sums.canary_rate, sums.stable_rate
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = canary * (1 - canary) / sums.canary + stable * (1 - stable) / sums.stable
            evidence = log_mixture_ratio(canary - stable, variance, self.tau)
        enough = (sums.canary >= self.least) & (variance > 0)
        return enough & (canary > stable) & (evidence >= log(self.metrics / self.alpha))
