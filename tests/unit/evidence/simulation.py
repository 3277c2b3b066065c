"""Seeded traffic and exact bounds for the tests of the evidence. Not a test itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp, inf, lgamma, log, log1p
from random import Random

from steelyard.evidence import (
    Arm,
    Batch,
    Evidence,
    Guardrail,
    Promise,
    VerdictKind,
    begin,
    judge,
    weigh,
)
from steelyard.evidence.guard import log_threshold, odds_at
from steelyard.evidence.likelihood import log_sum

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = 1440


@dataclass(frozen=True)
class Scene:
    """Traffic of one metric, minute by minute.

    Attributes:
        per_minute: expected requests of both arms together.
        canary_percent: the canary's share, by minute.
        stable_rate: stable's bad rate, by minute.
        odds: true odds ratio of the canary, by minute.
        minutes: how long it lasts.
    """

    per_minute: float
    canary_percent: Callable[[int], int]
    stable_rate: Callable[[int], float]
    odds: Callable[[int], float]
    minutes: int = DAY

    def batches(self, random: Random, metric: str = "errors") -> Iterator[Batch]:
        """Requests come as a Poisson stream, are routed one by one, and fail one by one."""
        for minute in range(self.minutes):
            percent, rate = self.canary_percent(minute), self.stable_rate(minute)
            odds = self.odds(minute)
            arms = (
                arm(random, self.per_minute * (100 - percent) / 100, rate, metric),
                arm(random, self.per_minute * percent / 100, with_odds(rate, odds), metric),
            )
            yield Batch(START + (minute + 1) * MINUTE, percent, *arms)


def steady(
    *, per_minute: float, percent: int, rate: float, odds: float, minutes: int = DAY
) -> Scene:
    """Traffic that does not change."""
    return Scene(per_minute, lambda _: percent, lambda _: rate, lambda _: odds, minutes)


def arm(random: Random, expected: float, rate: float, metric: str) -> Arm:
    """One variant's minute."""
    requests = poisson(random, expected)
    return Arm(requests, {metric: binomial(random, requests, rate)})


def with_odds(rate: float, odds: float) -> float:
    """The bad rate whose odds are `odds` times those of `rate`."""
    return odds * rate / (1 - rate + odds * rate)


def poisson(random: Random, mean: float) -> int:
    """A Poisson count; by the normal law where that is near enough for a request count."""
    if mean > 30:
        return max(0, round(random.gauss(mean, mean**0.5)))
    count, product = -1, 1.0
    limit = exp(-mean)
    while product >= limit:
        count, product = count + 1, product * (1 - random.random())
    return max(count, 0)


def binomial(random: Random, trials: int, rate: float) -> int:
    """An exact binomial count, in about trials * rate steps."""
    if rate > 0.5:
        return trials - binomial(random, trials, 1 - rate)
    if not trials or not rate:
        return 0
    count, position, scale = 0, 0, log1p(-rate)
    while True:
        position += int(log(1 - random.random()) / scale) + 1
        if position > trials:
            return count
        count += 1


def promise_of(
    *,
    margin: float = 1.0,
    absolute_margin: float | None = None,
    alpha: float = 0.01,
    beta: float = 0.05,
    step_odds: tuple[float, ...] = (3.0, 3.0, 2.0, 2.0, 1.5),
) -> Promise:
    """A promise on errors alone."""
    guardrail = Guardrail("errors", 1.0, margin=margin, absolute_margin=absolute_margin)
    return Promise(alpha, beta, (guardrail,), step_odds)


def canary_requests_until(
    kind: VerdictKind, scene: Scene, promise: Promise, random: Random, step: int = 0
) -> float:
    """The canary's requests until the first verdict of this kind; inf if it never comes."""
    evidence, requests = begin(promise), 0
    for batch in scene.batches(random):
        evidence = weigh(evidence, batch, promise)
        requests += batch.canary.requests
        if says(kind, evidence, promise, step):
            return requests
    return inf


def says(kind: VerdictKind, evidence: Evidence, promise: Promise, step: int = 0) -> bool:
    """Whether that is the verdict; a whole verdict at each look would take most of the time."""
    if kind is VerdictKind.WORSE:
        weighted = (log(g.weight) + evidence.of(g.metric, promise) for g in promise.guardrails)
        may = log_sum(weighted) >= -log(promise.alpha)
    else:
        odds, enough = odds_at(promise, step), log_threshold(promise)
        may = all(guard.proves(odds, enough) for guard in evidence.guards.values())
    return may and judge(evidence, promise, step).kind is kind


def show(text: str) -> None:
    """Print a figure of a long simulation; `pytest -s` lets it through."""
    print(text)  # noqa: T201 - figures are what the long ones are run for


def upper_limit(hits: int, runs: int, confidence: float = 0.95) -> float:
    """Clopper and Pearson's one-sided upper limit of a probability, from `hits` in `runs`."""
    low, high = hits / runs, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if at_most(hits, runs, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def at_most(hits: int, runs: int, rate: float) -> float:
    """P(Binomial(runs, rate) <= hits)."""
    if rate >= 1:
        return float(hits >= runs)
    return sum(
        exp(log_choose(runs, k) + k * log(rate) + (runs - k) * log1p(-rate))
        for k in range(hits + 1)
    )


def log_choose(n: int, k: int) -> float:
    """The binomial coefficient's natural log."""
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def odds_of(rate: float, base: float) -> float:
    """The odds ratio of two bad rates."""
    return rate * (1 - base) / (base * (1 - rate))
