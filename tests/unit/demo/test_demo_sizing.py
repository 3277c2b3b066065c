"""The demo fails by chance less than once in a thousand runs, for the policy that it really has."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cli.demo.setup import MODEL, MODELS
from cli.demo.sizing import BAD_RATE, sizing
from infra.model_file import load_model
from steelyard.evidence import Arm, Batch, VerdictKind, begin, judge, weigh
from steelyard.rollout.policy import Policy

POLICY = load_model(MODELS / MODEL).rollout
_A_MINUTE = 300
_START = datetime(2026, 1, 1, tzinfo=UTC)


def test_demo_fails_by_chance_less_than_once_in_a_thousand_runs() -> None:
    assert sizing(POLICY).by_chance < 1e-3


def test_careless_policy_is_said_to_fail_more_often() -> None:
    assert sizing(replace(POLICY, alpha=0.01)).by_chance > 1e-3


def test_policy_that_no_canary_without_errors_can_pass_is_refused() -> None:
    guardrails = tuple(replace(g, absolute_margin=None) for g in POLICY.guardrails)
    with pytest.raises(ValueError, match="absolute_margin"):
        sizing(replace(POLICY, guardrails=guardrails))


def _first_step(policy: Policy, rate: float, chance: random.Random) -> Iterator[Batch]:
    """Minutes of the first step, with a canary that fails at `rate`."""
    canary = _A_MINUTE * policy.steps[0] // 100
    for minute in range(60):
        failed = sum(chance.random() < rate for _ in range(canary))
        yield Batch(
            end=_START + timedelta(minutes=minute + 1),
            canary_percent=policy.steps[0],
            stable=Arm(_A_MINUTE - canary, {"errors": 0, "slow": 0}),
            canary=Arm(canary, {"errors": failed, "slow": 0}),
        )


@pytest.mark.parametrize(("rate", "expected"), [(BAD_RATE, "WORSE"), (0.0, "NOT_WORSE")])
def test_first_step_ends_as_the_story_has_it(rate: float, expected: str) -> None:
    for seed in range(300):
        evidence = begin(POLICY.promise)
        for batch in _first_step(POLICY, rate, random.Random(seed)):
            evidence = weigh(evidence, batch, POLICY.promise)
            verdict = judge(evidence, POLICY.promise, 0).kind
            if verdict is not VerdictKind.INCONCLUSIVE:
                break
        assert verdict == expected, seed
