"""Seeded labels and latencies, minute by minute. Not a test itself."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from math import exp, inf
from random import Random

from steelyard.evidence import (
    BANDS,
    Arm,
    Batch,
    Carrier,
    Guardrail,
    Labels,
    Promise,
    VerdictKind,
    begin,
    judge,
    latency_bounds,
    weigh,
)

from .simulation import MINUTE, START, binomial, poisson, says, with_odds

SECOND = timedelta(seconds=1)
EIGHT = tuple(f"segment-{letter}" for letter in "abcdefgh")


@dataclass(frozen=True)
class LabelScene:
    """Labels of several segments, as many in each.

    Attributes:
        per_minute: expected labels of both arms and all segments together.
        canary_percent: the canary's share, by minute.
        wrong: stable's share of wrong answers, by minute.
        odds: true odds ratio of the canary, by segment; 1 where absent.
        minutes: how long it lasts.
        segments: all there are.
    """

    per_minute: float
    canary_percent: Callable[[int], int]
    wrong: Callable[[int], float]
    odds: Mapping[str, float] = field(default_factory=dict)
    minutes: int = 1440
    segments: tuple[str, ...] = EIGHT

    def batches(self, random: Random) -> Iterator[Batch]:
        """An arm has as many requests as labels."""
        for minute in range(self.minutes):
            percent, wrong = self.canary_percent(minute), self.wrong(minute)
            each = self.per_minute / len(self.segments) / 100
            arms = (
                _labelled(random, dict.fromkeys(self.segments, wrong), each * (100 - percent)),
                _labelled(
                    random,
                    {name: with_odds(wrong, self.odds.get(name, 1)) for name in self.segments},
                    each * percent,
                ),
            )
            yield Batch(START + (minute + 1) * MINUTE, percent, *arms)


@dataclass(frozen=True)
class LatencyScene:
    """Latencies around 300 ms, spread like a lognormal law.

    Attributes:
        per_minute: expected requests of both arms together.
        canary_percent: the canary's share, by minute.
        factor, share: the canary takes `factor` times as long in that share of its requests.
        spread: standard deviation of ln latency.
        margin: the guardrail's; the canary's bands are as much wider.
        incident: minutes in which both arms take twice as long.
        minutes: how long it lasts.
    """

    per_minute: float
    canary_percent: Callable[[int], int]
    factor: float = 1.0
    share: float = 1.0
    spread: float = 0.4
    margin: float = 1.0
    incident: range = range(0)
    minutes: int = 1440

    def batches(self, random: Random) -> Iterator[Batch]:
        """Minutes of both arms."""
        for minute in range(self.minutes):
            percent = self.canary_percent(minute)
            slow = 2.0 if minute in self.incident else 1.0
            stable, canary = (
                [slow * us for us in drawn(random, poisson(random, expected), self.spread)]
                for expected in self._expected(percent)
            )
            canary = [us * (self.factor if random.random() < self.share else 1) for us in canary]
            yield Batch(
                START + (minute + 1) * MINUTE,
                percent,
                Arm(len(stable), {}, counted(stable)),
                Arm(len(canary), {}, counted(canary, self.margin)),
            )

    def _expected(self, percent: int) -> tuple[float, float]:
        return self.per_minute * (100 - percent) / 100, self.per_minute * percent / 100


def found(
    scene: LabelScene | LatencyScene, promise: Promise, seed: int, kind: VerdictKind
) -> tuple[float, Carrier | None]:
    """The canary's requests until the first verdict of this kind, and what carried it."""
    evidence, requests = begin(promise), 0
    for batch in scene.batches(Random(seed)):
        evidence = weigh(evidence, batch, promise)
        requests += batch.canary.requests
        if says(kind, evidence, promise):
            return requests, judge(evidence, promise, 0).carried_by
    return inf, None


def promise_on(
    metric: str,
    *,
    margin: float = 1.0,
    segments: tuple[str, ...] = (),
    step_odds: tuple[float, ...] = (3.0,),
) -> Promise:
    """A promise on one metric alone, without an absolute margin."""
    guardrail = Guardrail(metric, 1.0, margin=margin, absolute_margin=None)
    return Promise(0.01, 0.05, (guardrail,), step_odds, segments)


def counted(latencies_us: list[float], scale: float = 1.0) -> tuple[int, ...]:
    """Requests by band, each band up to and including its bound."""
    bounds, counts = latency_bounds(SECOND, scale), [0] * BANDS
    for latency in latencies_us:
        counts[bisect_left(bounds, latency)] += 1
    return tuple(counts)


def drawn(random: Random, requests: int, spread: float = 0.4) -> list[float]:
    """Latencies around 300 ms, in microseconds."""
    return [300_000 * exp(random.gauss(0, spread)) for _ in range(requests)]


def _labelled(random: Random, wrong: Mapping[str, float], expected: float) -> Arm:
    labels = {}
    for name, rate in wrong.items():
        count = poisson(random, expected)
        labels[name] = Labels(count, binomial(random, count, rate))
    return Arm(sum(one.labels for one in labels.values()), {}, labels=labels)
