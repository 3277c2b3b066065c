"""What holds for any counts at all: no exception, no NaN, no growth, no perverse incentive."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.codec import encode
from steelyard.evidence import (
    BANDS,
    OTHER,
    Arm,
    Batch,
    Evidence,
    Guardrail,
    Labels,
    Promise,
    begin,
    judge,
    weigh,
)

from .simulation import START

NAMED = ("networking", "text", "mathematics")
PROMISE = Promise(
    0.01,
    0.05,
    (
        Guardrail("errors", 0.5),
        Guardrail("labels", 0.3, margin=1.2),
        Guardrail("latency", 0.2, margin=1.5, absolute_margin=None),
    ),
    (3.0, 2.0),
    NAMED,
)
HUGE = 10**9
SEGMENTS = st.sampled_from([*NAMED, OTHER, "unheard-of"])


@st.composite
def labels(draw: st.DrawFn, most: int) -> Labels:
    """Any labels of one segment."""
    count = draw(st.integers(0, most))
    return Labels(count, draw(st.integers(0, count)))


@st.composite
def arms(draw: st.DrawFn, most: int) -> Arm:
    """Any requests, bad events, latencies and labels; each may be unmeasured."""
    requests = draw(st.integers(0, most))
    metrics = draw(st.lists(st.sampled_from(["errors", "slow", "unheard-of"]), unique=True))
    some = st.lists(st.tuples(st.integers(0, BANDS - 1), st.integers(0, most)), max_size=4)
    counts = dict(draw(some))
    return Arm(
        requests,
        {metric: draw(st.integers(0, requests)) for metric in metrics},
        tuple(counts.get(band, 0) for band in range(BANDS)) if counts else (),
        draw(st.dictionaries(SEGMENTS, labels(most), max_size=4)),
    )


def batches(most: int = HUGE) -> st.SearchStrategy[Batch]:
    """Any batch, at any share."""
    return st.builds(Batch, st.just(START), st.integers(0, 100), arms(most), arms(most))


def all_of(history: list[Batch], promise: Promise = PROMISE) -> Evidence:
    """The evidence of a history."""
    evidence = begin(promise)
    for batch in history:
        evidence = weigh(evidence, batch, promise)
    return evidence


def leaves(data: Any) -> int:
    """Numbers in the state."""
    children = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return sum(leaves(child) for child in children) + (not isinstance(data, dict | list))


@given(st.lists(batches(), max_size=8), st.integers(0, 5))
def test_any_counts_give_a_finite_verdict_and_a_state_of_bounded_size(
    history: list[Batch], step: int
) -> None:
    evidence = all_of(history)
    verdict = judge(evidence, PROMISE, step)
    assert all(isfinite(value) for value in verdict.log_evidence.values())
    assert all(isfinite(value) for value in verdict.segments.get("labels", {}).values())
    assert verdict.forecast_requests is None or verdict.forecast_requests > 0
    state = encode(evidence)
    json.dumps(state, allow_nan=False)
    assert leaves(state) <= leaves(encode(begin(PROMISE))) + 2 * BANDS + 12 * len(NAMED) + 20


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


def one_band_up(arm: Arm, data: st.DataObject) -> Arm:
    """The arm with one request a band up, where there is one."""
    movable = [band for band, count in enumerate(arm.latency[:-1]) if count]
    if not movable:
        return arm
    band, moved = data.draw(st.sampled_from(movable)), list(arm.latency)
    moved[band], moved[band + 1] = moved[band] - 1, moved[band + 1] + 1
    return replace(arm, latency=tuple(moved))


@pytest.mark.parametrize("worse", [one_more_error, one_more_wrong, one_band_up])
@given(history=st.lists(batches(most=300), min_size=1, max_size=5), data=st.data())
def test_one_more_bad_event_never_counts_for_its_own_arm(
    worse: Change, history: list[Batch], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(history) - 1))
    batch, before = history[index], harm(history)
    canary_worse = replace(batch, canary=worse(batch.canary, data))
    stable_worse = replace(batch, stable=worse(batch.stable, data))
    assert harm([*history[:index], canary_worse, *history[index + 1 :]]) >= before - 1e-6
    assert harm([*history[:index], stable_worse, *history[index + 1 :]]) <= before + 1e-6


@given(st.lists(batches(most=300), max_size=5), st.permutations(NAMED))
def test_order_of_segments_does_not_matter(history: list[Batch], order: list[str]) -> None:
    shuffled = replace(PROMISE, segments=tuple(order))
    backwards = [
        replace(batch, stable=reversed_labels(batch.stable), canary=reversed_labels(batch.canary))
        for batch in history
    ]
    verdict, other = (
        judge(all_of(batches_, promise), promise, 0)
        for batches_, promise in ((history, PROMISE), (backwards, shuffled))
    )
    assert other.log_evidence == pytest.approx(verdict.log_evidence, abs=1e-9)
    assert other.segments == verdict.segments
    assert other.unproven == verdict.unproven


def reversed_labels(arm: Arm) -> Arm:
    """The arm with its labels in reverse."""
    return replace(arm, labels=dict(reversed(list(arm.labels.items()))))


def harm(history: list[Batch]) -> float:
    """Total log evidence of harm."""
    return judge(all_of(history), PROMISE, 0).log_evidence["total"]


@given(st.lists(batches(), max_size=4), st.integers(0, 100), st.integers(0, HUGE))
def test_batch_without_bad_events_never_raises_the_evidence_of_harm(
    history: list[Batch], percent: int, requests: int
) -> None:
    quiet = Arm(requests, {"errors": 0, "slow": 0}, labels={"text": Labels(requests, 0)})
    settled = [*history, Batch(START, 0, quiet, quiet), Batch(START, 1, quiet, quiet)]
    before = harm(settled)
    after = harm([*settled, Batch(START, percent, quiet, quiet)])
    assert after <= before + 1e-6 * abs(before) + 1e-9
