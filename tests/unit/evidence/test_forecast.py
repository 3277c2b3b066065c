"""Forecasts: near what simulated rollouts need, and None where nothing can be foreseen."""

from __future__ import annotations

from random import Random
from statistics import mean

import pytest

from steelyard.evidence import Guardrail, Promise, VerdictKind
from steelyard.evidence.forecast import (
    Traffic,
    labels_until_worse,
    requests_until_not_worse,
    requests_until_worse,
)

from .simulation import canary_requests_until, odds_of, promise_of, steady
from .traffic import EIGHT, LabelScene, found, promise_on


def test_traffic_of_many_requests_holds_stables_part() -> None:
    table = Traffic(0.01, 0.02, 5).of_many
    per_request = [count / table.canary_requests for count in table]
    assert per_request == pytest.approx((1, 0.02, 19, 0.19))


@pytest.mark.parametrize(("factor", "percent"), [(3, 5), (5, 25), (20, 1)])
def test_requests_until_worse_lie_within_a_fourth_of_the_simulated_mean(
    factor: float, percent: int
) -> None:
    promise, rate = promise_of(), 0.01 * factor
    scene = steady(per_minute=300, percent=percent, rate=0.01, odds=odds_of(rate, 0.01))
    runs = [
        canary_requests_until(VerdictKind.WORSE, scene, promise, Random(seed)) for seed in range(60)
    ]
    foreseen = requests_until_worse(promise, "errors", Traffic(0.01, rate, percent))
    assert foreseen == pytest.approx(mean(runs), rel=0.25)


@pytest.mark.parametrize(("step", "percent", "rate"), [(0, 5, 0.01), (2, 10, 0.05), (0, 25, 0.05)])
def test_requests_until_not_worse_lie_within_a_fourth_of_the_simulated_mean(
    step: int, percent: int, rate: float
) -> None:
    promise = promise_of()
    scene = steady(per_minute=100, percent=percent, rate=rate, odds=1)
    runs = [
        canary_requests_until(VerdictKind.NOT_WORSE, scene, promise, Random(seed), step)
        for seed in range(60)
    ]
    foreseen = requests_until_not_worse(promise, "errors", step, Traffic(rate, rate, percent))
    assert foreseen == pytest.approx(mean(runs), rel=0.25)


def test_canary_without_errors_is_foreseen_by_the_absolute_margin() -> None:
    promise = promise_of(absolute_margin=0.005)
    assert requests_until_not_worse(promise, "errors", 0, Traffic(0, 0, 1)) == pytest.approx(
        631, abs=40
    )
    assert requests_until_not_worse(promise_of(), "errors", 0, Traffic(0, 0, 1)) is None


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.05])
def test_regression_within_the_margin_is_never_foreseen(factor: float) -> None:
    traffic = Traffic(0.01, 0.01 * factor, 5)
    assert requests_until_worse(promise_of(margin=1.05), "errors", traffic) is None


def test_canary_at_the_steps_odds_is_never_foreseen_to_pass() -> None:
    promise = promise_of(absolute_margin=0.005)
    assert requests_until_not_worse(promise, "errors", 4, Traffic(0.01, 0.0149, 50)) is None


def test_smaller_weight_takes_longer_to_roll_back() -> None:
    both = Promise(0.01, 0.05, (Guardrail("errors", 0.5), Guardrail("latency", 0.5)), (3.0,))
    traffic = Traffic(0.01, 0.05, 5)
    alone = requests_until_worse(promise_of(margin=1.05), "errors", traffic)
    shared = requests_until_worse(both, "errors", traffic)
    assert alone is not None
    assert shared is not None
    assert shared > alone


def test_quicker_of_the_two_ways_to_pass_is_foreseen() -> None:
    """Stable fails at 1 %, the canary never: the ratio shows it before the absolute margin."""
    both, ratio_only = promise_of(absolute_margin=0.005), promise_of()
    traffic = Traffic(0.01, 0, 5)
    foreseen = requests_until_not_worse(both, "errors", 0, traffic)
    assert foreseen == requests_until_not_worse(ratio_only, "errors", 0, traffic)
    assert foreseen is not None
    assert foreseen < 300


@pytest.mark.parametrize(
    ("percent", "before", "after"), [(10, 0.4, 0.7), (50, 0.4, 0.7), (25, 0.05, 0.2)]
)
def test_labels_until_worse_in_one_segment_lie_within_a_fourth_of_the_simulated_mean(
    percent: int, before: float, after: float
) -> None:
    promise = promise_on("labels", margin=1.05, segments=EIGHT)
    odds = {"segment-a": odds_of(after, before)}
    scene = LabelScene(80, lambda _: percent, lambda _: before, odds)
    runs = [found(scene, promise, seed, VerdictKind.WORSE)[0] / 8 for seed in range(40)]
    foreseen = labels_until_worse(promise, Traffic(before, after, percent))
    assert foreseen == pytest.approx(mean(runs), rel=0.25)


@pytest.mark.parametrize("segments", [(), EIGHT])
def test_labels_until_worse_in_all_segments_lie_within_a_fourth_of_the_simulated_mean(
    segments: tuple[str, ...],
) -> None:
    promise = promise_on("labels", margin=1.05, segments=segments)
    odds = dict.fromkeys(EIGHT, odds_of(0.6, 0.4))
    scene = LabelScene(80, lambda _: 25, lambda _: 0.4, odds)
    runs = [found(scene, promise, seed, VerdictKind.WORSE)[0] for seed in range(40)]
    foreseen = requests_until_worse(promise, "labels", Traffic(0.4, 0.6, 25))
    assert foreseen == pytest.approx(mean(runs), rel=0.25)


def test_labels_until_not_worse_lie_within_a_fourth_of_the_simulated_mean() -> None:
    promise = promise_on("labels", step_odds=(1.5,))
    scene = LabelScene(80, lambda _: 25, lambda _: 0.4)
    runs = [found(scene, promise, seed, VerdictKind.NOT_WORSE)[0] for seed in range(40)]
    foreseen = requests_until_not_worse(promise, "labels", 0, Traffic(0.4, 0.4, 25))
    assert foreseen == pytest.approx(mean(runs), rel=0.25)


def test_drop_within_the_margin_or_without_segments_is_never_foreseen() -> None:
    by_segment = promise_on("labels", margin=1.3, segments=EIGHT)
    assert labels_until_worse(by_segment, Traffic(0.4, 0.45, 25)) is None
    assert labels_until_worse(promise_on("labels"), Traffic(0.4, 0.9, 25)) is None


def test_slower_canary_is_never_foreseen_from_rates() -> None:
    promise = promise_on("latency", margin=1.1)
    assert requests_until_worse(promise, "latency", Traffic(0.01, 0.5, 25)) is None
