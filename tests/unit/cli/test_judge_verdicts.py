"""`steelyard judge`: its verdicts are those of the evidence, on the same counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from math import inf, log
from pathlib import Path

from steelyard.evidence import (
    OTHER,
    Arm,
    Batch,
    Guardrail,
    Labels,
    Promise,
    SegmentCounts,
    Verdict,
    begin,
    judge,
    weigh,
)
from steelyard.rollout.policy import Policy
from tests.unit.cli.judged import BOUNDS, Object, as_line, judged, some_batches, written


def of_core(batches: Sequence[Batch], promise: Promise, step: int) -> list[Verdict]:
    """What the evidence says after each batch."""
    evidence, verdicts = begin(promise), []
    for batch in batches:
        evidence = weigh(evidence, batch, promise)
        verdicts.append(judge(evidence, promise, step))
    return verdicts


def assert_same(answer: Object, verdict: Verdict) -> None:
    assert answer["verdict"] == verdict.kind
    assert answer["log_evidence"] == verdict.log_evidence
    assert answer["log_threshold"] == verdict.log_threshold
    carrier = verdict.carried_by
    said = answer["carried_by"] and (
        answer["carried_by"]["metric"],
        answer["carried_by"].get("segment"),
    )
    assert said == (carrier and (carrier.metric, carrier.segment))
    assert answer["odds_ratio"] == {
        metric: [low, None if high == inf else high]
        for metric, (low, high) in verdict.odds_ratios.items()
    }
    found = verdict.requests_to_find.get("errors", {})
    assert answer["forecast_requests"] == {key: found.get(key) for key in ("1.2", "1.5", "2")}
    assert answer["requests_to_pass"] == verdict.requests_to_pass
    assert tuple(answer["unproven"]) == verdict.unproven
    assert answer["segments"] == verdict.segments
    assert answer["phi"] == verdict.phi
    assert tuple(answer["doubts"]) == verdict.doubts


def with_other(batch: Batch, named: Sequence[str]) -> Batch:
    """The batch with segments that are not named counted as `other`."""

    def one(counts: Arm) -> Arm:
        labels = {name: counts.labels[name] for name in named}
        rest = [labels for name, labels in counts.labels.items() if name not in named]
        labels[OTHER] = Labels(sum(r.labels for r in rest), sum(r.wrong for r in rest))
        by_errors = {name: counts.segments[name] for name in named}
        others = [one for name, one in counts.segments.items() if name not in named]
        by_errors[OTHER] = SegmentCounts(
            sum(r.requests for r in others), sum(r.errors for r in others)
        )
        return replace(counts, labels=labels, segments=by_errors)

    return replace(batch, stable=one(batch.stable), canary=one(batch.canary))


def test_verdicts_are_those_of_the_evidence_by_a_policy(tmp_path: Path) -> None:
    policy = Policy(
        steps=(2, 20),
        step_odds=(3.0, 1.5),
        guardrails=(
            Guardrail("errors", 0.5, margin=1.1),
            Guardrail("labels", 0.5, absolute_margin=None),
        ),
        segments=("de", "fr"),
        metric_lag=timedelta(seconds=30),
    )
    batches = some_batches(1, 30, lambda _: 6.5)
    run = judged([as_line(one, BOUNDS) for one in batches], "--policy", written(tmp_path))
    as_weighed = [
        replace(
            with_other(one, policy.segments),
            stable=replace(with_other(one, policy.segments).stable, latency=()),
            canary=replace(with_other(one, policy.segments).canary, latency=()),
        )
        for one in batches
    ]
    expected = of_core(as_weighed, policy.promise, step=0)
    assert run.code == 0
    for answer, verdict in zip(run.verdicts, expected, strict=True):
        assert_same(answer, verdict)
    assert "line 1: latency: no guardrail is about it, so it is ignored" in run.said
    assert run.said.count("ignored") == 1


def test_verdicts_are_those_of_the_evidence_without_margins() -> None:
    batches = some_batches(2, 30, lambda _: 6.0)
    run = judged([as_line(one, BOUNDS) for one in batches], "--margin-free", "--alpha", "0.002")
    guardrails = tuple(
        Guardrail(metric, weight, margin=1.0, absolute_margin=None)
        for metric, weight in (("errors", 0.4), ("labels", 0.3), ("latency", 0.3))
    )
    promise = Promise(0.002, 0.05, guardrails, Policy().step_odds, ("de", "fr", "pt"))
    for answer, verdict in zip(run.verdicts, of_core(batches, promise, step=1), strict=True):
        assert_same(answer, verdict)
    assert run.last["log_threshold"] == -log(0.002)
