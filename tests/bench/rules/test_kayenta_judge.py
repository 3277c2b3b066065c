"""Kayenta's judge comes out as the product's own tests say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bench.rules.kayenta_judge import Label, Metric, MetricConfig, classify, score
from bench.rules.mann_whitney import mann_whitney_interval
from tests.bench.rules.vectors import row, vectors

LABELS = {
    "Pass": Label.PASS,
    "High": Label.HIGH,
    "Low": Label.LOW,
    "Nodata": Label.NO_DATA,
    "NodataFailMetric": Label.NO_DATA_FAILS,
}
CASES = vectors("kayenta_classifier")["cases"]
REPORTED = vectors("kayenta_reported")["cases"]
SCORES = vectors("kayenta_scorer")["cases"]


def config(case: dict[str, Any]) -> MetricConfig:
    return MetricConfig(
        tolerance=case["tolerance"],
        confidence=case["conf_level"],
        direction=case["direction"].lower(),
        measure=case["effect_size_measure"],
        effect_size=tuple(case["effect_size_thresholds"]),
        critical_size=tuple(case["critical_thresholds"]),
        critical=case["is_critical"],
        replace_missing=case["nan_strategy"] == "Replace",
        must_have_data=case["must_have_data"],
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_classifier_vector_comes_out_as_the_product_says(case: dict[str, Any]) -> None:
    found = classify(row(case["control"]), row(case["experiment"]), config(case))
    assert Label(found.labels[0]) is LABELS[case["expected_classification"]]
    if case["expected_critical"] is not None:
        assert bool(found.critical[0]) is case["expected_critical"]


@pytest.mark.parametrize("case", REPORTED, ids=lambda case: case["issue"])
def test_sample_from_an_issue_comes_out_as_its_reporter_saw(case: dict[str, Any]) -> None:
    sizes: dict[str, Any] = {
        key: tuple(case[name])
        for key, name in (
            ("effect_size", "effect_size_thresholds"),
            ("critical_size", "critical_thresholds"),
        )
        if name in case
    }
    found = classify(row(case["control"]), row(case["experiment"]), MetricConfig(**sizes))
    assert Label(found.labels[0]) is LABELS[case["result"]]


@pytest.mark.parametrize("case", SCORES, ids=lambda case: case["name"])
def test_scorer_vector_comes_out_as_the_product_says(case: dict[str, Any]) -> None:
    metrics = tuple(
        Metric(LABELS[label], tuple(groups), critical)
        for label, groups, critical in case["metrics"]
    )
    assert score(metrics, case["group_weights"]) == case["expected"]


def test_required_metric_without_data_fails_its_group() -> None:
    found = classify(row([1.0, 2.0]), row([None]), MetricConfig(must_have_data=True))
    assert found.labels.tolist() == [Label.NO_DATA_FAILS]
    metrics = (Metric(Label.NO_DATA_FAILS, ("a",)), Metric(Label.PASS, ("b",)))
    assert score(metrics, {}) == 50.0


def test_half_of_the_metrics_without_data_fail_all() -> None:
    without, passed = Metric(Label.NO_DATA, ("a",)), Metric(Label.PASS, ("b",))
    assert score((without, passed), {}) == 0.0
    assert score((without, passed, passed), {}) == 100.0


@pytest.mark.parametrize(("part", "label"), [(0.99, Label.HIGH), (1.01, Label.PASS)])
def test_interval_keeps_the_tolerated_part_of_the_estimate_away(part: float, label: Label) -> None:
    control, experiment = row([1.0, 2.2, 1.1, 2.5, 3.0]), row([4.0, 6.0, 3.5, 5.1, 7.3])
    low, _, estimate = mann_whitney_interval(experiment, control, 0.98)
    config = MetricConfig(tolerance=float(part * low[0] / estimate[0]))
    assert classify(control, experiment, config).labels.tolist() == [label]


def test_many_rows_come_out_as_each_by_itself() -> None:
    rng = np.random.default_rng(3)
    control = rng.poisson(1.0, (60, 40)) / 60
    experiment = rng.poisson(2.0, (60, 40)) / 60
    control[rng.random(control.shape) < 0.1] = np.nan
    together = classify(control, experiment, MetricConfig()).labels
    alone = [
        classify(one[None], other[None], MetricConfig()).labels[0]
        for one, other in zip(control, experiment, strict=True)
    ]
    assert together.tolist() == alone
    assert set(alone) == {Label.PASS, Label.HIGH}
