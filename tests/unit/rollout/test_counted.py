"""What counts have to be like before a step is passed, and that WORSE outlives better ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from steelyard.evidence import LEAST_REQUESTS, judge
from steelyard.rollout.counting import unmeasured
from steelyard.rollout.machine import step
from steelyard.rollout.model import Phase, Samples
from steelyard.rollout.observation import Event, Hint
from steelyard.rollout.passing import lacks
from steelyard.rollout.signals import Look
from tests.unit.rollout.scenes import (
    MINUTE,
    POLICY,
    START,
    batch,
    live_of,
    proved,
    rollout_in,
    seen,
    state_of,
)

_METRICS = tuple(guardrail.metric for guardrail in POLICY.guardrails)


@pytest.mark.parametrize(
    ("canary", "stable", "missing"),
    [(LEAST_REQUESTS, LEAST_REQUESTS, False), (LEAST_REQUESTS, 0, True), (0, LEAST_REQUESTS, True)],
)
def test_metric_is_measured_once_both_variants_are(
    canary: int, stable: int, *, missing: bool
) -> None:
    enough = dict.fromkeys(_METRICS, Samples(LEAST_REQUESTS, LEAST_REQUESTS))
    samples = {**enough, _METRICS[0]: Samples(canary, stable)}
    rollout = rollout_in(Phase.RAMPING, samples=samples)
    assert unmeasured(rollout, LEAST_REQUESTS) == (_METRICS[0] if missing else None)


def test_step_is_held_while_its_counts_are_in_doubt() -> None:
    rollout = rollout_in(
        Phase.RAMPING,
        weights_since=START,
        canary_requests=10_000,
        samples=dict.fromkeys(_METRICS, Samples(10_000, 10_000)),
    )
    verdict = judge(proved(rollout.evidence), POLICY.promise, 0)
    look = Look(rollout, seen(live_of(rollout)), START + POLICY.deadline, verdict, fresh=True)
    assert lacks(look) == ""
    doubtful = replace(look, verdict=replace(verdict, doubts=("a share of 3 %, not 10 %",)))
    assert lacks(doubtful) == "counts to be trusted: a share of 3 %, not 10 %"


def test_harm_in_one_batch_is_not_made_good_by_the_next_of_the_same_look() -> None:
    rollout = rollout_in(Phase.RAMPING, weights_since=START)
    minutes = (
        batch(START + MINUTE, canary=(500, 60), stable=(4500, 0)),
        batch(START + 2 * MINUTE, canary=(50_000, 0), stable=(450_000, 45_000)),
    )
    now = START + 2 * MINUTE
    reading = seen(live_of(rollout), batches=minutes, metrics_until=now)
    after = step(state_of(rollout), Event(Hint("tick"), reading), now)
    assert after.phase is Phase.ROLLING_BACK
