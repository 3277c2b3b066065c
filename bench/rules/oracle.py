"""The sequential probability ratio test that knows what nobody knows. For bench and cli."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
from scipy.special import xlog1py, xlogy

from bench.counts import Bools, Ints, Look
from bench.rules.counters import ERRORS, Counter
from bench.rules.sums import Floats


def log_likelihood_ratio(observed: Ints, bad: Ints, base_rate: float, factor: float) -> Floats:
    """Ln of how much likelier the canary's batch is at `factor` times the base rate."""
    worse = factor * base_rate
    return np.asarray(
        xlogy(bad, worse)
        + xlog1py(observed - bad, -worse)
        - xlogy(bad, base_rate)
        - xlog1py(observed - bad, -base_rate)
    )


def log_share_ratio(canary: tuple[Ints, Ints], stable: tuple[Ints, Ints], factor: float) -> Floats:
    """Ln of how much likelier it is whose the bad events are at `factor` times stable's rate.

    Args:
        canary, stable: observations and bad ones.
        factor: of the canary's rate.
    """
    (observed, bad), (others, others_bad) = canary, stable
    both = observed + others
    grown = np.where(both > 0, (factor * observed + others) / np.maximum(both, 1), 1.0)
    return np.asarray(bad * log(factor) - (bad + others_bad) * np.log(grown))


@dataclass(frozen=True, slots=True)
class Oracle:
    """Wald's test with the true regression, shown as what can't be beaten; no rule one could use.

    With the base rate it needs no comparison: it looks at the canary alone, and is right only
    where the rate does not change. Without it, it asks whose the bad events are, knowing how much
    worse the canary would be. At 1/alpha each has at most alpha false rollbacks (Ville) where its
    model holds.
    Source: Wald, Sequential Analysis, 1947.

    Attributes:
        factor: the canary's rate as a multiple of the base rate.
        base_rate: None: not known.
        alpha: for the whole stream.
    """

    name: str
    factor: float
    base_rate: float | None = 0.01
    alpha: float = 0.01
    counter: Counter = ERRORS

    def __post_init__(self) -> None:
        if self.base_rate is not None and not 0 < self.factor * self.base_rate < 1:
            message = (
                f"{self.factor} times a base rate of {self.base_rate} is no rate: "
                "give a base rate above 0, and a factor that keeps it below 1"
            )
            raise ValueError(message)

    def begin(self, runs: int) -> OracleWatch:
        """See `bench.rule.Rule`."""
        return OracleWatch(self, runs)


class OracleWatch:
    """The test at work: ln of the likelihood ratio so far."""

    def __init__(self, rule: Oracle, runs: int) -> None:
        self._rule = rule
        self._evidence = np.zeros(runs)

    def rolls_back(self, look: Look) -> Bools:
        """See `bench.rule.Watch`."""
        rule = self._rule
        canary = rule.counter.of(look.canary)
        if rule.base_rate is None:
            gained = log_share_ratio(canary, rule.counter.of(look.stable), rule.factor)
        else:
            gained = log_likelihood_ratio(*canary, rule.base_rate, rule.factor)
        self._evidence += gained
        return self._evidence >= log(1 / rule.alpha)

    def keep(self, which: Bools) -> None:
        """See `bench.rule.Watch`."""
        self._evidence = self._evidence[which]
