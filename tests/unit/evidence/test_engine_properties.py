"""What holds for any counts at all: no exception, no NaN, no growth, no perverse incentive."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from math import isfinite, isnan
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from steelyard.codec import decode, encode
from steelyard.evidence import (
    BANDS,
    Arm,
    Batch,
    Evidence,
    Labels,
    SegmentCounts,
    Verdict,
    begin,
    judge,
    weigh,
)

from .anything import (
    HUGE,
    NAMED,
    PERCENTS,
    PROMISE,
    all_of,
    backwards,
    batches,
    harm,
    harm_until_worse,
)
from .simulation import MINUTE, START

NOTHING = Arm(0, {})
HOUR = timedelta(hours=1)


def leaves(data: Any) -> int:
    """Numbers in the state."""
    children = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return sum(leaves(child) for child in children) + (not isinstance(data, dict | list))


def assert_sound(verdict: Verdict) -> None:
    """Every figure is one."""
    assert all(isfinite(value) for value in verdict.log_evidence.values())
    for by_segment in verdict.segments.values():
        assert all(isfinite(value) for value in by_segment.values())
    forecasts = [verdict.requests_to_pass]
    for by_factor in verdict.requests_to_find.values():
        forecasts += by_factor.values()
    assert all(requests is None or requests > 0 for requests in forecasts)
    for low, high in verdict.odds_ratios.values():
        assert not isnan(low + high)
        assert 0 <= low <= high
    assert all(phi >= 1 and isfinite(phi) for phi in verdict.phi.values())


MOST_LEAVES = 3 * BANDS + 2 * (12 * len(NAMED) + 1) + 2 * 11 + 40


@given(st.lists(batches(), max_size=5), st.integers(0, 5))
@settings(max_examples=25, deadline=None)
def test_any_counts_give_a_sound_verdict_and_a_state_of_bounded_size_that_json_keeps(
    history: list[Batch], step: int
) -> None:
    evidence = all_of(history)
    assert_sound(judge(evidence, PROMISE, step))
    state = encode(evidence)
    text = json.dumps(state, allow_nan=False)
    assert leaves(state) <= leaves(encode(begin(PROMISE))) + MOST_LEAVES
    back = decode(Evidence, json.loads(text))
    assert back == evidence
    assert json.dumps(encode(back), allow_nan=False) == text


ARMS = {
    "nothing": (0, 0),
    "one": (1, 1),
    "all bad": (1000, 1000),
    "none bad": (1000, 0),
    "huge": (HUGE, HUGE // 100),
    "huge and bad": (HUGE, HUGE),
}


def all_measured(requests: int, bad: int) -> Arm:
    """An arm of which all is measured."""
    return Arm(
        requests,
        {"errors": bad, "slow": bad},
        (0,) * 5 + (requests - bad,) + (0,) * 9 + (bad,) + (0,) * (BANDS - 16),
        {"text": Labels(requests, bad)},
        {"text": SegmentCounts(requests, bad)},
    )


@pytest.mark.parametrize("percent", [0, 0.01, 33.3, 99.99, 100])
@pytest.mark.parametrize("stable", ARMS)
@pytest.mark.parametrize("canary", ARMS)
def test_extremes_give_a_sound_verdict(canary: str, stable: str, percent: float) -> None:
    ours, theirs = all_measured(*ARMS[canary]), all_measured(*ARMS[stable])
    for parts in ((), (theirs, ours, NOTHING)):
        batch = Batch(START, percent, theirs, ours, parts)
        assert_sound(judge(all_of([batch, batch, batch]), PROMISE, 1))


def test_segments_that_are_first_measured_after_years_of_a_better_canary_are_taken() -> None:
    """By then the evidence is too small a number for a float, and a segment needs its inverse."""
    arms = Arm(2000, {"errors": 200}), Arm(2000, {"errors": 80})
    evidence = all_of([Batch(START + minute * MINUTE, 50, *arms) for minute in range(1500)])
    assert judge(evidence, PROMISE, 0).log_evidence["errors"] < -710
    same = all_measured(100, 9)
    for _ in range(3):
        evidence = weigh(evidence, Batch(START, 50, same, same), PROMISE)
        assert_sound(judge(evidence, PROMISE, 0))


Change = Callable[[Arm, st.DataObject], Arm]


def one_more_error(arm: Arm, _: st.DataObject) -> Arm:
    """The arm with one error more, where errors were measured and one more can be."""
    errors = arm.bad.get("errors", arm.requests)
    return arm if errors == arm.requests else replace(arm, bad={**arm.bad, "errors": errors + 1})


def one_more_wrong(arm: Arm, data: st.DataObject) -> Arm:
    """The arm with one right label made wrong, where there is one."""
    right = [name for name, one in sorted(arm.labels.items()) if one.wrong < one.labels]
    if not right:
        return arm
    name = data.draw(st.sampled_from(right))
    wrong = replace(arm.labels[name], wrong=arm.labels[name].wrong + 1)
    return replace(arm, labels={**arm.labels, name: wrong})


def one_more_error_in_a_segment(arm: Arm, data: st.DataObject) -> Arm:
    """The arm with one error more of a segment alone, where one more can be."""
    good = [name for name, one in sorted(arm.segments.items()) if one.errors < one.requests]
    if not good:
        return arm
    name = data.draw(st.sampled_from(good))
    bad = replace(arm.segments[name], errors=arm.segments[name].errors + 1)
    return replace(arm, segments={**arm.segments, name: bad})


@pytest.mark.parametrize("worse", [one_more_error, one_more_wrong, one_more_error_in_a_segment])
@given(history=st.lists(batches(most=300), min_size=1, max_size=4), data=st.data())
@settings(max_examples=25, deadline=None)
def test_one_more_bad_event_never_counts_for_its_own_arm(
    worse: Change, history: list[Batch], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(history) - 1))
    batch, before = history[index], harm_until_worse(history)
    canary_worse, stable_worse = list(history), list(history)
    canary_worse[index] = replace(batch, canary=worse(batch.canary, data))
    stable_worse[index] = replace(batch, stable=worse(batch.stable, data))
    assert harm_until_worse(canary_worse) >= before - 1e-6
    assert harm_until_worse(stable_worse) <= before + 1e-6


def one_band_up(arm: Arm, data: st.DataObject) -> Arm:
    """The arm with one request a band up, where there is one."""
    movable = [band for band, count in enumerate(arm.latency[:-1]) if count]
    if not movable:
        return arm
    band, moved = data.draw(st.sampled_from(movable)), list(arm.latency)
    moved[band], moved[band + 1] = moved[band] - 1, moved[band + 1] + 1
    return replace(arm, latency=tuple(moved))


@given(st.lists(batches(most=300), max_size=3), batches(most=300), st.data())
@settings(max_examples=25, deadline=None)
def test_one_more_slow_request_in_the_last_batch_never_counts_for_its_own_arm(
    history: list[Batch], last: Batch, data: st.DataObject
) -> None:
    """In earlier ones it also moves where the slowest begin, for both arms."""
    known = [Batch(START, 50, all_measured(90, 9), all_measured(90, 9)), *history]
    before = harm([*known, last])
    canary_slower = replace(last, canary=one_band_up(last.canary, data))
    stable_slower = replace(last, stable=one_band_up(last.stable, data))
    assert harm([*known, canary_slower]) >= before - 1e-6
    assert harm([*known, stable_slower]) <= before + 1e-6


@given(st.lists(batches(most=300), max_size=5), st.permutations(NAMED))
@settings(max_examples=25, deadline=None)
def test_order_of_segments_and_of_keys_does_not_matter(
    history: list[Batch], order: list[str]
) -> None:
    shuffled = replace(PROMISE, segments=tuple(order))
    verdict = judge(all_of(history), PROMISE, 0)
    other = judge(all_of([backwards(batch) for batch in history], shuffled), shuffled, 0)
    assert other.log_evidence == pytest.approx(verdict.log_evidence, abs=1e-9)
    assert other.segments == verdict.segments
    assert other == replace(verdict, log_evidence=other.log_evidence, carried_by=other.carried_by)


@given(st.lists(batches(), max_size=4), PERCENTS)
@settings(max_examples=25, deadline=None)
def test_batch_without_a_request_changes_nothing(history: list[Batch], percent: float) -> None:
    before = all_of([*history, Batch(START, 100, NOTHING, NOTHING)])
    later = weigh(before, Batch(START + HOUR, percent, NOTHING, NOTHING), PROMISE)
    assert later == replace(before, until=START + HOUR)


@given(st.lists(batches(most=300), max_size=4), st.integers(5, HUGE), st.integers(5, HUGE))
@example([], 5, HUGE)
@settings(max_examples=25, deadline=None)
def test_batch_without_information_changes_nothing_but_the_restarts_share(
    history: list[Batch], canary: int, stable: int
) -> None:
    """Nothing failed and nothing waits: each stream's stakes move, its evidence stays."""
    first, second, third = (
        Batch(START + hours * HOUR, 50, all_measured(stable, 0), all_measured(canary, 0))
        for hours in (1, 2, 3)
    )
    before = all_of([*history, first, second])
    after = weigh(before, third, PROMISE)
    for metric in ("errors", "labels"):
        assert after.of(metric, PROMISE) == pytest.approx(before.of(metric, PROMISE), abs=1e-9)
        assert after.guards[metric].ratios == before.guards[metric].ratios
        assert after.guards[metric].interval == before.guards[metric].interval
        assert after.harm[metric].minutes == before.harm[metric].minutes + 1
        assert after.harm[metric].log_reserve < before.harm[metric].log_reserve
    assert after.latency.log_evidence <= before.latency.log_evidence + 1e-9


@given(st.lists(batches(), max_size=4), st.integers(0, 100), st.integers(0, HUGE))
@settings(max_examples=25, deadline=None)
def test_batch_without_bad_events_never_raises_the_evidence_of_harm(
    history: list[Batch], percent: int, requests: int
) -> None:
    quiet = Arm(requests, {"errors": 0, "slow": 0}, labels={"text": Labels(requests, 0)})
    settled = [*history, Batch(START, 0, quiet, quiet), Batch(START, 1, quiet, quiet)]
    before = harm(settled)
    after = harm([*settled, Batch(START, percent, quiet, quiet)])
    assert after <= before + 1e-6 * abs(before) + 1e-9
