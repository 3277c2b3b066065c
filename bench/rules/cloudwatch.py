"""CloudWatch alarms on the canary, or on how it compares with stable. For bench and cli."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.counts import Bools, Ints, Look
from bench.rules.counters import ERRORS, Counter
from bench.rules.sums import rate
from bench.rules.windows import Windows

_EVALUATION = 60.0  # seconds between evaluations of an alarm whose period is a minute or longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A metric alarm on the canary's rate of bad events: M of the last N periods above a limit.

    The product evaluates such an alarm every minute over windows that slide (periods below a
    minute: every period); a window that reaches back before the start holds what there is since.
    Periods without requests have no datapoint; `notBreaching`, as in SageMaker's own examples,
    then takes them for good ones. A p99 alarm is this one with `slow_from(band)` and 1 %; an alarm
    on average latency takes `AVERAGE_LATENCY` and microseconds.

    It promises nothing about false alarms: a limit is right for one base rate and one traffic.

    Attributes:
        threshold: of the rate; above it a period breaches.
        datapoints, periods: M and N.
        seconds: a period's length.
    """

    name: str
    threshold: float
    datapoints: int = 2
    periods: int = 2
    seconds: float = 600.0
    counter: Counter = ERRORS

    def begin(self, runs: int) -> AlarmWatch:
        """See `bench.rule.Rule`."""
        windows = _windows(2, runs, self.periods, self.seconds)
        return AlarmWatch(windows, self._counts, self._breaches, self.datapoints)

    def _counts(self, look: Look) -> Ints:
        return np.stack(self.counter.of(look.canary))

    def _breaches(self, sums: Ints) -> Bools:
        observed, bad = np.moveaxis(sums, 1, 0)
        return rate(bad, observed) > self.threshold  # no datapoint: NaN is above nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioAlarm:
    """An alarm on metric math: the canary's rate divided by stable's, M of N periods above a limit.

    Metric math has no datapoint where it divides by zero, and none where either metric has none.
    Shared incidents and the time of day cancel, but chance does not: with few events in a period
    any ratio comes up. It promises nothing about false alarms.

    Attributes:
        threshold: of the ratio.
        datapoints, periods, seconds: as in `Alarm`.
    """

    name: str
    threshold: float = 1.5
    datapoints: int = 3
    periods: int = 3
    seconds: float = 300.0
    counter: Counter = ERRORS

    def begin(self, runs: int) -> AlarmWatch:
        """See `bench.rule.Rule`."""
        windows = _windows(4, runs, self.periods, self.seconds)
        return AlarmWatch(windows, self._counts, self._breaches, self.datapoints)

    def _counts(self, look: Look) -> Ints:
        return np.stack([*self.counter.of(look.canary), *self.counter.of(look.stable)])

    def _breaches(self, sums: Ints) -> Bools:
        canary, canary_bad, stable, stable_bad = np.moveaxis(sums, 1, 0)
        limit = self.threshold * rate(stable_bad, stable)
        return np.asarray((stable_bad > 0) & (rate(canary_bad, canary) > limit))


class AlarmWatch:
    """An alarm at work: whether enough of its newest windows breach."""

    def __init__(
        self,
        windows: Windows,
        counts: Callable[[Look], Ints],
        breaches: Callable[[Ints], Bools],
        datapoints: int,
    ) -> None:
        self._windows = windows
        self._counts = counts
        self._breaches = breaches
        self._datapoints = datapoints

    def rolls_back(self, look: Look) -> Bools:
        """See `bench.rule.Watch`."""
        counts = self._counts(look)
        sums = self._windows.add(look, counts)
        if sums is None:
            return np.zeros(counts.shape[-1], np.bool_)
        return np.asarray(self._breaches(sums).sum(axis=0) >= self._datapoints)

    def keep(self, which: Bools) -> None:
        """See `bench.rule.Watch`."""
        self._windows.keep(which)


def _windows(counts: int, runs: int, periods: int, seconds: float) -> Windows:
    step = min(_EVALUATION, seconds)
    return Windows((counts, runs), periods=periods, seconds=seconds, step=step)
