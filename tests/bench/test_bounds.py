"""Information bounds, against integration, optimisation and simulation."""

from __future__ import annotations

from math import comb, inf, log

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from bench.bounds import (
    Bound,
    divergence,
    ordered,
    passing_rate,
    rates,
    shift,
    table,
    two_sample,
)
from bench.traffic.curves import Floats
from bench.traffic.latency import Latency
from bench.traffic.regressions import regressions


# Median requests at 20 rps, 5 % canary and 1 % errors, as they were first computed apart from this.
@pytest.mark.parametrize(("factor", "requests"), [(1.5, 4462), (2, 1256), (5, 123), (10, 36)])
def test_bound_for_errors_is_the_known_one(factor: float, requests: float) -> None:
    information = rates(0.01 * factor, 0.01, 0.05)
    assert Bound(information, information).requests == pytest.approx(requests, abs=0.5)


def test_rates_without_a_margin_are_a_two_sample_problem() -> None:
    for canary, stable, share in ((0.05, 0.01, 0.05), (0.7, 0.45, 0.5), (0.02, 0.03, 0.2)):
        mine, theirs = (np.array([rate, 1 - rate]) for rate in (canary, stable))
        expected = two_sample(mine, theirs, share)
        assert rates(canary, stable, share) == pytest.approx(expected, rel=1e-6)


def test_rates_at_the_odds_ratio_itself_tell_nothing() -> None:
    worse = 2 * 0.01 / (0.99 + 2 * 0.01)
    assert rates(worse, 0.01, 0.05, odds=2.0) == pytest.approx(0, abs=1e-9)
    assert rates(0.01, 0.01, 0.05, odds=2.0) > 0


def test_shift_is_the_divergence_on_a_fine_grid() -> None:
    z = np.linspace(-12, 12, 200_001)
    width = z[1] - z[0]
    canary, stable = norm.pdf(z - log(1.25) / 0.4) * width, norm.pdf(z) * width
    assert shift(1.25, 0.4, 0.05) == pytest.approx(two_sample(canary, stable, 0.05), rel=1e-6)
    assert shift(1.0, 0.4, 0.05) == pytest.approx(0, abs=1e-12)


def test_bands_tell_less_than_exact_latencies_but_most() -> None:
    one, law = np.ones(1), Latency()
    canary = law.bands(one, 1.25 * one, 0 * one, canary=True)[0]
    stable = law.bands(one, one, 0 * one, canary=False)[0]
    kept = two_sample(canary, stable, 0.05) / shift(1.25, 0.4, 0.05)
    assert 0.85 < kept < 1


def nearest_ordered(canary: Floats, stable: Floats, share: float) -> float:
    """The same by a general optimiser."""
    bands = len(canary)

    def away(both: Floats) -> float:
        mine, theirs = np.exp(both[:bands]), np.exp(both[bands:])
        return divergence(canary, mine) + (1 - share) / share * divergence(stable, theirs)

    def above(both: Floats) -> Floats:
        return np.asarray(np.cumsum(np.exp(both[:bands]) - np.exp(both[bands:]))[:-1])

    sums = [
        {"type": "eq", "fun": lambda both: np.exp(both[:bands]).sum() - 1},
        {"type": "eq", "fun": lambda both: np.exp(both[bands:]).sum() - 1},
        {"type": "ineq", "fun": above},
    ]
    mixed = np.log(share * canary + (1 - share) * stable)
    start = np.concatenate([mixed, mixed])
    return float(minimize(away, start, constraints=sums, options={"ftol": 1e-12}).fun)


@pytest.mark.parametrize(
    "canary", [(0.1, 0.2, 0.3, 0.4), (0.5, 0.1, 0.1, 0.3), (0.2, 0.4, 0.1, 0.3)]
)
def test_ordered_finds_the_nearest_pair_of_which_the_canary_is_not_higher(
    canary: tuple[float, ...],
) -> None:
    mine, stable = np.array(canary), np.array([0.3, 0.3, 0.2, 0.2])
    assert ordered(mine, stable, 0.2) == pytest.approx(nearest_ordered(mine, stable, 0.2), rel=1e-4)


def test_ordered_says_nothing_against_a_faster_canary() -> None:
    slow, fast = np.array([0.2, 0.3, 0.5]), np.array([0.5, 0.3, 0.2])
    assert ordered(fast, slow, 0.1) == pytest.approx(0, abs=1e-12)
    assert ordered(slow, fast, 0.1) == pytest.approx(two_sample(slow, fast, 0.1))


def test_table_is_the_mean_log_likelihood_ratio_of_tables() -> None:
    rng = np.random.default_rng(1)
    mine, theirs = rng.binomial(6, 0.7, 200_000), rng.binomial(14, 0.4, 200_000)
    bad = mine + theirs
    # Exact ratio of the noncentral to the central law, with weights of the alternative.
    cells: dict[tuple[int, int], int] = {}
    for pair in zip(mine.tolist(), bad.tolist(), strict=True):
        cells[pair] = cells.get(pair, 0) + 1
    totals = np.bincount(bad, minlength=21)
    by_total = {total: _hypergeometric(6, 14, total) for total in range(21)}
    gain = sum(
        count * log(count / totals[total] / by_total[total][one])
        for (one, total), count in cells.items()
    )
    assert table((6, 0.7), (14, 0.4)) == pytest.approx(gain / 200_000 / 6, rel=0.02)


def _hypergeometric(canary: int, stable: int, bad: int) -> dict[int, float]:
    ways = comb(canary + stable, bad)
    return {
        x: comb(canary, x) * comb(stable, bad - x) / ways
        for x in range(min(canary, bad) + 1)
        if bad - x <= stable
    }


def test_table_tells_no_more_than_rates_and_nearly_as_much_of_large_batches() -> None:
    whole = rates(0.7, 0.45, 0.05)
    small, large = table((1, 0.7), (19, 0.45)), table((20, 0.7), (380, 0.45))
    assert small < large < whole
    assert large > 0.99 * whole


def test_composite_bound_adds_the_log_of_alternatives_in_whole_batches() -> None:
    bound = Bound(0.1, 0.05, alternatives=8, batch=60)
    assert bound.requests == pytest.approx(log(100) / 0.1)
    assert bound.composite == 60 * np.ceil((log(100) + log(8)) / 0.05 / 60)


def test_nothing_to_learn_has_no_finite_bound() -> None:
    assert Bound(0.0, 0.0).requests == Bound(1e-12, 0.0, batch=60).composite == inf


def test_passing_without_an_error_takes_the_rule_of_three() -> None:
    assert log(20) / passing_rate(0.0, 0.005) == pytest.approx(3 / 0.005, rel=0.01)
    assert passing_rate(0.01, 0.005) == 0


def test_no_composite_bound_is_below_that_of_the_known_regression() -> None:
    for one in regressions():
        assert one.bound.composite >= one.bound.requests - 1e-6, one.scene.name
        assert one.bound.requests > 0
