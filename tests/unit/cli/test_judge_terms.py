"""cli/judging/terms.py: what lines are held to, with a policy and without."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.judged import POLICY, Object, arm, judged, line, written


def test_latency_by_default_is_weighed_with_its_margin() -> None:
    """The canary is 1.1 times as slow, in buckets that are steps of 1.1."""
    bounds = [round(10_000 * 1.1**power) for power in range(8)]
    stable = arm(700, latency_us=[[bound, 100] for bound in bounds[:-1]] + [[bounds[-1], 0]])
    slower = arm(70, latency_us=[[bounds[0], 0]] + [[bound, 10] for bound in bounds[1:]])
    lines = [line(number, stable, slower) for number in range(60)]
    within = judged(lines).last
    without = judged(lines, "--margin-free").last
    assert within["log_evidence"]["latency"] < 0
    assert without["verdict"] == "WORSE"
    assert without["carried_by"] == {"metric": "latency"}


@pytest.mark.parametrize(
    ("stable", "canary", "weights"),
    [
        (arm(9, 0), arm(9, 0), {"errors"}),
        (arm(9, latency_us=[[5, 9]]), arm(9, 0, latency_us=[[5, 9]]), {"latency"}),
        (arm(9, 0, latency_us=[[5, 9]]), arm(0), {"errors", "latency"}),
        (
            arm(9, 0, segments={"de": {"labels": 5, "bad": {"wrong_labels": 1}}}),
            arm(9, 0, segments={"fr": {"labels": 5, "bad": {"wrong_labels": 1}}}),
            {"errors", "labels"},
        ),
    ],
)
def test_without_a_policy_the_first_line_says_what_is_weighed(
    stable: Object, canary: Object, weights: set[str]
) -> None:
    everything = arm(9, 0, latency_us=[[5, 9]])
    run = judged([line(0, stable, canary), line(1, everything, everything)])
    assert {*run.last["log_evidence"]} == {*weights, "total"}
    # The shares of the evidence sum to one: with nothing learnt, its total is ln 1.
    assert run.verdicts[0]["log_evidence"]["total"] <= 1e-9


def test_errors_by_segment_alone_are_weighed_and_named() -> None:
    def of(requests: int, errors: int) -> Object:
        one = {"requests": requests, "bad": {"errors": errors}}
        return arm(2 * requests, errors, segments={"DE": one, "fr": {"requests": requests}})

    run = judged([line(n, of(475, 4), of(25, 9)) for n in range(3)])
    assert run.last["carried_by"] == {"metric": "errors", "segment": "DE"}
    assert set(run.last["segments"]["errors"]) == {"DE"}


def test_forecast_is_of_the_first_guardrail_where_none_is_on_errors() -> None:
    labels = {"labels": 100, "bad": {"wrong_labels": 30}}
    run = judged([line(n, arm(950) | labels, arm(50) | labels) for n in range(3)])
    assert all(requests > 0 for requests in run.last["forecast_requests"].values())


def test_without_margins_and_for_labels_no_rate_is_good_enough_by_itself() -> None:
    """Without a bad event there is no ratio; only an absolute margin is proved by that."""
    labels = {"labels": 900, "bad": {"errors": 0, "wrong_labels": 0}}
    lines = [line(0, arm(19_000) | labels, arm(1000) | labels)]
    assert judged(lines).last["unproven"] == ["labels"]
    assert judged(lines, "--margin-free").last["unproven"] == ["errors", "labels"]


def test_first_line_without_anything_to_weigh_is_refused() -> None:
    run = judged([line(0, arm(9), arm(9, 0))])
    assert (run.code, run.verdicts) == (2, [])
    assert "line 1: got nothing that is measured in both arms, accepted: bad.errors" in run.said


def test_more_segments_than_evidence_is_kept_of_are_refused_without_a_policy() -> None:
    labels = {f"s{n}": {"labels": 1, "bad": {"wrong_labels": 0}} for n in range(51)}
    run = judged([line(0, arm(9, 0, segments=labels), arm(9, 0))])
    assert run.code == 2
    assert "stable.segments: got 51 segments, accepted: at most 50, or a --policy" in run.said


@pytest.mark.parametrize(
    ("percent", "odds"), [(0, 3), (1, 3), (2, 3), (19.9, 3), (20, 1.5), (95, 1.5), (100, 1.5)]
)
def test_not_worse_is_judged_at_the_step_of_the_share(
    tmp_path: Path, percent: float, odds: float
) -> None:
    """Counts that rule out an odds ratio of 3, and not one of 1.5."""
    labels = {"labels": 100, "bad": {"errors": 50, "wrong_labels": 50}}
    batches = [line(n, arm(100) | labels, arm(100) | labels, percent) for n in range(2)]
    unproven = judged(batches, "--policy", written(tmp_path)).last["unproven"]
    assert unproven == ([] if odds == 3 else ["errors", "labels"])


def test_requests_soon_after_a_raise_are_not_weighed_but_labels_are(tmp_path: Path) -> None:
    labels = {"labels": 10, "bad": {"errors": 5, "wrong_labels": 5}}
    shares = [5, 5, 10, 10, 10, 10, 5, 5]
    batches = [line(n, arm(50) | labels, arm(50) | labels, p) for n, p in enumerate(shares)]
    policy = written(tmp_path, POLICY.replace("discard: 0s", "discard: 2m"))
    run = judged(batches, "--policy", policy)
    assert [one["discarded"] for one in run.verdicts] == [False] * 2 + [True] * 2 + [False] * 4
    assert run.last["samples"] == {
        "errors": {"stable": 300, "canary": 300},
        "labels": {"stable": 80, "canary": 80},
    }
    before, during = run.verdicts[1]["log_evidence"], run.verdicts[2]["log_evidence"]
    assert during["errors"] == before["errors"]
    assert during["labels"] != before["labels"]
