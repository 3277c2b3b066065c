"""Exact checks of the ratio for rare and frequent bad events: every outcome of small batches."""

from __future__ import annotations

from math import comb, exp, isfinite, log

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import nchypergeom_fisher

from steelyard.evidence.likelihood import Table
from steelyard.evidence.odds import log_mean_bounds, odds_log_ratios

from .exact import (
    ARMS,
    CLOSE,
    RATES,
    any_table,
    fisher_law,
    fisher_log_ratio,
    given_bad,
    mean_of,
    shares_log_ratio,
)
from .simulation import with_odds

# (odds ratio to rule out, odds ratio bet on): harm bets above it, proofs below.
HARM = ((1.0, 1.25), (1.05, 2.4), (1.0, 20.0), (2.0, 8.0))
PROOF = ((1.5, 1.0), (3.0, 0.1), (3.0, 1.73), (1.05, 1.02))


def ratio(table: Table, null: float, other: float) -> float:
    """The one log likelihood ratio."""
    return odds_log_ratios(table, null, (other,))[0]


@st.composite
def rare_tables(draw: st.DrawFn) -> Table:
    """Requests in both arms, hardly any of which fail."""
    canary, stable = draw(st.integers(10**6, 10**9)), draw(st.integers(10**6, 10**9))
    return Table(canary, draw(st.integers(0, 20)), stable, draw(st.integers(0, 20)))


@pytest.mark.parametrize("arms", [*ARMS, (12, 3), (9, 9), (30, 4), (4, 60)])
@pytest.mark.parametrize(("null", "other"), HARM + PROOF)
def test_ratio_never_exceeds_fishers_exact_one(
    arms: tuple[int, int], null: float, other: float
) -> None:
    for bad in range(1, sum(arms)):
        table = given_bad(*arms, bad)[0]
        assert ratio(table, null, other) <= fisher_log_ratio(table, null, other) + CLOSE


@pytest.mark.parametrize(
    ("table", "lost"),
    [
        (Table(60, 3, 1140, 12), 0.02),
        (Table(60, 51, 1140, 627), 0.02),
        (Table(300, 210, 2700, 1080), 0.04),
        (Table(300, 210, 300, 120), 0.16),
    ],
    ids=["rare", "small arm", "tenth", "halves"],
)
def test_best_bet_loses_little_against_the_exact_one(table: Table, lost: float) -> None:
    bets = (1.5, 2.0, 2.5, 3.5, 5.0, 8.0)
    exact = max(fisher_log_ratio(table, 1.05, other) for other in bets)
    assert max(odds_log_ratios(table, 1.05, bets)) >= (1 - lost) * exact


def test_frequent_events_weigh_twice_what_they_would_as_poisson_counts() -> None:
    table = Table(300, 210, 2700, 1080)
    poisson = max(shares_log_ratio(table, 1.05, other) for other in (1.3, 1.6, 2.0))
    assert max(odds_log_ratios(table, 1.05, (2.0, 3.0, 4.0))) > 2 * poisson


@pytest.mark.parametrize("arms", ARMS)
@pytest.mark.parametrize("further", [1.0, 1.3, 4.0])
@pytest.mark.parametrize(("null", "other"), HARM + PROOF)
def test_odds_that_are_to_be_ruled_out_give_a_mean_of_at_most_one(
    arms: tuple[int, int], further: float, null: float, other: float
) -> None:
    true_odds = null / further if other > null else null * further
    for rate in RATES:
        value = mean_of(lambda t: ratio(t, null, other), arms, with_odds(rate, true_odds), rate)
        assert value <= 1 + CLOSE


@pytest.mark.parametrize(("null", "other"), HARM + PROOF)
def test_mean_is_at_most_one_given_every_number_of_bad_events(null: float, other: float) -> None:
    for bad in range(1, 16):
        tables = given_bad(6, 9, bad)
        law = fisher_law(tables, null)
        total = sum(m * exp(ratio(t, null, other)) for m, t in zip(law, tables, strict=True))
        assert total <= 1 + CLOSE


@pytest.mark.parametrize("arms", ARMS)
def test_random_routing_of_any_failures_gives_a_mean_of_at_most_one(arms: tuple[int, int]) -> None:
    for bad in range(1, sum(arms) + 1):
        total = sum(
            comb(arms[0], int(t.canary_bad)) * comb(arms[1], int(t.stable_bad))
            * exp(ratio(t, 1.0, 4.0)) / comb(sum(arms), bad)
            for t in given_bad(*arms, bad)
        )  # fmt: skip
        assert total <= 1 + CLOSE


@pytest.mark.parametrize(("null", "other"), HARM + PROOF)
@pytest.mark.parametrize("rate", [0.03, 0.5, 0.9])
def test_odds_that_are_bet_on_give_a_mean_above_one(null: float, other: float, rate: float) -> None:
    value = mean_of(lambda t: ratio(t, null, other), (6, 9), with_odds(rate, other), rate)
    assert value > 1


@pytest.mark.parametrize(("null", "other"), [(3.0, 1.0), (1.05, 4.2), (1.0, 20.0)])
def test_ratio_of_rare_events_is_that_of_binomial_shares(null: float, other: float) -> None:
    table = Table(10**7, 3, 10**8, 40)
    shares = shares_log_ratio(table, null, other)
    assert ratio(table, null, other) == pytest.approx(shares, rel=1e-5)


@given(rare_tables(), st.integers(2, 100))
def test_rare_events_weigh_the_same_whatever_the_traffic(table: Table, k: int) -> None:
    busier = table._replace(
        canary_requests=k * table.canary_requests, stable_requests=k * table.stable_requests
    )
    for odds in HARM:
        assert ratio(busier, *odds) == pytest.approx(ratio(table, *odds), rel=1e-3, abs=1e-3)


@given(rare_tables(), st.data())
def test_batch_of_rare_events_split_at_equal_share_weighs_the_same(
    table: Table, data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, int(table.canary_bad)))
    other = data.draw(st.integers(0, int(table.stable_bad)))
    canary, bad, stable, stable_bad = table
    halves = (
        Table(canary / 2, first, stable / 2, other),
        Table(canary / 2, bad - first, stable / 2, stable_bad - other),
    )
    for odds in HARM:
        parts = sum(ratio(half, *odds) for half in halves)
        assert parts == pytest.approx(ratio(table, *odds), rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("arms", [(5, 7), (12, 3), (4, 30)])
@pytest.mark.parametrize("odds", [0.1, 0.7, 1.0, 1.3, 20.0])
def test_bounds_hold_the_mean_between_them(arms: tuple[int, int], odds: float) -> None:
    for bad in range(1, sum(arms)):
        tables = given_bad(*arms, bad)
        even = fisher_law(tables, 1.0)
        mean = log(sum(m * odds**t.canary_bad for m, t in zip(even, tables, strict=True)))
        bounds = log_mean_bounds(tables[0], (odds,))
        assert bounds is not None
        ((low, high),) = bounds
        assert low - CLOSE <= mean <= high + CLOSE


def test_law_of_the_exact_checks_is_scipys() -> None:
    """An independent look at what all of these tests rest on."""
    tables = given_bad(60, 1140, 20)
    for odds in (1.0, 1.05, 3.0):
        law = nchypergeom_fisher(1200, 60, 20, odds)
        mine = fisher_law(tables, odds)
        assert mine == pytest.approx([law.pmf(t.canary_bad) for t in tables], abs=1e-9)


@given(any_table(), st.floats(1, 5), st.floats(0.02, 50))
@example(Table(10**18, 10**18 - 1, 5, 1), 1.0, 3.0)
@example(Table(5, 1, 10**18, 10**18 - 1), 3.0, 0.1)
@example(Table(1, 0, 1, 1), 1.0, 20.0)
def test_any_counts_give_a_finite_ratio(table: Table, null: float, other: float) -> None:
    assert isfinite(ratio(table, null, other))


@given(any_table(largest=10_000), st.sampled_from(HARM + PROOF))
@example(Table(60, 59, 60, 60), (1.05, 2.4))
def test_one_more_bad_event_never_counts_for_its_own_arm(
    table: Table, odds: tuple[float, float]
) -> None:
    null, other = odds
    against = 1 if other > null else -1
    before = against * ratio(table, null, other)
    if table.canary_bad < table.canary_requests:
        worse = table._replace(canary_bad=table.canary_bad + 1)
        assert against * ratio(worse, null, other) >= before - 1e-9 * max(1, abs(before))
    if table.stable_bad < table.stable_requests:
        worse = table._replace(stable_bad=table.stable_bad + 1)
        assert against * ratio(worse, null, other) <= before + 1e-9 * max(1, abs(before))


@given(any_table(largest=2000), st.sampled_from(PROOF))
def test_batch_with_the_steps_odds_or_more_never_helps_the_proof(
    table: Table, odds: tuple[float, float]
) -> None:
    bad, good = table.canary_bad, table.stable_requests - table.stable_bad
    if bad * good >= odds[0] * table.stable_bad * (table.canary_requests - bad):
        assert ratio(table, *odds) <= 1e-9


@given(any_table(largest=1000), st.sampled_from(HARM + PROOF))
def test_good_and_bad_swapped_in_swapped_arms_weigh_the_same(
    table: Table, odds: tuple[float, float]
) -> None:
    canary, bad, stable, stable_bad = table
    mirror = Table(stable, stable - stable_bad, canary, canary - bad)
    assert ratio(mirror, *odds) == pytest.approx(ratio(table, *odds), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    "table",
    [Table(0, 0, 9, 9), Table(9, 9, 0, 0), Table(0, 0, 0, 0), Table(9, 0, 9, 0), Table(9, 9, 3, 3)],
)
@pytest.mark.parametrize(("null", "other"), HARM + PROOF)
def test_empty_arm_or_requests_all_alike_weigh_nothing(
    table: Table, null: float, other: float
) -> None:
    assert ratio(table, null, other) == 0
    assert log_mean_bounds(table, (null, other)) is None
