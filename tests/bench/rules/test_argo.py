"""Argo's analysis comes out as the product's own tests say, and aborts when it fails."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan, nan
from typing import Any

import numpy as np
import pytest

from bench.rules.argo import Answer, Argo, Limits, Phase, Tally, assess_metric, evaluate
from tests.bench.rules.traffic import first_rollback, look
from tests.bench.rules.vectors import vectors

FACTS = vectors("argo_analysis")
PHASES = {
    "Running": Phase.RUNNING,
    "Successful": Phase.SUCCESSFUL,
    "Failed": Phase.FAILED,
    "Inconclusive": Phase.INCONCLUSIVE,
    "Error": Phase.ERROR,
}
LIMITS = {
    "failureLimit": "failure",
    "inconclusiveLimit": "inconclusive",
    "consecutiveSuccessLimit": "consecutive_success",
    "count": "count",
}
TALLIES = {
    "count": "count",
    "successful": "successful",
    "failed": "failed",
    "inconclusive": "inconclusive",
    "consecutiveError": "consecutive_error",
    "consecutiveSuccess": "consecutive_success",
}
EXPRESSIONS: dict[str, Callable[[Any], Answer]] = {
    "": lambda _: Answer.ABSENT,
    "true": lambda _: Answer.TRUE,
    "false": lambda _: Answer.FALSE,
    "<invalid reference>": lambda _: Answer.INVALID,
    "result >= 0.95": lambda result: Answer(result >= 0.95),
    "result < 0.95": lambda result: Answer(result < 0.95),
    "isNaN(result) || result >= 0.95": lambda result: Answer(isnan(result) or result >= 0.95),
    "len(result) == 0 || result[0] >= 0.95": lambda result: Answer(not result or result[0] >= 0.95),
    "len(result) > 0 && result[0] >= 0.95": lambda result: Answer(
        bool(result) and result[0] >= 0.95
    ),
}


def tally(counts: dict[str, int]) -> Tally:
    return Tally(**{ours: np.array(counts.get(name, 0)) for name, ours in TALLIES.items()})


@pytest.mark.parametrize("case", FACTS["assess_metric_status"])
def test_status_vector_comes_out_as_the_product_says(case: dict[str, Any]) -> None:
    limits = Limits(**{LIMITS[name]: value for name, value in case["metric"].items()})
    found = assess_metric(limits, tally(case["result"]), terminating=case["terminating"])
    assert Phase(int(found)) is PHASES[case["expected_phase"]]


@pytest.mark.parametrize("case", FACTS["evaluate_measurement"])
def test_measurement_vector_comes_out_as_the_product_says(case: dict[str, Any]) -> None:
    results: dict[str | None, Any] = {"NaN": nan, "[]": [], None: None}
    result = results[case.get("result")]
    answers = (EXPRESSIONS[case[condition]](result) for condition in ("success", "failure"))
    assert Phase(int(evaluate(*answers))) is PHASES[case["expected"]]


def test_tally_counts_streaks_and_leaves_errors_out() -> None:
    found = tally({})
    for phase in (
        Phase.SUCCESSFUL,
        Phase.SUCCESSFUL,
        Phase.ERROR,
        Phase.FAILED,
        Phase.INCONCLUSIVE,
    ):
        found = found.after(np.array(phase))
    assert (int(found.count), int(found.successful), int(found.failed)) == (4, 2, 1)
    assert (int(found.consecutive_success), int(found.consecutive_error)) == (0, 0)
    for _ in range(5):
        found = found.after(np.array(Phase.ERROR))
    assert (int(found.count), int(found.consecutive_error)) == (4, 5)


DEFAULT = Argo(name="default")


def test_canary_that_fails_each_measurement_is_aborted_at_the_fourth() -> None:
    assert first_rollback(DEFAULT, [look(minute, (100, 6)) for minute in range(1, 40)]) == 20


def test_canary_within_the_condition_stays() -> None:
    assert first_rollback(DEFAULT, [look(minute, (100, 5)) for minute in range(1, 200)]) is None


def test_measurement_without_requests_fails() -> None:
    assert first_rollback(DEFAULT, [look(minute, (0, 0)) for minute in range(1, 40)]) == 20


def test_inconclusive_analysis_pauses_and_does_not_roll_back() -> None:
    rule = Argo(name="both", good=0.02, bad=0.05, limits=Limits(failure=0))
    between = [look(minute, (100, 4)) for minute in range(1, 6)]
    assert first_rollback(rule, [*between, *(look(m, (100, 9)) for m in range(6, 20))]) is None
    assert first_rollback(rule, [look(minute, (100, 9)) for minute in range(1, 6)]) == 5


def test_analysis_that_has_succeeded_is_over() -> None:
    rule = Argo(name="counted", limits=Limits(count=2))
    looks = [look(minute, (100, 0 if minute <= 10 else 50)) for minute in range(1, 60)]
    assert first_rollback(rule, looks) is None
