"""What was not counted can't be replayed: it is left out, and said."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from math import exp, log

import pytest

from cli.problems import Problem
from cli.replay_evidence import weighings
from cli.replay_limits import differences, replayable
from steelyard.evidence import Guardrail
from steelyard.rollout.policy import Policy
from tests.unit.cli.replayed import OTHER, past, played, said, with_latency
from tests.unit.cli.told import WEIGHED, Told
from tests.unit.rollout.scenes import MINUTE, POLICY

ERRORS, LATENCY = POLICY.guardrails
ALONE = replace(ERRORS, weight=1.0)
LABELLED = replace(WEIGHED, segments=("networking", "text", "new"))


@pytest.mark.parametrize(
    ("own", "other", "missing", "metrics"),
    [
        (POLICY, with_latency(margin=1.3), "counted at a margin of 1.1;", ["errors"]),
        (
            POLICY,
            replace(POLICY, slow_after=timedelta(seconds=2)),
            "latency: counted with slow_after 0:00:01, not 0:00:02;",
            ["errors"],
        ),
        (
            WEIGHED,
            replace(POLICY, metric_lag=WEIGHED.metric_lag),
            "latency: the rollout had no guardrail on it, so it was not",
            ["errors"],
        ),
        (
            replace(POLICY, metric_lag=WEIGHED.metric_lag),
            WEIGHED,
            "labels: the rollout had no guardrail on it, so it was not",
            ["errors"],
        ),
        (WEIGHED, LABELLED, "segments new: labels were not counted by them", ["errors", "labels"]),
        (
            POLICY,
            replace(POLICY, metric_lag=MINUTE),
            "metric_lag: minutes were read when they were, by 0:00:00, not 0:01:00",
            ["errors", "latency"],
        ),
        (
            POLICY,
            replace(POLICY, canary_instances=3),
            "canary_instances: the canary had the instances that it had, by null, not 3",
            ["errors", "latency"],
        ),
        (
            POLICY,
            replace(POLICY, first_step="auto"),
            "first_step: traffic was not read before the first step; taken as 10 %",
            ["errors", "latency"],
        ),
    ],
)
def test_what_was_not_counted_is_said_and_left_out(
    own: Policy, other: Policy, missing: str, metrics: list[str]
) -> None:
    found = replayable(own, other, OTHER)
    assert missing in " ".join(found.missing)
    assert len(found.missing) == 1
    assert [guardrail.metric for guardrail in found.asked.guardrails] == metrics
    assert (found.given, found.asked.first_step) == (other, None)


@pytest.mark.parametrize(
    ("own", "other"),
    [
        (POLICY, with_latency(weight=0.4, absolute_margin=0.3)),
        (POLICY, replace(POLICY, guardrails=(ALONE,), slow_after=MINUTE)),
        (POLICY, replace(POLICY, guardrails=(replace(ALONE, margin=1.3),))),
        (replace(POLICY, guardrails=(replace(LATENCY, weight=1.0),)), POLICY),
        (replace(POLICY, first_step="auto"), POLICY),
        (replace(POLICY, first_step="auto"), replace(POLICY, first_step="auto", alpha=0.1)),
    ],
    ids=[
        "absolute margin", "no latency at all", "margin on errors", "errors are always counted",
        "first step by hand", "first step by traffic",
    ],
)  # fmt: skip
def test_what_the_counts_can_tell_is_replayed_in_full(own: Policy, other: Policy) -> None:
    found = replayable(own, other, OTHER)
    assert (found.asked, found.missing) == (other, ())


def test_policy_of_which_nothing_was_counted_is_refused() -> None:
    only = replace(POLICY, guardrails=(Guardrail("latency", 1.0, margin=1.5),))
    with pytest.raises(Problem, match=r"none of the guardrails of other\.yaml .*; latency: the"):
        replayable(POLICY, only, OTHER)


def test_rest_is_worse_exactly_when_its_weighted_evidence_alone_reaches_the_threshold() -> None:
    other = with_latency(margin=1.3)
    asked = replayable(POLICY, other, OTHER).asked
    looks = weighings(past(played(bad=0.03).entries), asked)
    assert len(looks) > 3
    for look in looks:
        errors = ERRORS.weight * exp(look.verdict.log_evidence["errors"])
        assert look.total - look.verdict.log_threshold == pytest.approx(log(errors * other.alpha))


def test_metrics_that_are_left_keep_their_proportions_and_their_part_of_alpha() -> None:
    labels = Guardrail("labels", 0.3, absolute_margin=None)
    weighed = (replace(ERRORS, weight=0.2), labels, replace(LATENCY, weight=0.5))
    own = replace(WEIGHED, guardrails=weighed)
    other = replace(own, guardrails=(*weighed[:2], replace(weighed[2], margin=1.5)))
    asked = replayable(own, other, OTHER).asked
    assert [guardrail.weight for guardrail in asked.guardrails] == pytest.approx([0.4, 0.6])
    assert asked.alpha == pytest.approx(0.5 * other.alpha)
    assert asked.segments == other.segments


def test_replay_says_it_beside_the_decisions() -> None:
    found = said(played(bad=0.03), replace(with_latency(margin=1.3), alpha=0.3))
    assert "latency.margin 1.1 → 1.3" in found
    missing = "latency: the canary's bands were counted at a margin of 1.1; left out"
    assert f"Can't be replayed: {missing}" in found
    assert "a rollback may only come earlier than shown, and an advance later" in found
    assert "proven under other.yaml for odds below 3 for odds below 2 errors" in found


def test_differences_are_named_by_key_and_by_metric() -> None:
    other = replace(WEIGHED, alpha=0.02, keep_loser=None)
    found = differences(POLICY, other)
    assert found["alpha"] == ("0.01", "0.02")
    assert found["keep_loser"] == ("1 day, 0:00:00", "null")
    assert found["segments"] == ("none", "networking, text")
    assert found["latency.margin"] == ("1.1", "none")
    assert found["labels.absolute_margin"] == ("none", "null")
    assert "errors.margin" not in found
    assert differences(POLICY, POLICY) == {}


def test_every_key_of_a_policy_is_either_replayed_or_told() -> None:
    """A new key of `Policy` must be thought about here: what is read, or made, by it?"""
    by_machine = {
        "steps", "step_odds", "alpha", "beta", "bake", "least_requests", "discard", "warm_up",
        "holdback_percent", "holdback", "deadline", "provision_timeout", "settle",
    }  # fmt: skip
    told = {"guardrails", "segments", "slow_after", "metric_lag", "canary_instances", "first_step"}
    after_the_end = {"keep_loser", "collect_after"}
    assert {field.name for field in fields(Policy)} == by_machine | told | after_the_end


def test_rollout_without_a_minute_of_traffic_is_replayed_too() -> None:
    assert "They do not part" in said(Told().ramping(), with_latency(margin=1.3))
