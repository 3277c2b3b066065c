"""GrowthBook's sequential test: an asymptotic confidence sequence. For bench and cli."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Literal

import numpy as np

from bench.counts import Bools
from bench.rules.counters import ERRORS, Counter
from bench.rules.sums import Floats, Peeking, Sums


@dataclass(frozen=True, slots=True)
class Sample:
    """One arm's mean, variance of an observation, and number of observations."""

    mean: Floats
    variance: Floats
    count: Floats


@dataclass(frozen=True, slots=True)
class Effect:
    """An estimate and its variance."""

    estimate: Floats
    variance: Floats


def effect(stable: Sample, canary: Sample, kind: Literal["relative", "absolute"]) -> Effect:
    """How much higher the canary's mean is; relative to stable's by the delta method."""
    of_stable, of_canary = stable.variance / stable.count, canary.variance / canary.count
    difference = canary.mean - stable.mean
    if kind == "absolute":
        return Effect(difference, of_stable + of_canary)
    variance = of_canary / stable.mean**2 + of_stable * canary.mean**2 / stable.mean**4
    return Effect(difference / stable.mean, variance)


def sequential_interval(
    measured: Effect, count: Floats, *, alpha: float, tuning: float, one_sided: bool
) -> tuple[Floats, Floats]:
    """A confidence interval that holds at all looks together, asymptotically.

    One-sided, each end by itself holds at level alpha.

    Args:
        measured: the effect so far.
        count: observations in both arms.
        alpha: the level.
        tuning: the count at which the sequence is tightest.
        one_sided: whether one end is of interest.
    Source: Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, arXiv:2103.06476, as GrowthBook's
    statistics engine applies it.
    """
    level = 2 * alpha if one_sided else alpha
    rho2 = (-2 * log(level) + log(1 - 2 * log(level))) / tuning
    grown = count * rho2 + 1
    crossing = np.log1p(np.sqrt(grown) / level) if one_sided else np.log(np.sqrt(grown) / level)
    width = np.sqrt(measured.variance * 2 * grown / (count * rho2) * crossing)
    return measured.estimate - width, measured.estimate + width


@dataclass(frozen=True, slots=True)
class ConfidenceSequence:
    """GrowthBook's sequential frequentist engine, which may be looked at at any time.

    Relative lift and a tuning parameter of 5000 are its defaults, absolute difference is a choice
    of the analysis; one-sided, a rollback once the lower end is above zero. The guarantee is
    asymptotic: it takes the sample variance for the true one, so early looks are not judged.

    Attributes:
        alpha: for the whole stream.
        kind: of the difference.
        tuning: observations of both arms at which the sequence is tightest.
        metrics: how many are tested side by side; each has its part of alpha (Bonferroni).
        least: observations of the canary before the first judgement, which also needs good and
            bad ones in each arm: an arm without both seems to have no variance.
    """

    name: str
    alpha: float = 0.01
    kind: Literal["relative", "absolute"] = "relative"
    tuning: float = 5000.0
    counter: Counter = ERRORS
    metrics: int = 1
    least: int = 30

    def begin(self, runs: int) -> Peeking:
        """See `bench.rule.Rule`."""
        return Peeking(runs, self.counter, self._judge)

    def _judge(self, sums: Sums) -> Bools:
        varied = (sums.canary_bad > 0) & (sums.canary_bad < sums.canary)
        varied &= (sums.stable_bad > 0) & (sums.stable_bad < sums.stable)
        canary, stable = sums.canary_rate, sums.stable_rate
        with np.errstate(divide="ignore", invalid="ignore"):
            measured = effect(
                Sample(stable, stable * (1 - stable), sums.stable.astype(float)),
                Sample(canary, canary * (1 - canary), sums.canary.astype(float)),
                self.kind,
            )
            low, _ = sequential_interval(
                measured,
                (sums.canary + sums.stable).astype(float),
                alpha=self.alpha / self.metrics,
                tuning=self.tuning,
                one_sided=True,
            )
        return varied & (sums.canary >= self.least) & (low > 0)
