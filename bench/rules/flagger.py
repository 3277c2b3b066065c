"""Flagger: so many failed checks and the canary is rolled back. For bench and cli."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.counts import Bools, Ints, Look
from bench.rules.counters import ERRORS, Counter
from bench.rules.sums import rate
from bench.rules.windows import Windows


@dataclass(frozen=True, slots=True)
class Check:
    """One metric of an analysis: the share of bad events that it allows.

    `request-success-rate` with a minimum of 99 is 1 % of errors; `request-duration`, the p99,
    with a maximum is 1 % of the requests in slower bands (`slow_from`).
    """

    counter: Counter = ERRORS
    most: float = 0.01

    def fails(self, observed: Ints, bad: Ints) -> Bools:
        """A check without a value fails too: the product halts the advancement."""
        return ~(rate(bad, observed) <= self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagger:
    """Every `interval` all metrics of the canary are checked; failed checks are counted.

    A failed check holds the weight and adds one; nothing takes it off again. When `threshold` have
    failed, the next run of the analysis rolls back, before it checks anything. After `checks`
    successful ones (its steps or iterations) the canary is promoted, and no longer looked at.
    The documented example has an interval and a metric window of a minute, a threshold of ten
    failed checks, ten steps (5 % each up to 50 %), at least 99 % successes, and a p99 of at most
    500 ms. Stable is never looked at; nothing is promised about false rollbacks.

    Attributes:
        metrics: what is checked.
        interval, window: seconds between checks, and that the metrics cover.
        threshold: failed checks until a rollback.
        checks: successful ones until promotion; None: the analysis lasts as long as the traffic.
    """

    name: str
    metrics: tuple[Check, ...] = (Check(),)
    interval: float = 60.0
    window: float = 60.0
    threshold: int = 10
    checks: int | None = 10

    def begin(self, runs: int) -> FlaggerWatch:
        """See `bench.rule.Rule`."""
        return FlaggerWatch(self, runs)


class FlaggerWatch:
    """Flagger's analysis at work."""

    def __init__(self, rule: Flagger, runs: int) -> None:
        self._rule = rule
        shape = (2 * len(rule.metrics), runs)
        self._windows = Windows(shape, periods=1, seconds=rule.window, step=rule.interval)
        self._failed = np.zeros(runs, np.int64)
        self._passed = np.zeros(runs, np.int64)

    def rolls_back(self, look: Look) -> Bools:
        """See `bench.rule.Watch`."""
        counts = [count for each in self._rule.metrics for count in each.counter.of(look.canary)]
        sums = self._windows.add(look, np.stack(counts))
        if sums is None:
            return np.zeros(len(self._failed), np.bool_)
        promoted = self._passed >= (self._rule.checks or np.inf)
        asked = (self._failed >= self._rule.threshold) & ~promoted
        fails = np.zeros(len(self._failed), np.bool_)
        for metric, observed, bad in zip(
            self._rule.metrics, sums[0, ::2], sums[0, 1::2], strict=True
        ):
            fails |= metric.fails(observed, bad)
        self._failed += fails & ~promoted
        self._passed += ~fails & ~promoted
        return asked

    def keep(self, which: Bools) -> None:
        """See `bench.rule.Watch`."""
        self._windows.keep(which)
        self._failed, self._passed = self._failed[which], self._passed[which]
