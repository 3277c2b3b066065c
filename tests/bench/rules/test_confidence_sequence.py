"""The confidence sequence is GrowthBook's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bench.rules.confidence_sequence import (
    ConfidenceSequence,
    Effect,
    Sample,
    effect,
    sequential_interval,
)
from tests.bench.rules.traffic import drawn, first_rollback, look, rolled_back
from tests.bench.rules.vectors import vectors

FACTS = vectors("growthbook_frequentist")
SEQUENTIAL = [case for case in FACTS["cases"] if case["test"].startswith("Sequential")]


def sample(arm: dict[str, Any]) -> Sample:
    mean, count = arm["sum"] / arm["n"], arm["n"]
    if arm["type"] == "proportion":
        variance = mean * (1 - mean)
    else:
        variance = (arm["sum_squares"] - arm["sum"] ** 2 / count) / (count - 1)
    return Sample(*(np.array([float(each)]) for each in (mean, variance, count)))


def measured(case: dict[str, Any]) -> Effect:
    return effect(sample(case["a"]), sample(case["b"]), case["difference"])


def interval(case: dict[str, Any], alpha: float) -> tuple[float, float]:
    low, high = sequential_interval(
        measured(case),
        np.array([float(case["a"]["n"] + case["b"]["n"])]),
        alpha=alpha,
        tuning=case["tuning"],
        one_sided="OneSided" in case["test"],
    )
    return float(low[0]), float(high[0])


@pytest.mark.parametrize("case", FACTS["cases"])
def test_effect_vector_comes_out_as_the_product_says(case: dict[str, Any]) -> None:
    found = measured(case)
    assert found.estimate[0] == pytest.approx(case["expected"]["effect"], abs=5e-6)
    if "stddev" in case["expected"]:
        assert found.variance[0] ** 0.5 == pytest.approx(case["expected"]["stddev"], abs=5e-6)


@pytest.mark.parametrize("case", SEQUENTIAL)
def test_interval_vector_comes_out_as_the_product_says(case: dict[str, Any]) -> None:
    ends = zip(interval(case, FACTS["meta"]["alpha"]), case["expected"]["ci"], strict=True)
    for found, expected in ends:
        if expected is not None:
            assert found == pytest.approx(expected, abs=5e-6)


def test_few_observations_are_not_judged() -> None:
    rule = ConfidenceSequence("c", kind="absolute")
    assert first_rollback(rule, [look(1, (29, 28), (2000, 20))]) is None
    assert first_rollback(rule, [look(1, (30, 29), (2000, 20))]) == 1
    assert first_rollback(rule, [look(1, (30, 30), (2000, 20))]) is None


def test_no_error_in_one_arm_is_not_judged() -> None:
    rule = ConfidenceSequence("c")
    assert first_rollback(rule, [look(1, (2000, 1500), (2000, 0))]) is None
    assert first_rollback(rule, [look(1, (2000, 1500), (2000, 20))]) == 1


def test_absolute_difference_can_be_chosen() -> None:
    rule = ConfidenceSequence("c", kind="absolute")
    assert first_rollback(rule, [look(1, (2000, 200), (20_000, 200))]) == 1
    assert first_rollback(rule, [look(1, (2000, 20), (20_000, 2000))]) is None


def test_level_is_kept_over_many_looks() -> None:
    assert rolled_back(ConfidenceSequence("c"), drawn(400, 200), 400).mean() <= 0.02
    assert rolled_back(ConfidenceSequence("c"), drawn(100, 200, ratio=2.0), 100).mean() > 0.9
