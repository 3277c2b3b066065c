"""cli/simulating/wording.py: how a regression is worded, and what is told of one that is none."""

from __future__ import annotations

import pytest

from cli.problems import Problem
from cli.simulating.wording import Worse, regressions_of
from steelyard.evidence import Guardrail
from steelyard.rollout.policy import Policy

LABELLED = Policy(
    guardrails=(Guardrail("errors", 0.5), Guardrail("labels", 0.5, absolute_margin=None)),
    segments=("de", "fr"),
)


@pytest.mark.parametrize(
    ("text", "metric", "factor", "segment"),
    [
        ("1.5x-errors", "errors", 1.5, None),
        ("10x-errors", "errors", 10, None),
        ("3x-labels", "labels", 3, None),
        ("3x-labels@fr", "labels", 3, "fr"),
    ],
)
def test_wording_names_metric_factor_and_segment(
    text: str, metric: str, factor: float, segment: str | None
) -> None:
    assert regressions_of([text], LABELLED) == (Worse(text, metric, factor, segment),)


def test_latency_is_shifted_by_a_factor_or_has_a_tail() -> None:
    found = regressions_of(["1.25x-latency", "tail-latency"], Policy())
    assert [(one.metric, one.factor) for one in found] == [("latency", 1.25), ("latency", None)]


@pytest.mark.parametrize(
    "text",
    ["", "2x", "errors", "2-errors", "2x-error", "1x-errors", "0.5x-errors", "2x-errors@de", "2x-"],
)
def test_what_is_no_regression_is_shown_with_the_accepted_forms(text: str) -> None:
    with pytest.raises(Problem, match=r"FACTORx-errors, FACTORx-latency, .*tail-latency") as raised:
        regressions_of(["2x-errors", text], LABELLED)
    assert raised.value.what == f"--regression: got {text!r}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2x-latency", "no guardrail on latency; accepted: regressions of errors, labels"),
        ("2x-labels@it", "no segment 'it'; accepted: de, fr"),
    ],
)
def test_what_the_policy_does_not_know_is_refused(text: str, said: str) -> None:
    with pytest.raises(Problem, match=said):
        regressions_of([text], LABELLED)


def test_by_default_some_of_each_guarded_metric_are_tried() -> None:
    metrics = {one.metric for one in regressions_of([], LABELLED)}
    assert metrics == {"errors", "labels"}
    assert {one.metric for one in regressions_of([], Policy())} == {"errors", "latency"}


def test_same_regression_twice_is_tried_once() -> None:
    assert len(regressions_of(["2x-errors", "2x-errors"], Policy())) == 1
