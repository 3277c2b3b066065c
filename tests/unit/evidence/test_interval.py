"""The interval for the odds ratio: it holds the true one at all looks, and shrinks."""

from __future__ import annotations

from itertools import product
from math import exp, inf, isnan, log
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.evidence.interval import GRID, Interval
from steelyard.evidence.likelihood import Table, log_sum

from .exact import any_table, fisher_law, given_bad
from .simulation import binomial, poisson, upper_limit, with_odds

NOTHING = Interval()
FINE = [exp(-4 + 0.04 * step) for step in range(201)]


def after(*tables: Table, phi: float = 1.0) -> Interval:
    """The interval after some comparisons."""
    interval = NOTHING
    for table in tables:
        interval = interval.after(table, phi)
    return interval


def log_mean(tables: list[Table], odds: float) -> float:
    """Ln E[odds^X] under equal odds, by its sum."""
    law = zip(fisher_law(tables, 1.0), tables, strict=True)
    return log(sum(mass * odds**table.canary_bad for mass, table in law))


@pytest.mark.parametrize("odds", [0.1, 0.6, 1.0, 1.1, 2.0, 7.0])
@pytest.mark.parametrize("level", [0.5, 0.8])
def test_true_odds_ratio_is_ever_out_with_at_most_the_level(odds: float, level: float) -> None:
    """All histories of three batches with the same totals, with their probabilities."""
    tables = given_bad(7, 9, 5)
    law = fisher_law(tables, odds)
    missed = total = 0.0
    for history in product(range(len(tables)), repeat=3):
        probability, interval, ever_out = 1.0, NOTHING, False
        for k in history:
            probability *= law[k]
            interval = interval.after(tables[k], 1.0)
            low, high = interval.ends(level)
            ever_out |= not low <= odds <= high
        total += probability
        missed += probability * ever_out
    assert total == pytest.approx(1)
    assert missed <= level


@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12), st.data()), min_size=1, max_size=4),
    st.sampled_from([0.05, 0.3]),
)
@settings(deadline=None)
def test_nothing_is_out_that_is_not_out_by_fishers_exact_law(
    batches: list[tuple[int, int, st.DataObject]], level: float
) -> None:
    interval, bad, means = NOTHING, 0.0, dict.fromkeys([*GRID, *FINE], 0.0)
    for canary, stable, data in batches:
        tables = given_bad(canary, stable, data.draw(st.integers(1, canary + stable)))
        table = data.draw(st.sampled_from(tables))
        interval, bad = interval.after(table, 1.0), bad + table.canary_bad
        means = {odds: mean + log_mean(tables, odds) for odds, mean in means.items()}
    low, high = interval.ends(level)
    mixture = log_sum(bad * log(odds) - means[odds] for odds in GRID) - log(len(GRID))
    for odds in FINE:
        if mixture - bad * log(odds) + means[odds] < -log(level) - 1e-9:
            assert low <= odds * (1 + 1e-9)
            assert odds <= high * (1 + 1e-9)


@pytest.mark.parametrize(
    ("odds", "rate", "width"),
    [(1.0, 0.01, 0.5), (1.7, 0.01, 0.7), (0.4, 0.05, 1.1), (1.2, 0.4, 0.5)],
)
def test_interval_shrinks_around_the_true_odds_ratio(
    odds: float, rate: float, width: float
) -> None:
    random, interval, widths = Random(4), NOTHING, dict[int, float]()
    for minute in range(1, 1001):
        canary, stable = poisson(random, 60), poisson(random, 540)
        bad = binomial(random, canary, with_odds(rate, odds))
        interval = interval.after(
            Table(canary, bad, stable, binomial(random, stable, rate)), phi=1.0
        )
        low, high = interval.ends(0.05)
        assert low <= odds <= high
        widths[minute] = log(high / low) if low else inf
    assert widths[1000] < width < widths[10]
    assert widths[1000] < widths[30]


def test_true_odds_ratio_is_seldom_out_at_any_look() -> None:
    missed, runs, level = 0, 60, 0.3
    for seed in range(runs):
        random, interval, ever_out = Random(seed), NOTHING, False
        for _ in range(60):
            table = Table(60, binomial(random, 60, 0.05), 240, binomial(random, 240, 0.05))
            interval = interval.after(table, 1.0)
            low, high = interval.ends(level)
            ever_out |= not low <= 1 <= high
        missed += ever_out
    assert upper_limit(missed, runs) <= level


def test_nothing_is_known_before_anything_is_learnt() -> None:
    assert NOTHING.ends(0.05) == (0, inf)
    silent = after(Table(60, 0, 1140, 0), Table(0, 0, 9, 9), Table(9, 9, 3, 3))
    assert silent == NOTHING


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [
        (Table(10**9, 10**7, 10**9, 10**7), 0.85, 1.2),
        (Table(10**9, 11 * 10**6, 10**9, 10**7), 0.85, 1.5),
        (Table(10**9, 2 * 10**7, 10**9, 10**7), 1.5, 3.0),
        (Table(10**9, 13 * 10**6, 10**9, 10**6), 6.0, inf),
        (Table(10**9, 2 * 10**6, 10**9, 10**7), 0.0, 0.5),
        (Table(10**9, 10**6, 10**9, 10**9 - 1), 0.0, 0.5),
        (Table(10**9, 10**9 - 1, 10**9, 10**6), 6.0, inf),
    ],
)
def test_ends_of_huge_counts_are_neighbours_on_the_grid(
    table: Table, low: float, high: float
) -> None:
    found = after(table).ends(0.05)
    canary, bad, stable, stable_bad = table
    assert found[0] <= bad / (canary - bad) * (stable - stable_bad) / stable_bad <= found[1]
    assert low * (1 - 1e-9) <= found[0] <= found[1] <= high * (1 + 1e-9)


@given(st.lists(any_table(), max_size=6), st.floats(1, 50), st.floats(1e-6, 0.5))
def test_any_counts_give_an_interval(tables: list[Table], phi: float, level: float) -> None:
    low, high = after(*tables, phi=phi).ends(level)
    assert not isnan(low)
    assert not isnan(high)
    assert 0 <= low <= high


@given(st.lists(any_table(largest=10_000), max_size=4), st.floats(0.01, 0.3))
def test_surer_interval_is_wider(tables: list[Table], level: float) -> None:
    interval = after(*tables)
    low, high = interval.ends(level)
    wider_low, wider_high = interval.ends(level / 10)
    assert wider_low <= low * (1 + 1e-9)
    assert wider_high >= high * (1 - 1e-9)


def test_overdispersed_counts_weigh_as_much_fewer() -> None:
    table = Table(60, 5, 1140, 20)
    halves = after(table, table, phi=2.0)
    assert halves.ends(0.05) == pytest.approx(after(table).ends(0.05))
    assert halves.bad == after(table).bad
