"""Latency: what bands show of it, what waits, and what says nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from math import exp, log
from random import Random

import pytest

from steelyard.evidence import (
    Arm,
    Batch,
    Carrier,
    Guardrail,
    Promise,
    VerdictKind,
    begin,
    latency_bounds,
)
from steelyard.evidence.latency import Latency
from steelyard.evidence.mixture import REGRESSIONS
from steelyard.evidence.ranks import slowest_log_ratios, tilt_log_ratios

from .scenes import HEALTHY, SLOWER, after, bands, slowed, verdict_of
from .simulation import START
from .traffic import SECOND, counted, drawn

PROMISE = Promise(
    0.01, 0.05, (Guardrail("latency", 1.0, margin=1.1, absolute_margin=0.02),), (3.0, 1.5)
)


def minute(canary: tuple[int, ...], stable: tuple[int, ...], percent: int = 5) -> Batch:
    """A minute of which only latencies are known."""
    return Batch(START, percent, Arm(sum(stable), {}, stable), Arm(sum(canary), {}, canary))


def test_half_of_the_evidence_is_bet_on_the_slowest_and_half_on_the_tilt() -> None:
    latency = Latency().after(SLOWER)
    both = exp(latency.slowest.log_evidence) + exp(latency.tilt.log_evidence)
    assert latency.log_evidence == pytest.approx(log(both / 2))
    assert min(latency.slowest.log_evidence, latency.tilt.log_evidence) > log(100)


def test_comparison_grows_each_bet_by_its_ratio() -> None:
    canary, stable = bands(60, slower=1), bands(1140)
    latency = Latency().after(minute(canary, stable))
    stake = 0.4 / 1439
    tilted = [0.6 * exp(gain) + stake for gain in tilt_log_ratios(canary, stable)]
    assert [exp(w) for w in latency.tilt.log_wealth] == pytest.approx(tilted)
    gains = slowest_log_ratios(canary, stable, REGRESSIONS)
    slowest = [0.6 * exp(gain) + stake for gain in gains]
    assert [exp(w) for w in latency.slowest.log_wealth] == pytest.approx(slowest)


@pytest.mark.parametrize("arm", ["stable", "canary"])
def test_arm_whose_latency_was_not_measured_says_nothing(arm: str) -> None:
    unknown = replace(SLOWER, **{arm: replace(getattr(SLOWER, arm), latency=())})
    assert Latency().after(unknown) == Latency()


def test_minute_without_canary_requests_still_counts_stables() -> None:
    quiet = Batch(START, 5, Arm(95, {}, bands(95)), Arm(0, {}))
    waiting = Latency().after(quiet).pending
    assert waiting.stable == bands(95)
    assert sum(waiting.canary) == 0


def test_few_canary_requests_a_minute_accumulate() -> None:
    few = minute(bands(2, slower=4), bands(38))
    latency = Latency().after(few).after(few)
    assert (latency.tilt.restarts, sum(latency.pending.canary)) == (0, 4)
    latency = latency.after(few)
    assert (latency.tilt.restarts, latency.pending.canary) == (1, ())
    together = minute(tuple(3 * n for n in bands(2, slower=4)), tuple(3 * n for n in bands(38)))
    assert latency == Latency().after(together)


def test_counts_of_different_shares_are_never_added_up() -> None:
    waiting = Latency().after(minute(bands(4), bands(76)))
    raised = waiting.after(minute(bands(2), bands(18), percent=10))
    assert raised.tilt.restarts == 1
    assert raised.pending.canary == bands(2)


def test_slower_canary_is_worse_and_latency_is_named() -> None:
    verdict = verdict_of(HEALTHY, slowed(HEALTHY, by=1), promise=PROMISE)
    assert verdict.kind is VerdictKind.WORSE
    assert verdict.carried_by == Carrier("latency")


def test_incident_that_slows_both_arms_is_not_the_canarys_fault() -> None:
    both = minute(bands(60, slower=6), bands(1140, slower=6))
    verdict = verdict_of(*[HEALTHY] * 5, *[both] * 30, *[HEALTHY] * 5, promise=PROMISE)
    assert verdict.log_evidence["latency"] < 0


def test_latency_passes_by_slow_requests_alone() -> None:
    unmeasured = replace(
        HEALTHY,
        stable=replace(HEALTHY.stable, latency=()),
        canary=replace(HEALTHY.canary, latency=()),
    )
    verdict = verdict_of(*[unmeasured] * 20, promise=PROMISE)
    assert verdict.kind is VerdictKind.NOT_WORSE
    assert verdict.log_evidence["latency"] == pytest.approx(0, abs=1e-9)
    bands_alone = minute(bands(60), bands(1140))
    assert verdict_of(*[bands_alone] * 100, promise=PROMISE).unproven == ("latency",)


def test_no_latency_at_all_changes_nothing() -> None:
    nothing = Batch(START, 5, Arm(1140, {"errors": 3}), Arm(60, {"errors": 1}))
    assert after(*[nothing] * 9, promise=PROMISE) == begin(PROMISE)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("spread", [0.1, 0.5, 1.0])
def test_band_that_crosses_a_share_holds_the_exact_percentile(share: float, spread: float) -> None:
    latencies = sorted(drawn(Random(1), 2000, spread))
    exact = latencies[round(share * 2000) - 1]
    bounds = (0, *latency_bounds(SECOND), float("inf"))
    cumulated = list(accumulate(counted(latencies)))
    assert cumulated[-1] == 2000
    band = next(number for number, count in enumerate(cumulated) if count >= share * 2000)
    assert bounds[band] < exact <= bounds[band + 1]
    assert bounds[band + 1] / bounds[band] < 1.301


@pytest.mark.parametrize("margin", [1.0, 1.1, 1.5])
def test_canary_slower_by_exactly_the_margin_has_stables_bands(margin: float) -> None:
    latencies = drawn(Random(2), 5000)
    slower = [margin * latency for latency in latencies]
    differences = zip(counted(slower, margin), counted(latencies), strict=True)
    assert sum(abs(a - b) for a, b in differences) <= 2  # bounds are whole microseconds


def test_bands_see_nearly_what_exact_latencies_show() -> None:
    """The best bet on 25 % more, with each latency in a band of its own against 26 bands."""
    random, coarse, fine = Random(3), 0.0, 0.0
    for _ in range(20):
        canary, stable = [1.25 * us for us in drawn(random, 60)], drawn(random, 540)
        coarse += max(tilt_log_ratios(counted(canary), counted(stable)))
        ranked = sorted((us, arm) for arm, arms in enumerate((stable, canary)) for us in arms)
        mine = tuple(arm for _, arm in ranked)
        fine += max(tilt_log_ratios(mine, tuple(1 - arm for arm in mine)))
    assert 0.85 * fine < coarse < fine
