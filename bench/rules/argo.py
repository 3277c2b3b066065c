"""Argo Rollouts: an analysis whose failed measurements abort the rollout. For bench and cli."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from bench.counts import Bools, Ints, Look
from bench.rules.counters import ERRORS, Counter
from bench.rules.sums import Floats, rate
from bench.rules.windows import Windows


class Phase(IntEnum):
    """Of a measurement, or of a metric's analysis."""

    RUNNING = 0
    SUCCESSFUL = 1
    FAILED = 2
    INCONCLUSIVE = 3
    ERROR = 4


class Answer(IntEnum):
    """What a condition says of a measured value."""

    FALSE = 0
    TRUE = 1
    ABSENT = 2
    INVALID = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a metric's analysis ends; 0 for `count` and `consecutive_success`: not by that."""

    failure: int = 0
    inconclusive: int = 0
    consecutive_error: int = 4
    consecutive_success: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Measurements so far: numbers, or one of each run."""

    count: Ints
    successful: Ints
    failed: Ints
    inconclusive: Ints
    consecutive_error: Ints
    consecutive_success: Ints

    def after(self, phase: Ints) -> Tally:
        """With one more measurement; errors are tried again and not counted."""
        success, error = phase == Phase.SUCCESSFUL, phase == Phase.ERROR
        return Tally(
            count=self.count + ~error,
            successful=self.successful + success,
            failed=self.failed + (phase == Phase.FAILED),
            inconclusive=self.inconclusive + (phase == Phase.INCONCLUSIVE),
            consecutive_error=(self.consecutive_error + 1) * error,
            consecutive_success=(self.consecutive_success + 1) * success,
        )

    def of(self, which: Bools) -> Tally:
        """These runs' only."""
        return Tally(**{each.name: getattr(self, each.name)[which] for each in fields(self)})


def evaluate(success: NDArray[np.int64] | int, failure: NDArray[np.int64] | int) -> Ints:
    """A measurement's phase from what `successCondition` and `failureCondition` answer.

    With one condition the other outcome follows; with both, neither is inconclusive.
    """
    success, failure = np.asarray(success), np.asarray(failure)
    return np.select(
        [
            (success == Answer.INVALID) | (failure == Answer.INVALID),
            failure == Answer.TRUE,
            (success == Answer.TRUE) | (success == Answer.ABSENT),
            failure == Answer.ABSENT,
        ],
        [Phase.ERROR, Phase.FAILED, Phase.SUCCESSFUL, Phase.FAILED],
        Phase.INCONCLUSIVE,
    )


def assess_metric(limits: Limits, tally: Tally, *, terminating: bool = False) -> Ints:
    """The phase of a metric's analysis after the last measurement has been completed."""
    enough = (limits.count > 0) & (tally.count >= limits.count)
    needed = limits.consecutive_success
    steady = (needed > 0) & (tally.consecutive_success >= needed)
    at_count = Phase.INCONCLUSIVE if needed else Phase.SUCCESSFUL
    return np.select(
        [
            tally.failed > limits.failure,
            tally.inconclusive > limits.inconclusive,
            tally.consecutive_error > limits.consecutive_error,
            steady,
            enough,
        ],
        [Phase.FAILED, Phase.INCONCLUSIVE, Phase.ERROR, Phase.SUCCESSFUL, at_count],
        Phase.SUCCESSFUL if terminating else Phase.RUNNING,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Argo:
    """A background analysis: every `interval` the canary's rate is measured against conditions.

    More failed measurements than `failureLimit` abort the rollout; an inconclusive end pauses it
    for a person, which is no rollback here; a successful end stops looking. A window without
    requests gives NaN, which no condition holds for: with a success condition alone it fails.
    The documented example measures every five minutes, `result >= 0.95`, failureLimit 3, until the
    rollout ends. Stable is not looked at unless a query of one's own does; nothing is promised
    about false rollbacks.

    Attributes:
        good: the success condition: a rate of at most so much.
        bad: the failure condition: a rate above so much; None: there is none.
        interval: seconds between measurements, and that each covers.
        limits: failureLimit and its kind.
    """

    name: str
    good: float = 0.05
    bad: float | None = None
    interval: float = 300.0
    limits: Limits = field(default_factory=lambda: Limits(failure=3))
    counter: Counter = ERRORS

    def begin(self, runs: int) -> ArgoWatch:
        """See `bench.rule.Rule`."""
        return ArgoWatch(self, runs)

    def measure(self, measured: Floats) -> Ints:
        """The phase of a measurement."""
        failure = Answer.ABSENT if self.bad is None else (measured > self.bad).astype(np.int64)
        return evaluate((measured <= self.good).astype(np.int64), failure)


class ArgoWatch:
    """An analysis at work."""

    def __init__(self, rule: Argo, runs: int) -> None:
        self._rule = rule
        interval = rule.interval
        self._windows = Windows((2, runs), periods=1, seconds=interval, step=interval)
        self._tally = Tally(**{each.name: np.zeros(runs, np.int64) for each in fields(Tally)})
        self._phase = np.full(runs, Phase.RUNNING, np.int64)

    def rolls_back(self, look: Look) -> Bools:
        """See `bench.rule.Watch`."""
        sums = self._windows.add(look, np.stack(self._rule.counter.of(look.canary)))
        if sums is not None:
            observed, bad = sums[0]
            self._tally = self._tally.after(self._rule.measure(rate(bad, observed)))
            phase = assess_metric(self._rule.limits, self._tally)
            self._phase = np.where(self._phase == Phase.RUNNING, phase, self._phase)
        return np.isin(self._phase, (Phase.FAILED, Phase.ERROR))

    def keep(self, which: Bools) -> None:
        """See `bench.rule.Watch`."""
        self._windows.keep(which)
        self._tally, self._phase = self._tally.of(which), self._phase[which]
