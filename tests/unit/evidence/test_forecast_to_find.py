"""How many requests it still takes until a regression that begins now would be found."""

from __future__ import annotations

from dataclasses import replace
from math import log
from random import Random
from statistics import mean

import pytest

from steelyard.evidence import Guardrail, Promise, VerdictKind, begin, judge, weigh
from steelyard.evidence.forecast import Traffic, requests_until_found
from steelyard.evidence.mixture import REGRESSIONS
from steelyard.evidence.odds import odds_log_ratios
from steelyard.evidence.stream import Setting

from .scenes import (
    FAILING,
    HEALTHY,
    PERFECT,
    SEGMENTS,
    after,
    batch,
    labelled,
    segmented,
    verdict_of,
)
from .simulation import promise_of, says, show, steady
from .traffic import promise_on

PROMISE = promise_of(margin=1.05)


def foreseen_and_needed(
    factor: float, percent: int, rate: float, healthy: int, seeds: int
) -> tuple[float, float]:
    """Means of the forecast after healthy minutes, and of what was needed from then on."""
    promise, forecasts, needed = promise_of(), [], []
    for seed in range(seeds):
        random, evidence, requests = Random(seed), begin(promise), 0
        for minute in steady(
            per_minute=1200, percent=percent, rate=rate, odds=1, minutes=healthy
        ).batches(random):
            evidence = weigh(evidence, minute, promise)
        verdict = judge(evidence, promise, 0)
        if verdict.kind is VerdictKind.WORSE:  # one in a hundred
            continue
        foreseen = verdict.requests_to_find["errors"][f"{factor:g}"]
        assert foreseen is not None
        worse = steady(per_minute=1200, percent=percent, rate=rate, odds=factor).batches(random)
        while not says(VerdictKind.WORSE, evidence, promise):
            minute = next(worse)
            evidence, requests = weigh(evidence, minute, promise), requests + minute.canary.requests
        forecasts.append(foreseen)
        needed.append(requests)
    return mean(forecasts), mean(needed)


@pytest.mark.parametrize(
    ("factor", "percent", "rate", "healthy"), [(2, 10, 0.02, 5), (2, 50, 0.05, 30)]
)
def test_forecast_lies_within_a_fourth_of_the_simulated_mean(
    factor: float, percent: int, rate: float, healthy: int
) -> None:
    foreseen, needed = foreseen_and_needed(factor, percent, rate, healthy, seeds=40)
    assert foreseen == pytest.approx(needed, rel=0.25)


@pytest.mark.long
@pytest.mark.parametrize("healthy", [60, 400])
def test_forecast_after_hours_lies_within_a_third_of_the_simulated_mean(healthy: int) -> None:
    """Stakes that are still to come are left out; after hours they are much of it."""
    foreseen, needed = foreseen_and_needed(2, 5, 0.01, healthy, seeds=60)
    show(f"\nafter {healthy} healthy minutes: foreseen {foreseen:.0f}, needed {needed:.0f}")
    assert foreseen == pytest.approx(needed, rel=1 / 3)


@pytest.mark.parametrize("factor", [1.5, 2.0])
@pytest.mark.parametrize("minutes", [1, 30])
def test_so_many_requests_make_the_best_bet_suffice_alone(factor: float, minutes: int) -> None:
    evidence = after(*[HEALTHY] * minutes, promise=PROMISE)
    guard, harm = evidence.guards["errors"], evidence.harm["errors"]
    foreseen = requests_until_found(guard, harm, Setting(1.05, 4.0), factor)
    assert foreseen is not None
    rate = 19 / 1140
    traffic = Traffic(rate, factor * rate / (1 - rate + factor * rate), 5).of_many
    bets = tuple(1.05 * regression for regression in REGRESSIONS)
    gains = [gain / 1_000_000 for gain in odds_log_ratios(traffic, 1.05, bets)]
    for requests, enough in ((foreseen, True), (foreseen - 1, False)):
        wealth = (w + requests * g for w, g in zip(harm.log_wealth, gains, strict=True))
        assert (max(wealth) - log(len(bets)) >= 4.0) is enough


def test_nothing_is_foreseen_before_both_arms_failed_or_at_no_share() -> None:
    nothing = {"1.2": None, "1.5": None, "2": None}
    assert verdict_of(promise=PROMISE).requests_to_find == {"errors": nothing}
    assert verdict_of(*[PERFECT] * 9, promise=PROMISE).requests_to_find == {"errors": nothing}
    everything = replace(HEALTHY, canary_percent=100)
    assert verdict_of(HEALTHY, everything, promise=PROMISE).requests_to_find == {"errors": nothing}


def test_larger_regression_is_found_sooner_and_one_within_the_margin_never() -> None:
    by_factor = verdict_of(*[HEALTHY] * 5, promise=promise_of(margin=1.2)).requests_to_find
    small, middle, large = by_factor["errors"].values()
    assert list(by_factor["errors"]) == ["1.2", "1.5", "2"]
    assert small is None
    assert middle is not None
    assert large is not None
    assert middle > 3 * large


def test_forecast_shrinks_while_the_regression_shows_and_ends_with_the_verdict() -> None:
    twice = batch(canary_bad={"errors": 2}, stable_bad={"errors": 19})
    forecasts, minutes = [], [HEALTHY] * 5
    while (verdict := verdict_of(*minutes, promise=PROMISE)).kind is not VerdictKind.WORSE:
        forecasts.append(verdict.requests_to_find["errors"]["2"])
        minutes.append(twice)
    assert verdict.requests_to_find == {}
    needed = 60 * (len(minutes) - 5)
    assert forecasts[0] == pytest.approx(needed, rel=0.25)
    assert forecasts == sorted(forecasts, key=lambda requests: requests or 0, reverse=True)
    assert verdict_of(FAILING, promise=PROMISE).requests_to_find == {}


def test_smaller_part_of_the_bet_takes_longer() -> None:
    half = Promise(
        0.01, 0.05, (Guardrail("errors", 0.5), Guardrail("latency", 0.5, margin=1.1)), (3.0,)
    )
    alone = verdict_of(*[HEALTHY] * 5, promise=PROMISE).requests_to_find["errors"]["2"]
    shared = verdict_of(*[HEALTHY] * 5, promise=half).requests_to_find
    assert set(shared) == {"errors"}
    foreseen = shared["errors"]["2"]
    assert alone is not None
    assert foreseen is not None
    assert foreseen > alone


def test_pooled_errors_take_longer_where_segments_have_half_of_the_bet() -> None:
    minute = segmented({"text": (60, 1)}, {"text": (540, 9)})
    promise = promise_on("errors", margin=1.05, segments=SEGMENTS)
    alone, halved = (
        verdict_of(*[minute] * 5, promise=p).requests_to_find["errors"]["2"]
        for p in (PROMISE, promise)
    )
    assert alone is not None
    assert halved is not None
    assert halved > alone


def test_forecast_of_labels_is_of_requests() -> None:
    promise = Promise(0.01, 0.05, (Guardrail("errors", 0.5), Guardrail("labels", 0.5)), (1.5,))
    labels = labelled({"text": (10, 4)}, {"text": (90, 36)})
    hundred_times = replace(
        labels,
        stable=replace(labels.stable, requests=9000, bad={"errors": 9}),
        canary=replace(labels.canary, requests=1000, bad={"errors": 1}),
    )
    of_labels, of_requests = (
        verdict_of(*[minute] * 3, promise=promise).requests_to_find["labels"]["2"]
        for minute in (labels, hundred_times)
    )
    assert of_labels is not None
    assert of_requests == 100 * of_labels
