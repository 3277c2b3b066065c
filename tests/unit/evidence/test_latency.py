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
from steelyard.evidence.likelihood import Table
from steelyard.evidence.mixture import begin_harm
from steelyard.evidence.pending import Counts
from steelyard.evidence.ranks import SLOWEST, tilt_log_ratios
from steelyard.evidence.stream import Setting, compared

from .exact import CLOSE, drawn_at_random
from .scenes import HEALTHY, SLOWER, after, bands, slowed, verdict_of
from .simulation import START
from .traffic import SECOND, counted, drawn

PROMISE = Promise(
    0.01, 0.05, (Guardrail("latency", 1.0, margin=1.1, absolute_margin=0.02),), (3.0, 1.5)
)
FAR = Setting(1.1, 100.0)  # a threshold out of reach
ALONE = replace(FAR, margin=1.0, log_threshold=100.0 + log(6))  # as each slowest share is weighed


def minute(canary: tuple[int, ...], stable: tuple[int, ...], percent: int = 5) -> Batch:
    """A minute of which only latencies are known."""
    return Batch(START, percent, Arm(sum(stable), {}, stable), Arm(sum(canary), {}, canary))


def after_minutes(*minutes: Batch, setting: Setting = FAR) -> Latency:
    """What latencies of these minutes say."""
    latency = Latency()
    for one in minutes:
        latency = latency.after(one, setting)
    return latency


def test_half_of_the_evidence_is_bet_on_the_slowest_and_half_on_the_tilt() -> None:
    latency = after_minutes(SLOWER)
    slowest = sum(exp(harm.log_evidence) for harm in latency.slowest) / 3
    both = slowest + exp(latency.tilt.log_evidence)
    assert latency.log_evidence == pytest.approx(log(both / 2))
    assert min(log(slowest), latency.tilt.log_evidence) > log(100)


def test_each_slowest_share_is_weighed_as_bad_events_beyond_where_it_began_before() -> None:
    before = minute(bands(64), bands(1216))
    first, slower = after_minutes(before), minute(bands(60, slower=1), bands(1140))
    latency = first.after(slower, FAR)
    cuts = (14, 15, 15)
    canary, stable = slower.canary.latency, slower.stable.latency
    expected = [
        compared(harm, Table(60, sum(canary[cut:]), 1140, sum(stable[cut:])), ALONE)
        for harm, cut in zip(first.slowest, cuts, strict=True)
    ]
    assert list(latency.slowest) == expected
    assert latency.tilt == first.tilt.after(tilt_log_ratios(canary, stable))


def test_first_comparison_finds_where_the_slowest_begin_by_itself() -> None:
    canary, stable = (8, 2, 0), (72, 8, 10)
    latency = after_minutes(minute(canary, stable))
    third, *few = latency.slowest
    assert third == compared(begin_harm(), Table(10, 2, 90, 18), ALONE)
    assert few == [compared(begin_harm(), Table(10, 0, 90, 10), ALONE)] * 2


def test_overdispersion_divides_what_latencies_say_and_stakes_follow_the_clock() -> None:
    first, slower = after_minutes(minute(bands(64), bands(1216))), slowed(HEALTHY, by=1)
    latency = first.after(slower, replace(FAR, phi=4.0, minutes=0.5))
    gains = tilt_log_ratios(slower.canary.latency, slower.stable.latency)
    assert latency.tilt == first.tilt.after([gain / 4 for gain in gains], 0.5)
    slow = Table(60, sum(slower.canary.latency[14:]), 1140, sum(slower.stable.latency[14:]))
    spread_out = replace(ALONE, phi=4.0, minutes=0.5)
    assert latency.slowest[0] == compared(first.slowest[0], slow, spread_out)


def test_slowest_follow_the_day() -> None:
    """Requests of a slower hour soon outweigh all that was before."""
    latency = after_minutes(*[minute(bands(60), bands(1140))] * 40)
    assert sum(latency.before) <= 40_000
    slow_hour = minute(bands(60, slower=5), bands(1140, slower=5))
    for _ in range(60):
        latency = latency.after(slow_hour, FAR)
        assert sum(latency.before) <= 40_000
    assert sum(latency.before[15:]) > 0.85 * sum(latency.before)


@pytest.mark.parametrize("pool", [(6, 3, 2, 1), (2, 2, 9), (9, 2, 2), (1, 0, 11), (13,)])
@pytest.mark.parametrize("drawn", [5, 8])
@pytest.mark.parametrize("threshold", [0.05, 0.7, 100.0])
def test_canary_drawn_at_random_leaves_the_mean_of_what_counts_where_it_was(
    pool: Counts, drawn: int, threshold: float
) -> None:
    """What counts is evidence up to its threshold: on the slowest, and on all together."""
    for before in (Latency(), after_minutes(minute(bands(64), bands(1216)))):
        start = replace(before, before=before.before and (40, 7, 2, 1)[: len(pool)])
        each, together = [0.0] * len(SLOWEST), 0.0
        for chance, canary in drawn_at_random(pool, drawn):
            stable = tuple(a - b for a, b in zip(pool, canary, strict=True))
            after = start.after(minute(canary, stable), Setting(1.0, threshold))
            alone = exp(threshold) * 6
            reached = (min(exp(h.log_evidence), alone) for h in after.slowest)
            each = [mean + chance * value for mean, value in zip(each, reached, strict=True)]
            together += chance * min(exp(after.log_evidence), exp(threshold))
        for mean, harm in zip(each, start.slowest, strict=True):
            assert mean <= exp(harm.log_evidence) + CLOSE
        assert together <= exp(start.log_evidence) + CLOSE


def test_tail_alone_is_found_by_the_slowest_requests() -> None:
    stable, canary = (300, 600, 290, 8, 2), (30, 60, 24, 1, 5)
    latency = after_minutes(minute((30, 60, 29, 1, 0), stable), minute(canary, stable))
    assert max(harm.log_evidence for harm in latency.slowest) > latency.tilt.log_evidence + 2


@pytest.mark.parametrize("arm", ["stable", "canary"])
def test_arm_whose_latency_was_not_measured_says_nothing(arm: str) -> None:
    unknown = replace(SLOWER, **{arm: replace(getattr(SLOWER, arm), latency=())})
    assert after_minutes(unknown) == Latency()


def test_minute_without_canary_requests_still_counts_stables() -> None:
    quiet = Batch(START, 5, Arm(95, {}, bands(95)), Arm(0, {}))
    waiting = after_minutes(quiet).pending
    assert waiting.stable == bands(95)
    assert sum(waiting.canary) == 0


def test_few_canary_requests_a_minute_accumulate() -> None:
    few = minute(bands(2, slower=4), bands(38))
    latency = after_minutes(few, few)
    assert (latency.tilt.minutes, sum(latency.pending.canary)) == (0, 4)
    latency = latency.after(few, FAR)
    assert (latency.tilt.minutes, latency.pending.canary) == (1, ())
    together = minute(tuple(3 * n for n in bands(2, slower=4)), tuple(3 * n for n in bands(38)))
    assert latency == after_minutes(together)


def test_counts_of_different_shares_are_never_added_up() -> None:
    waiting = after_minutes(minute(bands(4), bands(76)))
    raised = waiting.after(minute(bands(2), bands(18), percent=10), FAR)
    assert raised.tilt.minutes == 1
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
    evidence = after(*[nothing] * 9, promise=PROMISE)
    assert evidence.latency == Latency()
    assert evidence.guards == begin(PROMISE).guards


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
