"""The safe test for two proportions, block after block. For bench and cli."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
from scipy.special import xlog1py, xlogy

from bench.counts import Bools, Ints, Look
from bench.rules.counters import ERRORS, Counter
from bench.rules.sums import Floats


@dataclass(frozen=True, slots=True)
class Block:
    """One batch's observations and bad ones of both variants."""

    canary: Ints
    canary_bad: Ints
    stable: Ints
    stable_bad: Ints


def log_e_value(block: Block, canary_rate: Floats, stable_rate: Floats) -> Floats:
    """Ln of the block's e-value for two rates that were chosen before it was seen.

    Its mean is at most 1 whenever both variants have one rate in this block, whatever that is.
    """
    both = block.canary + block.stable
    weighted = block.canary * canary_rate + block.stable * stable_rate
    null = weighted / np.maximum(both, 1)

    def likelihood(bad: Ints, observed: Ints, rate: Floats) -> Floats:
        return np.asarray(xlogy(bad, rate) + xlog1py(observed - bad, -rate))

    return (
        likelihood(block.canary_bad, block.canary, canary_rate)
        + likelihood(block.stable_bad, block.stable, stable_rate)
        - likelihood(block.canary_bad + block.stable_bad, both, null)
    )


@dataclass(frozen=True, slots=True)
class SafeTest:
    """E-values of blocks, multiplied; a rollback when the product reaches 1/alpha.

    Each block bets on the rates that the blocks before it suggest (the posterior mean), against
    the one rate that lies between them. Batches are the blocks. The bet is one-sided: nothing
    where the canary does not look worse so far. Valid at every look, also where the common rate
    changes from block to block; but the bets look back at the whole past.
    Source: Turner, Ly & Grünwald, Generic E-variables for exact sequential k-sample tests,
    Journal of Statistical Planning and Inference 2024; the `safestats` package.

    Attributes:
        alpha: for the whole stream.
        prior: both parameters of the Beta prior of each rate; 0.18 is the package's.
        metrics: how many are tested side by side; each has its part of alpha (Bonferroni).
    """

    name: str
    alpha: float = 0.01
    prior: float = 0.18
    counter: Counter = ERRORS
    metrics: int = 1

    def begin(self, runs: int) -> SafeTestWatch:
        """See `bench.rule.Rule`."""
        return SafeTestWatch(self, runs)


class SafeTestWatch:
    """The test at work: ln of the product, and the past that the next bet is made from."""

    def __init__(self, rule: SafeTest, runs: int) -> None:
        self._rule = rule
        self._past = np.zeros((4, runs), np.int64)
        self._evidence = np.zeros(runs)

    def rolls_back(self, look: Look) -> Bools:
        """See `bench.rule.Watch`."""
        counter = self._rule.counter
        counts = np.stack([*counter.of(look.canary), *counter.of(look.stable)])
        canary, stable = self._believed(*self._past[:2]), self._believed(*self._past[2:])
        gained = log_e_value(Block(*counts), canary, stable)
        self._evidence += np.where(canary > stable, gained, 0.0)
        self._past += counts
        return self._evidence >= log(self._rule.metrics / self._rule.alpha)

    def keep(self, which: Bools) -> None:
        """See `bench.rule.Watch`."""
        self._past, self._evidence = self._past[:, which], self._evidence[which]

    def _believed(self, observed: Ints, bad: Ints) -> Floats:
        return (bad + self._rule.prior) / (observed + 2 * self._rule.prior)
