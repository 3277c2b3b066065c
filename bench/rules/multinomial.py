"""Netflix's sequential multinomial test: whose are the bad events? For bench and cli."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
from scipy.special import betaln, xlogy

from bench.counts import Bools, Ints, Look
from bench.rules.counters import ERRORS, Counter
from bench.rules.sums import Floats


def log_bayes_factor(canary: Ints, stable: Ints, share: float, concentration: float) -> Floats:
    """Ln of the Dirichlet mixture's likelihood of whose the events are, against their fair share.

    Args:
        canary, stable: bad events.
        share: of all requests that go to the canary, strictly between 0 and 1: the null.
        concentration: of the Dirichlet prior around it.
    """
    a, b = concentration * share, concentration * (1 - share)
    mixture = betaln(a + canary, b + stable) - betaln(a, b)
    return np.asarray(mixture - xlogy(canary, share) - xlogy(stable, 1 - share))


@dataclass(frozen=True, slots=True)
class Multinomial:
    """Under the null each bad event is the canary's with the probability that a request is.

    The Bayes factor against that has mean at most 1 at every look, whatever the rates do over
    time, as long as they do it to both variants; a rollback when it reaches 1/alpha with more than
    the fair share on the canary (the test is two-sided). The share is the intended one, as in the
    paper; where it changes, the factors of the stretches are multiplied. Frequent events: the
    null's share is then that of a request that fails, still fair.
    Source: Lindon & Malek, Anytime-Valid Inference for Multinomial Count Data, NeurIPS 2022.

    Attributes:
        alpha: for the whole stream.
        concentration: how closely the prior keeps to the fair share; the paper leaves it free. At
            20 its standard deviation at 5 % is about what a doubling changes.
        metrics: how many are tested side by side; each has its part of alpha (Bonferroni).
    """

    name: str
    alpha: float = 0.01
    concentration: float = 20.0
    counter: Counter = ERRORS
    metrics: int = 1

    def begin(self, runs: int) -> MultinomialWatch:
        """See `bench.rule.Rule`."""
        return MultinomialWatch(self, runs)


class MultinomialWatch:
    """The test at work: the events of this stretch, and what earlier ones came to."""

    def __init__(self, rule: Multinomial, runs: int) -> None:
        self._rule = rule
        self._share = -1.0
        self._events = np.zeros((2, runs), np.int64)
        self._before = np.zeros(runs)  # ln evidence of earlier stretches
        self._excess = np.zeros(runs)  # the canary's events above its fair share

    def rolls_back(self, look: Look) -> Bools:
        """See `bench.rule.Watch`."""
        share = look.canary_percent / 100
        if share != self._share:
            self._before = self._evidence()
            self._events = np.zeros_like(self._events)
            self._share = share
        canary, stable = (
            self._rule.counter.of(look.canary)[1],
            self._rule.counter.of(look.stable)[1],
        )
        self._events += np.stack([canary, stable])
        self._excess += canary - share * (canary + stable)
        threshold = log(self._rule.metrics / self._rule.alpha)
        return (self._evidence() >= threshold) & (self._excess > 0)

    def keep(self, which: Bools) -> None:
        """See `bench.rule.Watch`."""
        self._events = self._events[:, which]
        self._before, self._excess = self._before[which], self._excess[which]

    def _evidence(self) -> Floats:
        if not 0 < self._share < 1:  # nothing to compare
            return self._before
        canary, stable = self._events
        factor = log_bayes_factor(canary, stable, self._share, self._rule.concentration)
        return self._before + factor
