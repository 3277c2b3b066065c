"""The traffic that a policy is tried on, healthy and worse. For `cli.simulate`."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.random import Generator

from bench.counts import Bools
from bench.traffic import Always, Curve, During, Labelling, Latency, Traffic, since
from bench.traffic.curves import Floats
from bench.traffic.latency import SLOW_AFTER
from bench.traffic.regressions import odds_of
from cli.simulating.schedule import BATCH, Schedule
from cli.simulating.setting import Setting
from cli.simulating.wording import Worse

TAIL_SHARE = 0.05
HEALTHY = "healthy"


def odds(setting: Setting, worse: Worse) -> float:
    """The odds ratio of errors or wrong labels."""
    return odds_of(setting.rate(worse), setting.usual_rate(worse.metric))


def latency(setting: Setting, worse: Worse | None) -> Latency | None:
    """The law of latencies, in units in which `slow_after` is what the bands are around.

    Bands are set by the policy's `slow_after`; only the ratio of a latency to it counts.
    """
    if setting.policy.guardrail("latency") is None:
        return None
    scale = SLOW_AFTER / setting.policy.slow_after
    slower = worse if worse and worse.metric == "latency" else None
    tail = TAIL_SHARE if slower and not slower.factor else 0.0
    return Latency(
        median_us=setting.latency_ms * 1000 * scale,
        spread=setting.spread,
        factor=since(setting.after, (slower and slower.factor) or 1.0),
        tail=During(setting.after, inf, tail, 0.0),
        margin=setting.margin("latency"),
    )


def traffic(setting: Setting, worse: Worse | None) -> Traffic:
    """The traffic with this regression, or of a healthy canary."""
    errors = worse if worse and worse.metric == "errors" else None
    return Traffic(
        name=worse.text if worse else HEALTHY,
        per_second=_per_second(setting),
        percent=Shares(setting.schedule),
        errors=_errors(setting),
        odds=since(setting.after, odds(setting, errors) if errors else 1.0),
        segments=setting.segments,
        latency=latency(setting, worse),
        labels=_labels(setting, worse),
        seconds=setting.seconds,
        batch=BATCH,
        onset=setting.after if worse else 0.0,
    )


def _per_second(setting: Setting) -> Curve:
    if setting.day is None:
        return Always(setting.per_second)
    return Repeated(setting.day.requests, setting.day.seconds)


def _errors(setting: Setting) -> Curve:
    day = setting.day
    if day is None or day.errors is None:
        return Always(setting.error_rate)
    return Repeated(day.errors, day.seconds, day.requests)


def _labels(setting: Setting, worse: Worse | None) -> Labelling | None:
    if setting.policy.guardrail("labels") is None:
        return None
    wrong = worse if worse and worse.metric == "labels" else None
    return Labelling(
        share=setting.labelled,
        wrong=Always(setting.wrong),
        odds=since(setting.after, odds(setting, wrong) if wrong else 1.0),
        worse=1 if wrong and wrong.segment else setting.segments,
    )


@dataclass(frozen=True, slots=True)
class Shares:
    """The canary's percentage by the schedule, as a curve."""

    schedule: Schedule

    def over(self, rng: Generator, times: Floats, runs: int) -> Floats:
        """See `bench.traffic.Curve`."""
        del rng, runs
        starts = np.array([stay.start for stay in self.schedule.stays])
        percents = np.array([stay.percent for stay in self.schedule.stays])
        return np.asarray(percents[np.searchsorted(starts, times, side="right") - 1][:, None])


@dataclass(frozen=True, slots=True)
class Repeated:
    """A trace again and again; each run begins somewhere else in it, evenly spread over all.

    Attributes:
        counts: by interval.
        seconds: of an interval.
        among: what they are a share of; without it they are counts a second.
    """

    counts: tuple[float, ...]
    seconds: float
    among: tuple[float, ...] | None = None

    def over(self, rng: Generator, times: Floats, runs: int) -> Floats:
        """See `bench.traffic.Curve`; each value is the mean of a batch."""
        del rng
        first = (np.arange(runs) + 0.5) / runs * self.seconds * len(self.counts)
        starts = times[:, None] + first
        counted = self._within(self.counts, starts)
        if self.among is None:
            return counted / BATCH
        among = self._within(self.among, starts)
        some: Bools = among > 0
        return np.divide(counted, among, out=np.zeros_like(counted), where=some).clip(max=1.0)

    def _within(self, counts: tuple[float, ...], starts: Floats) -> Floats:
        """How many come in the batches that begin at `starts`."""
        until = np.concatenate([[0.0], np.cumsum(counts)])
        edges = np.arange(len(until)) * self.seconds

        def by(times: Floats) -> Floats:
            rounds, rest = np.divmod(times, edges[-1])
            return np.asarray(rounds * until[-1] + np.interp(rest, edges, until))

        return np.maximum(by(starts + BATCH) - by(starts), 0.0)
