"""Kayenta's canary analysis, hour after hour. For bench and cli."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from bench.counts import Bools, Ints, Look
from bench.rules.counters import ERRORS, Counter
from bench.rules.kayenta_judge import Label, Metric, MetricConfig, classify, score
from bench.rules.sums import Floats, rate
from bench.rules.windows import Windows

_MINUTE = 60.0
_PERCENT = 100.0  # the judge's tolerance of 1e-4 is coarse next to a rate between 0 and 1

_Minutes = tuple[Floats, Floats]
"""Control's and the experiment's values of one metric, (runs, minutes)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kayenta:
    """Spinnaker's canary stage: each interval the judge compares a value a minute of both variants.

    A metric fails if Mann-Whitney's 98 % interval for the shift stays away from zero by a quarter
    of its estimate. A score below `marginal` ends the analysis at once. Spinnaker's documentation
    recommends hourly intervals of at least 50 values, and a baseline as large as the canary rather
    than production: of stable's requests in each minute, as many as the canary's are drawn.
    Without it all of stable is control, as is done where there is no baseline: its rates vary
    less than the canary's, which the test takes no account of. Each
    interval is judged by its own data (a sliding look-back); minutes without requests are
    removed, as is the default. The interval's confidence is for one metric and one interval;
    nothing is promised for the whole analysis.

    Attributes:
        metrics: a value a minute each, errors in percent; each is a group of its own.
        config: of each metric; a failure is an increase, as for errors and latency.
        interval: minutes.
        baseline: whether control is as large as the canary, or all of stable.
        marginal: a score below it rolls back.
        seed: of the draws of the baseline.
    """

    name: str
    metrics: tuple[Counter, ...] = (ERRORS,)
    config: MetricConfig = field(default_factory=lambda: MetricConfig(direction="increase"))
    interval: int = 60
    baseline: bool = True
    marginal: float = 75.0
    seed: int = 1

    def begin(self, runs: int) -> KayentaWatch:
        """See `bench.rule.Rule`."""
        return KayentaWatch(self, runs)

    def fails(self, minutes: list[_Minutes]) -> Bools:
        """Which runs' scores are below `marginal`."""
        classified = [classify(*values, self.config) for values in minutes]
        outcomes = np.stack([metric.labels for metric in classified])
        critical = np.stack([metric.critical for metric in classified])
        patterns, of_run = np.unique(2 * outcomes + critical, axis=1, return_inverse=True)
        return np.array([self._score(each) < self.marginal for each in patterns.T])[of_run.ravel()]

    def _score(self, pattern: Ints) -> float:
        metrics = (
            Metric(Label(code // 2), (counter.name,), critical=bool(code % 2))
            for counter, code in zip(self.metrics, pattern, strict=True)
        )
        return score(tuple(metrics), {})


class KayentaWatch:
    """The analysis at work: values by minute, judged at the end of each interval."""

    def __init__(self, rule: Kayenta, runs: int) -> None:
        self._rule = rule
        self._rng = np.random.default_rng(rule.seed)
        self._alive = np.arange(runs)
        shape = (4 * len(rule.metrics), runs)
        self._windows = Windows(shape, periods=1, seconds=_MINUTE, step=_MINUTE)
        self._values = np.full((len(rule.metrics), 2, runs, rule.interval), np.nan)
        self._minute = 0

    def rolls_back(self, look: Look) -> Bools:
        """See `bench.rule.Watch`."""
        none = np.zeros(len(self._alive), np.bool_)
        counts = [
            count
            for metric in self._rule.metrics
            for side in (look.stable, look.canary)
            for count in metric.of(side)
        ]
        sums = self._windows.add(look, np.stack(counts))
        if sums is None:
            return none
        for place, metric in enumerate(self._rule.metrics):
            control, experiment = self._of_minute(metric, sums[0, 4 * place : 4 * place + 4])
            self._values[place, 0, self._alive, self._minute] = control
            self._values[place, 1, self._alive, self._minute] = experiment
        self._minute += 1
        return self._judged() if self._minute == self._rule.interval else none

    def keep(self, which: Bools) -> None:
        """See `bench.rule.Watch`; the minutes so far stay where they are until they are judged."""
        self._windows.keep(which)
        self._alive = self._alive[which]

    def _of_minute(self, metric: Counter, counts: Ints) -> tuple[Floats, Floats]:
        stable, stable_bad, canary, canary_bad = counts
        if not (metric.events and self._rule.baseline):
            return _PERCENT * rate(stable_bad, stable), _PERCENT * rate(canary_bad, canary)
        drawn = np.minimum(stable, canary)
        bad = self._rng.hypergeometric(stable_bad, stable - stable_bad, drawn)
        return _PERCENT * rate(bad, drawn), _PERCENT * rate(canary_bad, canary)

    def _judged(self) -> Bools:
        values = self._values[:, :, self._alive]
        asked = self._rule.fails([(control, experiment) for control, experiment in values])
        self._values = np.full_like(values, np.nan)
        self._alive = np.arange(len(self._alive))
        self._minute = 0
        return asked
