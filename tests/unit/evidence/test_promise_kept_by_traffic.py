"""The promises on labels and latencies, simulated: frequent events, segments, and whole rollouts.

As in test_promise_kept, all take large error probabilities, and the long ones the default beta.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from steelyard.evidence import Promise, VerdictKind

from .simulation import show, upper_limit
from .traffic import EIGHT, LabelScene, LatencyScene, found, promise_on

RAMP = (1, 5, 10, 25, 50)
WORSE, NOT_WORSE = VerdictKind.WORSE, VerdictKind.NOT_WORSE


def ramp(minutes: int) -> tuple[LabelScene, LatencyScene]:
    """All five steps; the scenes of a healthy canary, with an incident in the middle."""
    middle = range(minutes * 9 // 20, minutes * 11 // 20)

    def percent(minute: int) -> int:
        return RAMP[minute * len(RAMP) // minutes]

    return (
        LabelScene(80, percent, lambda _: 0.5, minutes=minutes),
        LatencyScene(80, percent, incident=middle, minutes=minutes),
    )


def share_of_runs(
    kind: VerdictKind, scene: LabelScene | LatencyScene, promise: Promise, runs: int
) -> tuple[int, float]:
    """Runs with this verdict at any look, and the upper 95 % limit of their probability."""
    hits = sum(found(scene, promise, seed, kind)[0] < inf for seed in range(runs))
    return hits, upper_limit(hits, runs)


def with_incident(wrong: float, scene: LabelScene) -> LabelScene:
    """Wrong answers at this share, and in the middle of the rollout half way up to all."""
    middle = range(scene.minutes * 9 // 20, scene.minutes * 11 // 20)
    return replace(scene, wrong=lambda minute: (wrong + 1) / 2 if minute in middle else wrong)


@pytest.mark.parametrize("wrong", [0.05, 0.5, 0.7, 0.95])
def test_canary_that_is_wrong_as_often_is_seldom_called_worse(wrong: float) -> None:
    promise = replace(promise_on("labels", segments=EIGHT), alpha=0.3)
    scene = with_incident(wrong, ramp(60)[0])
    _, limit = share_of_runs(WORSE, scene, promise, runs=45)
    assert limit <= promise.alpha


@pytest.mark.parametrize("wrong", [0.05, 0.7])
def test_canary_at_the_margin_of_labels_is_seldom_called_worse(wrong: float) -> None:
    promise = replace(promise_on("labels", margin=1.3, segments=EIGHT), alpha=0.3)
    scene = replace(with_incident(wrong, ramp(60)[0]), odds=dict.fromkeys(EIGHT, 1.3))
    _, limit = share_of_runs(WORSE, scene, promise, runs=45)
    assert limit <= promise.alpha


@pytest.mark.parametrize("margin", [1.0, 1.1])
def test_canary_at_the_margin_of_latency_is_seldom_called_worse(margin: float) -> None:
    promise = replace(promise_on("latency", margin=margin), alpha=0.3)
    scene = replace(ramp(60)[1], factor=margin, margin=margin)
    _, limit = share_of_runs(WORSE, scene, promise, runs=45)
    assert limit <= promise.alpha


@pytest.mark.parametrize(("percent", "odds", "wrong"), [(10, 3.0, 0.5), (50, 1.5, 0.7)])
def test_canary_wrong_at_the_steps_odds_seldom_passes(
    percent: int, odds: float, wrong: float
) -> None:
    promise = replace(promise_on("labels", step_odds=(odds,)), beta=0.3)
    scene = LabelScene(
        60, lambda _: percent, lambda _: wrong, {"segment-a": odds}, 40, ("segment-a",)
    )
    _, limit = share_of_runs(NOT_WORSE, scene, promise, runs=150)
    assert limit <= promise.beta


@pytest.mark.long
@pytest.mark.parametrize("wrong", [0.05, 0.5, 0.7, 0.95])
def test_false_rollbacks_by_labels_stay_within_five_percent(wrong: float) -> None:
    scene = with_incident(wrong, ramp(60)[0])
    promise = replace(promise_on("labels", segments=EIGHT), alpha=0.05)
    hits, limit = share_of_runs(WORSE, scene, promise, runs=300)
    show(f"\n{wrong:.0%} wrong: {hits} of 300 rolled back, upper limit {limit:.2%}")
    assert limit <= 0.075


@pytest.mark.long
@pytest.mark.parametrize("margin", [1.0, 1.1])
def test_false_rollbacks_by_latency_stay_within_five_percent(margin: float) -> None:
    scene = replace(ramp(80)[1], factor=margin, margin=margin)
    promise = replace(promise_on("latency", margin=margin), alpha=0.05)
    hits, limit = share_of_runs(WORSE, scene, promise, runs=300)
    show(f"\nlatency, margin {margin}: {hits} of 300 rolled back, upper limit {limit:.2%}")
    assert limit <= 0.075


@pytest.mark.long
@pytest.mark.parametrize(("percent", "odds", "wrong"), [(10, 3.0, 0.4), (50, 1.5, 0.7)])
def test_false_passes_by_labels_stay_within_five_percent(
    percent: int, odds: float, wrong: float
) -> None:
    promise = promise_on("labels", step_odds=(odds,))
    scene = LabelScene(
        60, lambda _: percent, lambda _: wrong, {"segment-a": odds}, 120, ("segment-a",)
    )
    hits, limit = share_of_runs(NOT_WORSE, scene, promise, runs=300)
    show(f"\nodds {odds} at {percent} %: {hits} of 300 passed, upper limit {limit:.2%}")
    assert limit <= 0.05
