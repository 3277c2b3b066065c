"""What holds for any counts at all: no exception, no NaN, no growth, no perverse incentive."""

from __future__ import annotations

import json
from dataclasses import replace
from math import isfinite
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from steelyard.codec import encode
from steelyard.evidence import Arm, Batch, Evidence, Guardrail, Promise, begin, judge, weigh

from .simulation import START

PROMISE = Promise(
    0.01,
    0.05,
    (Guardrail("errors", 0.6), Guardrail("slow", 0.4, margin=1.5, absolute_margin=None)),
    (3.0, 2.0),
)
HUGE = 10**9


@st.composite
def arms(draw: st.DrawFn, most: int) -> Arm:
    """Any requests and bad events; a metric may be unmeasured."""
    requests = draw(st.integers(0, most))
    metrics = draw(st.lists(st.sampled_from(["errors", "slow", "unheard-of"]), unique=True))
    return Arm(requests, {metric: draw(st.integers(0, requests)) for metric in metrics})


def batches(most: int = HUGE) -> st.SearchStrategy[Batch]:
    """Any batch, at any share."""
    return st.builds(Batch, st.just(START), st.integers(0, 100), arms(most), arms(most))


def all_of(history: list[Batch]) -> Evidence:
    """The evidence of a history."""
    evidence = begin(PROMISE)
    for batch in history:
        evidence = weigh(evidence, batch, PROMISE)
    return evidence


def leaves(data: Any) -> int:
    """Numbers in the state."""
    children = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return sum(leaves(child) for child in children) + (not isinstance(data, dict | list))


@given(st.lists(batches(), max_size=8), st.integers(0, 5))
def test_any_counts_give_a_finite_verdict_and_a_state_of_constant_size(
    history: list[Batch], step: int
) -> None:
    evidence = all_of(history)
    verdict = judge(evidence, PROMISE, step)
    assert all(isfinite(value) for value in verdict.log_evidence.values())
    assert verdict.forecast_requests is None or verdict.forecast_requests > 0
    state = encode(evidence)
    json.dumps(state, allow_nan=False)
    assert leaves(state) == leaves(encode(begin(PROMISE)))


@given(st.lists(batches(most=3000), min_size=1, max_size=6), st.data())
def test_one_more_bad_event_never_counts_for_its_own_arm(
    history: list[Batch], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(history) - 1))
    batch, before = history[index], harm(history)
    canary_worse = replace(batch, canary=with_one_more_error(batch.canary))
    stable_worse = replace(batch, stable=with_one_more_error(batch.stable))
    assert harm([*history[:index], canary_worse, *history[index + 1 :]]) >= before - 1e-9
    assert harm([*history[:index], stable_worse, *history[index + 1 :]]) <= before + 1e-9


def harm(history: list[Batch]) -> float:
    """Total log evidence of harm."""
    return judge(all_of(history), PROMISE, 0).log_evidence["total"]


def with_one_more_error(arm: Arm) -> Arm:
    """The arm with one error more, where errors were measured and one more can be."""
    errors = arm.bad.get("errors", arm.requests)
    return arm if errors == arm.requests else replace(arm, bad={**arm.bad, "errors": errors + 1})


@given(st.lists(batches(), max_size=4), st.integers(0, 100), st.integers(0, HUGE))
def test_batch_without_bad_events_never_raises_the_evidence_of_harm(
    history: list[Batch], percent: int, requests: int
) -> None:
    quiet = Arm(requests, {"errors": 0, "slow": 0})
    settled = [*history, Batch(START, 0, quiet, quiet), Batch(START, 1, quiet, quiet)]
    before = harm(settled)
    after = harm([*settled, Batch(START, percent, quiet, quiet)])
    assert after <= before + 1e-6 * abs(before) + 1e-9
