"""A policy whose numbers don't fit together is refused, by name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from steelyard.errors import InvalidPolicy
from steelyard.evidence import Guardrail
from steelyard.rollout.policy import Policy

ERRORS = Guardrail("errors", 0.6)

LABELS: dict[str, Any] = {"guardrails": (Guardrail("labels", 1.0),)}
MANY = tuple(f"s{number}" for number in range(51))

BAD: tuple[tuple[dict[str, Any], str], ...] = (
    ({"steps": ()}, "steps: got (), accepted: at least one percentage"),
    ({"steps": (0, 5)}, "steps: got (0, 5), accepted: whole percentages, 1 to 99"),
    ({"steps": (5, 100)}, "steps: got (5, 100), accepted: whole percentages, 1 to 99"),
    ({"steps": (5, 5)}, "steps: got (5, 5), accepted: rising percentages"),
    ({"steps": (10, 5)}, "steps: got (10, 5), accepted: rising percentages"),
    ({"step_odds": (2.0,)}, "step_odds: got (2.0,), accepted: 5 odds ratios (one a step)"),
    ({"step_odds": (3.0, 3.0, 2.0, 2.0, 1.0)}, "step_odds: got (3.0, 3.0, 2.0, 2.0, 1.0)"),
    ({"alpha": 0.0}, "alpha: got 0.0, accepted: more than 0, less than 0.5"),
    ({"beta": 0.5}, "beta: got 0.5, accepted: more than 0, less than 0.5"),
    ({"beta": float("nan")}, "beta: got nan"),
    ({"guardrails": ()}, "guardrails: got [], accepted: at least one"),
    ({"guardrails": (ERRORS, ERRORS)}, "guardrails: got ['errors', 'errors'], accepted: each"),
    ({"guardrails": (ERRORS,)}, "guardrails.weight: got 0.6, accepted: weights that sum to 1"),
    ({"holdback_percent": 50}, "holdback_percent: got 50, accepted: above the last step, 50"),
    ({"holdback_percent": 100}, "holdback_percent: got 100"),
    ({"least_requests": 0}, "least_requests: got 0, accepted: 1 or more"),
    ({"canary_instances": 0}, "canary_instances: got 0, accepted: 1 or more, or null"),
    ({"bake": timedelta(seconds=-1)}, "bake: got datetime.timedelta(days=-1, seconds=86399)"),
    ({"slow_after": timedelta(0)}, "slow_after: got datetime.timedelta(0), accepted: at least"),
    ({"deadline": timedelta(0)}, "deadline: got datetime.timedelta(0)"),
    ({"deadline": timedelta(minutes=12)}, "deadline: got datetime.timedelta(seconds=720), acc"),
    ({"keep_loser": timedelta(-1)}, "keep_loser: got datetime.timedelta(days=-1), accepted: 0 or"),
    ({"segments": ("de",)}, "segments: got ('de',), accepted: segments only with a guardrail"),
    (LABELS | {"segments": ("de", "de")}, "segments: got ('de', 'de'), accepted: each once"),
    (LABELS | {"segments": ("other",)}, "segments: got 'other', accepted: lower-case"),
    (LABELS | {"segments": ("De",)}, "segments: got 'De', accepted: lower-case letters"),
    (LABELS | {"segments": MANY}, "segments: got 51, accepted: at most 50"),
    (LABELS | {"metric_lag": timedelta(seconds=29)}, "metric_lag: got datetime.timedelta(seconds"),
)


@pytest.mark.parametrize(("changes", "message"), BAD, ids=[row[1][:30] for row in BAD])
def test_policy_that_does_not_fit_together_is_refused(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        Policy(**changes)
    assert message in str(caught.value)


def test_policy_without_any_words_is_the_documented_default() -> None:
    policy = Policy()
    assert policy.steps == (1, 5, 10, 25, 50)
    assert (policy.promise.alpha, policy.promise.beta) == (0.01, 0.05)
    assert policy.promise.step_odds == policy.step_odds


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metric": "slow"}, "metric: got 'slow', accepted: one of errors, labels, latency"),
        ({"weight": 0.0}, "weight: got 0.0, accepted: more than 0, at most 1"),
        ({"margin": 0.9}, "margin: got 0.9, accepted: 1 or more"),
        ({"absolute_margin": 1.0}, "absolute_margin: got 1.0, accepted: between 0 and 1"),
    ],
)
def test_guardrail_out_of_bounds_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        Guardrail(**{"metric": "errors", "weight": 1.0, **changes})
    assert message in str(caught.value)
