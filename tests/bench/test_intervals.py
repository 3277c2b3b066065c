"""Limits for shares and medians, against closed forms and their own promise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from bench.intervals import median, share, upper_limit


@pytest.mark.parametrize(("hits", "runs"), [(0, 10), (3, 40), (40, 4000), (10, 10)])
def test_share_has_clopper_and_pearsons_limits(hits: int, runs: int) -> None:
    value, low, high = share(hits, runs)
    expected = binomtest(hits, runs).proportion_ci(0.95, method="exact")
    assert value == hits / runs
    assert (low, high) == pytest.approx((expected.low, expected.high))


def test_upper_limit_of_no_hit_is_the_closed_form() -> None:
    assert upper_limit(0, 4000) == pytest.approx(1 - 0.05 ** (1 / 4000))
    assert upper_limit(5, 5) == 1


def test_upper_limit_leaves_just_five_percent_below() -> None:
    limit = upper_limit(33, 4000)
    assert binom.cdf(33, 4000, limit) == pytest.approx(0.05)


def test_median_counts_what_never_comes_as_infinite() -> None:
    values = np.array([1.0, 2.0, 3.0, np.inf, np.inf, np.inf, np.inf])
    assert median(values).value == np.inf
    assert median(values[:5]).value == 3.0
    assert median(np.array([1.0, 2.0])).value == 1.5


def test_median_of_few_values_has_no_limits() -> None:
    assert median(np.array([4.0, 5.0])) == (4.5, -np.inf, np.inf)


@pytest.mark.parametrize("runs", [30, 41, 200])
def test_limits_of_a_median_hold_it_as_often_as_said(runs: int) -> None:
    rng = np.random.default_rng(runs)
    limits = [median(rng.exponential(size=runs)) for _ in range(2000)]
    held = np.mean([low <= np.log(2) <= high for _, low, high in limits])
    exact = 1 - 2 * binom.cdf(int(binom.ppf(0.025, runs, 0.5)) - 1, runs, 0.5)
    assert exact >= 0.95
    assert held == pytest.approx(exact, abs=0.02)
