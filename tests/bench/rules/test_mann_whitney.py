"""The interval that Kayenta rests on is R's and the product's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, norm

from bench.rules.mann_whitney import mann_whitney_interval, shift
from tests.bench.rules.vectors import row, vectors

CASES = vectors("kayenta_mann_whitney")["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_interval_vector_comes_out_as_the_product_says(case: dict[str, Any]) -> None:
    low, high, estimate = mann_whitney_interval(
        row(case["experiment"]), row(case["control"]), case["conf_level"]
    )
    assert low[0] == pytest.approx(case["expected_ci_low"], abs=1e-6)
    assert high[0] == pytest.approx(case["expected_ci_high"], abs=1e-6)
    assert estimate[0] == pytest.approx(case["expected_estimate"], abs=1e-4)


def test_statistic_passes_a_level_where_scipy_says_so() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.normal(1.0, 1.0, (4, 30)), rng.normal(0.0, 1.0, (4, 25))
    for level in (-1.0, 0.5, 2.0):
        for found, one, other in zip(shift(x, y, level), x, y, strict=True):
            # Up to the solver's tolerance the statistic is above the level before, below after.
            before, after = (
                norm.isf(
                    mannwhitneyu(one - mu, other, alternative="greater", method="asymptotic").pvalue
                )
                for mu in (found - 2e-4, found + 2e-4)
            )
            # scipy corrects for continuity in one direction only.
            assert before + 0.05 >= level >= after - 0.05


def test_values_missing_are_as_values_that_were_never_there() -> None:
    x, y = row([3.0, 5.0, 1.0, 4.0]), row([2.0, 2.5, 0.5])
    gappy = row([3.0, None, 5.0, 1.0, None, 4.0]), row([None, 2.0, 2.5, 0.5])
    whole = mann_whitney_interval(x, y, 0.9)
    assert np.array_equal(mann_whitney_interval(*gappy, 0.9), whole)
