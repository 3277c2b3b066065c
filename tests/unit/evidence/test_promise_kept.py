"""The two promises, simulated: a healthy canary is seldom rolled back, a bad one seldom passes.

All take large error probabilities, for which few runs are enough; beta of the long ones is the
default. A day at the default alpha, in thousands of runs, is what the bench is for.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from random import Random

import pytest

from steelyard.evidence import Promise, VerdictKind, begin, judge, weigh

from .simulation import (
    Scene,
    canary_requests_until,
    promise_of,
    says,
    show,
    steady,
    upper_limit,
)

RAMP = (1, 5, 10, 25, 50)


def ramp_with_incident(*, per_minute: float, minutes: int, odds: float = 1.0) -> Scene:
    """All five steps; in the middle of it ten times the errors in both arms, for a tenth of it."""
    incident = range(minutes * 9 // 20, minutes * 11 // 20)
    return Scene(
        per_minute,
        canary_percent=lambda minute: RAMP[minute * len(RAMP) // minutes],
        stable_rate=lambda minute: 0.1 if minute in incident else 0.01,
        odds=lambda _: odds,
        minutes=minutes,
    )


def share_of_runs(
    kind: VerdictKind, scene: Scene, promise: Promise, runs: int
) -> tuple[int, float]:
    """Runs with this verdict at any look, and the upper 95 % limit of their probability."""
    hits = sum(
        canary_requests_until(kind, scene, promise, Random(seed)) < inf for seed in range(runs)
    )
    return hits, upper_limit(hits, runs)


@pytest.mark.parametrize("kind", [VerdictKind.WORSE, VerdictKind.NOT_WORSE])
@pytest.mark.parametrize("odds", [0.9, 4.0])
def test_what_simulations_ask_is_the_verdict_at_every_look(kind: VerdictKind, odds: float) -> None:
    promise, kinds = promise_of(absolute_margin=0.02), set()
    evidence = begin(promise)
    scene = steady(per_minute=1200, percent=5, rate=0.01, odds=odds, minutes=60)
    for batch in scene.batches(Random(1)):
        evidence = weigh(evidence, batch, promise)
        for step in (0, 4):
            verdict = judge(evidence, promise, step).kind
            kinds.add(verdict)
            assert says(kind, evidence, promise, step) is (verdict is kind)
    assert len(kinds) > 1


def test_upper_limit_is_clopper_and_pearsons() -> None:
    assert upper_limit(0, 100) == pytest.approx(1 - 0.05**0.01)
    assert upper_limit(5, 100) == pytest.approx(0.1023, abs=1e-4)
    assert upper_limit(100, 100) == pytest.approx(1)


@pytest.mark.parametrize(("per_minute", "margin"), [(10, 1.0), (1200, 1.0), (1200, 1.05)])
def test_healthy_canary_through_ramp_and_incident_is_seldom_called_worse(
    per_minute: int, margin: float
) -> None:
    promise = promise_of(margin=margin, alpha=0.3)
    scene = ramp_with_incident(per_minute=per_minute, minutes=60, odds=margin)
    _, limit = share_of_runs(VerdictKind.WORSE, scene, promise, runs=60)
    assert limit <= promise.alpha


@pytest.mark.parametrize(("percent", "odds", "rate"), [(5, 3.0, 0.01), (50, 1.5, 0.2)])
def test_canary_at_the_steps_odds_seldom_passes(percent: int, odds: float, rate: float) -> None:
    promise = promise_of(step_odds=(odds,), beta=0.3)
    scene = steady(per_minute=600, percent=percent, rate=rate, odds=odds, minutes=40)
    _, limit = share_of_runs(VerdictKind.NOT_WORSE, scene, promise, runs=150)
    assert limit <= promise.beta


def test_canary_at_the_absolute_margin_seldom_passes() -> None:
    promise = promise_of(absolute_margin=0.02, beta=0.3, step_odds=(1.5,))
    scene = steady(per_minute=600, percent=5, rate=0.001, odds=20.4, minutes=40)
    _, limit = share_of_runs(VerdictKind.NOT_WORSE, scene, promise, runs=150)
    assert limit <= promise.beta


FALSE_ROLLBACKS: dict[str, Callable[[float], Scene]] = {
    "600 requests/h": lambda r0: steady(per_minute=10, percent=5, rate=0.01, odds=r0, minutes=300),
    "20 rps": lambda r0: steady(per_minute=1200, percent=5, rate=0.01, odds=r0, minutes=100),
    "20 rps, ramp, incident": lambda r0: ramp_with_incident(per_minute=1200, minutes=100, odds=r0),
}


@pytest.mark.long
@pytest.mark.parametrize("margin", [1.0, 1.05])
@pytest.mark.parametrize("name", FALSE_ROLLBACKS)
def test_false_rollbacks_stay_within_five_percent(name: str, margin: float) -> None:
    """Leaves room for chance: alpha itself is checked exactly, by enumeration, in test_mixture."""
    promise = promise_of(margin=margin, alpha=0.05)
    hits, limit = share_of_runs(VerdictKind.WORSE, FALSE_ROLLBACKS[name](margin), promise, 300)
    show(f"\n{name}, margin {margin}: {hits} of 300 rolled back, upper limit {limit:.2%}")
    assert limit <= 0.075


@pytest.mark.long
@pytest.mark.parametrize(("percent", "odds", "rate"), [(5, 3.0, 0.01), (50, 1.5, 0.05)])
def test_false_passes_at_the_steps_odds_stay_within_five_percent(
    percent: int, odds: float, rate: float
) -> None:
    promise = promise_of(step_odds=(odds,))
    scene = steady(per_minute=200, percent=percent, rate=rate, odds=odds, minutes=200)
    hits, limit = share_of_runs(VerdictKind.NOT_WORSE, scene, promise, runs=500)
    show(f"\nodds {odds} at {percent} %: {hits} of 500 passed, upper limit {limit:.2%}")
    assert limit <= 0.05


@pytest.mark.long
def test_canary_exactly_on_both_limits_passes_with_at_most_twice_beta() -> None:
    promise = promise_of(step_odds=(3.0,), absolute_margin=0.005)
    scene = steady(per_minute=400, percent=5, rate=0.005 / 3, odds=3.01, minutes=200)
    hits, limit = share_of_runs(VerdictKind.NOT_WORSE, scene, promise, runs=600)
    show(f"\non both limits: {hits} of 600 passed, upper limit {limit:.2%}")
    assert limit <= 0.10
