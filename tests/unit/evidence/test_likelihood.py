"""Exact checks of the canary's own rate: every outcome of small batches; and sums in logs."""

from __future__ import annotations

from math import exp, isfinite, isinf, log, log1p

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from steelyard.evidence.likelihood import Table, log_sum, rate_log_ratio

from .exact import CLOSE, any_table, binomial_mass


@pytest.mark.parametrize("rate", [0.005, 0.006, 0.5, 1.0])
def test_rate_at_or_above_the_margin_gives_a_mean_of_at_most_one(rate: float) -> None:
    for part in (0.001, 0.4):
        value = sum(
            binomial_mass(bad, 20, rate) * exp(rate_log_ratio(20, bad, 0.005, part))
            for bad in range(21)
        )
        assert value <= 1 + CLOSE
        if rate == 0.005:
            assert value == pytest.approx(1, abs=CLOSE)


def test_rate_that_is_bet_on_gives_a_mean_above_one() -> None:
    value = sum(
        binomial_mass(bad, 20, 0.1) * exp(rate_log_ratio(20, bad, 0.2, 0.5)) for bad in range(21)
    )
    assert value > 1


def test_good_requests_alone_gain_by_the_log_of_the_good_rates() -> None:
    assert rate_log_ratio(100, 0, 0.005, 0.1) == pytest.approx(
        100 * (log1p(-0.0005) - log1p(-0.005))
    )


@given(any_table(), st.floats(0.0001, 0.999), st.floats(0.0001, 0.999))
@example(Table(10**18, 10**18 - 1, 5, 1), 0.005, 0.001)
def test_any_counts_give_a_finite_ratio_that_each_bad_event_lowers(
    table: Table, margin: float, part: float
) -> None:
    before = rate_log_ratio(table.canary_requests, table.canary_bad, margin, part)
    assert isfinite(before)
    worse = rate_log_ratio(table.canary_requests, table.canary_bad + 1, margin, part)
    assert worse <= before


@pytest.mark.parametrize(
    ("table", "silent"),
    [
        (Table(0, 0, 9, 9), True),
        (Table(9, 9, 0, 0), True),
        (Table(0, 0, 0, 0), True),
        (Table(9, 0, 9, 0), True),
        (Table(9, 0, 9, 1), False),
        (Table(9, 1, 9, 0), False),
    ],
)
def test_empty_arm_or_no_bad_event_says_nothing(table: Table, silent: bool) -> None:  # noqa: FBT001 - a case
    assert table.silent is silent


def test_sum_in_logs_neither_overflows_nor_loses_the_empty_sum() -> None:
    assert log_sum((1e6, 1e6)) == pytest.approx(1e6 + log(2))
    assert log_sum((-1e6, -1e6)) == pytest.approx(-1e6 + log(2))
    assert isinf(log_sum(()))
