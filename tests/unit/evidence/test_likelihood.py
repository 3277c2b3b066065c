"""Exact checks of the likelihood ratios: every outcome of small batches, summed."""

from __future__ import annotations

from math import comb, exp, isfinite, isinf, log, log1p

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from steelyard.evidence.likelihood import Table, harm_log_ratio, log_sum, rate_log_ratio

from .exact import ARMS, CLOSE, RATES, any_table, binomial_mass, mean_of
from .simulation import with_odds


@pytest.mark.parametrize("arms", ARMS)
@pytest.mark.parametrize("margin", [1.0, 1.05, 2.0])
@pytest.mark.parametrize("bad", [1, 4, 30])
def test_poisson_counts_at_the_margin_give_a_mean_of_exactly_one(
    arms: tuple[int, int], margin: float, bad: int
) -> None:
    share = margin * arms[0] / (margin * arms[0] + arms[1])
    total = sum(
        binomial_mass(k, bad, share)
        * exp(harm_log_ratio(Table(arms[0], k, arms[1], bad - k), margin, 2.3))
        for k in range(bad + 1)
    )
    assert total == pytest.approx(1, abs=CLOSE)


@pytest.mark.parametrize("arms", ARMS)
@pytest.mark.parametrize("odds", [0.2, 1.0, 1.05])
@pytest.mark.parametrize("regression", [1.25, 4.0, 20.0])
def test_canary_within_the_margin_gives_a_mean_of_at_most_one(
    arms: tuple[int, int], odds: float, regression: float
) -> None:
    for rate in RATES:
        value = mean_of(
            lambda t: harm_log_ratio(t, 1.05, regression), arms, with_odds(rate, odds), rate
        )
        assert value <= 1 + CLOSE


def test_canary_beyond_the_margin_gives_a_mean_above_one() -> None:
    assert mean_of(lambda t: harm_log_ratio(t, 1.05, 2.3), (2, 5), with_odds(0.03, 2.3), 0.03) > 1


@pytest.mark.parametrize("arms", ARMS)
def test_random_routing_of_any_failures_gives_a_mean_of_at_most_one(arms: tuple[int, int]) -> None:
    for bad in range(1, sum(arms) + 1):
        total = sum(
            comb(arms[0], k)
            * comb(arms[1], bad - k)
            / comb(sum(arms), bad)
            * exp(harm_log_ratio(Table(arms[0], k, arms[1], bad - k), 1.0, 4.0))
            for k in range(max(0, bad - arms[1]), min(bad, arms[0]) + 1)
        )
        assert total <= 1 + CLOSE


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


def test_good_requests_alone_gain_by_the_log_of_the_good_rates() -> None:
    assert rate_log_ratio(100, 0, 0.005, 0.1) == pytest.approx(
        100 * (log1p(-0.0005) - log1p(-0.005))
    )


@given(any_table(), st.floats(1, 5), st.floats(1.01, 50))
@example(Table(10**18, 10**18 - 1, 5, 1), 1.0, 3.0)
@example(Table(5, 1, 10**18, 10**18 - 1), 1.0, 3.0)
def test_any_counts_give_finite_ratios(table: Table, margin: float, regression: float) -> None:
    assert isfinite(harm_log_ratio(table, margin, regression))


@given(any_table(largest=10_000), st.floats(1, 5), st.floats(1.01, 50))
def test_one_more_bad_event_on_the_canary_raises_harm_and_on_stable_lowers_it(
    table: Table, margin: float, regression: float
) -> None:
    before = harm_log_ratio(table, margin, regression)
    canary_worse = table._replace(canary_bad=table.canary_bad + 1)
    stable_worse = table._replace(stable_bad=table.stable_bad + 1)
    assert harm_log_ratio(canary_worse, margin, regression) >= before
    assert harm_log_ratio(stable_worse, margin, regression) <= before


@given(any_table(largest=10**6), st.integers(2, 1000))
def test_batch_of_k_times_the_counts_weighs_k_times(table: Table, k: int) -> None:
    scaled = harm_log_ratio(Table(*(k * count for count in table)), 1.05, 4)
    assert scaled == pytest.approx(k * harm_log_ratio(table, 1.05, 4), rel=1e-6, abs=1e-6)


@given(any_table(largest=10**6), st.integers(2, 1000))
def test_harm_of_the_same_bad_events_ignores_the_amount_of_traffic(table: Table, k: int) -> None:
    busier = table._replace(
        canary_requests=k * table.canary_requests, stable_requests=k * table.stable_requests
    )
    expected = harm_log_ratio(table, 1.05, 4)
    assert harm_log_ratio(busier, 1.05, 4) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(any_table(largest=1000), st.data())
def test_batch_split_at_equal_share_weighs_the_same(table: Table, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, int(table.canary_bad)))
    other = data.draw(st.integers(0, int(table.stable_bad)))
    halves = (
        table._replace(canary_bad=first, stable_bad=other),
        table._replace(canary_bad=table.canary_bad - first, stable_bad=table.stable_bad - other),
    )
    whole = table._replace(
        canary_requests=2 * table.canary_requests, stable_requests=2 * table.stable_requests
    )
    parts = sum(harm_log_ratio(half, 1.05, 2.3) for half in halves)
    assert parts == pytest.approx(harm_log_ratio(whole, 1.05, 2.3), abs=1e-9)


@pytest.mark.parametrize(
    "table", [Table(0, 0, 9, 9), Table(9, 9, 0, 0), Table(0, 0, 0, 0), Table(9, 0, 9, 0)]
)
def test_empty_arm_or_no_bad_event_weighs_nothing(table: Table) -> None:
    assert harm_log_ratio(table, 1.05, 2) == 0


def test_sum_in_logs_neither_overflows_nor_loses_the_empty_sum() -> None:
    assert log_sum((1e6, 1e6)) == pytest.approx(1e6 + log(2))
    assert log_sum((-1e6, -1e6)) == pytest.approx(-1e6 + log(2))
    assert isinf(log_sum(()))
