"""Verdicts: what each kind of traffic makes the evidence say."""

from __future__ import annotations

import json
from math import log

import pytest

from steelyard.codec import decode, encode
from steelyard.evidence import Batch, Carrier, Evidence, VerdictKind, begin

from .scenes import (
    FAILING,
    HEALTHY,
    INCIDENT,
    PERFECT,
    PROMISE,
    SLOWER,
    UNMEASURED,
    after,
    batch,
    slowed,
    verdict_of,
)
from .simulation import promise_of


def test_no_batch_is_inconclusive_and_carried_by_nothing() -> None:
    verdict = verdict_of()
    assert verdict.kind is VerdictKind.INCONCLUSIVE
    assert verdict.log_evidence == pytest.approx({"errors": 0, "latency": 0, "total": 0}, abs=1e-12)
    assert verdict.log_threshold == pytest.approx(log(100))
    assert (verdict.carried_by, verdict.requests_to_pass) == (None, None)
    assert verdict.unproven == ("errors", "latency")


@pytest.mark.parametrize(("minute", "metric"), [(FAILING, "errors"), (SLOWER, "latency")])
def test_canary_with_many_bad_events_is_worse_and_the_metric_is_named(
    minute: Batch, metric: str
) -> None:
    verdict = verdict_of(HEALTHY, minute)
    assert verdict.kind is VerdictKind.WORSE
    assert verdict.carried_by == Carrier(metric)
    assert verdict.log_evidence["total"] >= verdict.log_threshold
    assert verdict.requests_to_pass is None


def test_metric_with_the_most_evidence_carries_the_verdict() -> None:
    verdict = verdict_of(slowed(FAILING, by=1))
    assert verdict.log_evidence["latency"] > 0
    assert verdict.carried_by == Carrier("errors")


def test_twice_the_errors_are_worse_unless_the_margin_tolerates_them() -> None:
    twice = batch(canary_bad={"errors": 2, "slow": 2}, stable_bad={"errors": 19, "slow": 38})
    strict, lenient = (
        verdict_of(*[twice] * 100, promise=promise_of(margin=margin)) for margin in (1.0, 2.0)
    )
    assert strict.kind is VerdictKind.WORSE
    assert lenient.kind is not VerdictKind.WORSE
    assert lenient.log_evidence["total"] < 0


def test_long_health_does_not_cover_for_a_later_regression() -> None:
    fivefold = batch(canary_bad={"errors": 5, "slow": 2}, stable_bad={"errors": 19, "slow": 38})
    assert verdict_of(*[HEALTHY] * 500).unproven == ()
    assert verdict_of(*[HEALTHY] * 500, *[fivefold] * 5).unproven == ("errors",)


def test_total_is_the_weighted_sum_of_the_evidence() -> None:
    verdict = verdict_of(HEALTHY, SLOWER, HEALTHY)
    odds = {metric: 2.718281828459045**log_e for metric, log_e in verdict.log_evidence.items()}
    assert odds["total"] == pytest.approx(0.6 * odds["errors"] + 0.4 * odds["latency"])


def test_healthy_canary_passes_and_needs_more_for_a_later_step() -> None:
    hour = [HEALTHY] * 20
    assert verdict_of(*hour, step=0).kind is VerdictKind.NOT_WORSE
    assert verdict_of(*hour, step=0).unproven == ()
    later = verdict_of(*hour, step=2)
    assert later.kind is VerdictKind.INCONCLUSIVE
    assert "errors" in later.unproven
    assert verdict_of(*[HEALTHY] * 400, step=2).kind is VerdictKind.NOT_WORSE


def test_step_beyond_the_last_uses_the_last_ones_odds() -> None:
    hour = [HEALTHY] * 20
    assert verdict_of(*hour, step=9) == verdict_of(*hour, step=2)


def test_incident_in_both_arms_is_not_the_canarys_fault() -> None:
    verdict = verdict_of(*[HEALTHY] * 3, *[INCIDENT] * 30)
    assert verdict.kind is not VerdictKind.WORSE
    assert verdict.log_evidence["total"] < 1


def test_canary_without_any_error_passes_by_the_absolute_margin_at_about_600_requests() -> None:
    promise = promise_of(absolute_margin=0.005)
    kinds = [verdict_of(*[PERFECT] * minutes, promise=promise).kind for minutes in range(9, 13)]
    assert kinds[0] is VerdictKind.INCONCLUSIVE
    assert kinds[-1] is VerdictKind.NOT_WORSE


def test_absolute_margin_passes_a_canary_whatever_the_ratio() -> None:
    """2 of 6,000 against 1 of 114,000: far more, and far below half a percent."""
    one_each = batch(canary_bad={"errors": 1, "slow": 0}, stable_bad={"errors": 1, "slow": 0})
    one_more = batch(canary_bad={"errors": 1, "slow": 0}, stable_bad={"errors": 0, "slow": 0})
    minutes = [PERFECT] * 33 + [one_each] + [PERFECT] * 33 + [one_more] + [PERFECT] * 32
    verdict = verdict_of(*minutes, promise=promise_of(margin=3.0, absolute_margin=0.005))
    assert verdict.kind is VerdictKind.NOT_WORSE


def test_without_an_absolute_margin_no_errors_at_all_prove_nothing() -> None:
    verdict = verdict_of(*[PERFECT] * 50, promise=promise_of())
    assert verdict.kind is VerdictKind.INCONCLUSIVE
    assert verdict.requests_to_pass is None


def test_one_unproven_guardrail_holds_the_step() -> None:
    slow_only = batch(canary_bad={"errors": 0, "slow": 2}, stable_bad={"errors": 0, "slow": 19})
    verdict = verdict_of(*[slow_only] * 20, step=2)
    assert verdict.kind is VerdictKind.INCONCLUSIVE
    assert verdict.unproven == ("latency",)


def test_unmeasured_metric_is_not_taken_for_zero() -> None:
    evidence, nothing = after(*[UNMEASURED] * 100), begin(PROMISE)
    assert (evidence.guards, evidence.harm) == (nothing.guards, nothing.harm)
    assert (evidence.segments, evidence.latency) == (nothing.segments, nothing.latency)
    errors_only = batch(canary_bad={"errors": 0}, stable_bad={"errors": 0})
    assert verdict_of(*[errors_only] * 100).unproven == ("latency",)


@pytest.mark.parametrize(
    ("canary", "stable", "percent"), [(0, 1000, 0), (0, 0, 5), (1000, 0, 100), (5000, 0, 95)]
)
def test_empty_arm_says_nothing_about_the_ratio(canary: int, stable: int, percent: int) -> None:
    bad = {"errors": canary // 2, "slow": canary // 2}
    stable_bad = {"errors": stable // 2, "slow": stable // 2}
    one = batch(
        canary=canary, stable=stable, canary_bad=bad, stable_bad=stable_bad, percent=percent
    )
    verdict = verdict_of(*[one] * 20)
    assert verdict.kind is VerdictKind.INCONCLUSIVE
    assert verdict.log_evidence["total"] == pytest.approx(0, abs=1e-12)


def test_holdback_weighs_a_small_stable_like_a_small_canary() -> None:
    failing = batch(
        canary=1140, stable=60, percent=95,
        canary_bad={"errors": 114, "slow": 38}, stable_bad={"errors": 1, "slow": 2},
    )  # fmt: skip
    healthy = batch(
        canary=1140, stable=60, percent=95,
        canary_bad={"errors": 19, "slow": 38}, stable_bad={"errors": 1, "slow": 2},
    )  # fmt: skip
    assert verdict_of(*[failing] * 5, step=9).kind is VerdictKind.WORSE
    assert verdict_of(*[healthy] * 400, step=9).kind is VerdictKind.NOT_WORSE


def test_evidence_outlives_a_change_of_share() -> None:
    raised = batch(
        canary=120, stable=1080, percent=10,
        canary_bad={"errors": 2, "slow": 4}, stable_bad={"errors": 18, "slow": 36},
    )  # fmt: skip
    assert verdict_of(*[HEALTHY] * 10, FAILING, raised).kind is VerdictKind.WORSE


def test_evidence_comes_back_from_json_as_it_was() -> None:
    evidence = after(*[HEALTHY] * 3, FAILING, PERFECT)
    text = json.dumps(encode(evidence), allow_nan=False)
    assert decode(Evidence, json.loads(text)) == evidence
    assert json.dumps(encode(decode(Evidence, json.loads(text)))) == text
