"""The restart mixture: a bet that starts with 1 and is fair, wherever the regression begins."""

from __future__ import annotations

from itertools import product
from math import comb, exp, inf, log
from random import Random

import pytest

from steelyard.evidence.likelihood import Table, harm_log_ratio
from steelyard.evidence.mixture import REGRESSIONS, Harm, begin_harm, log_stake

from .simulation import binomial

QUIET = Table(10, 0, 90, 0)


def after(harm: Harm, table: Table, margin: float = 1.05) -> Harm:
    """With one more batch of rare events."""
    return harm.after(tuple(harm_log_ratio(table, margin, theta) for theta in REGRESSIONS))


def test_no_evidence_at_the_start() -> None:
    assert begin_harm().log_evidence == pytest.approx(0)
    assert begin_harm(18).log_evidence == pytest.approx(0)
    assert log_stake() == pytest.approx(log(0.1))


def test_batch_without_bad_events_moves_a_stake_and_leaves_the_evidence() -> None:
    quiet = after(begin_harm(), QUIET)
    assert quiet.restarts == 1
    assert quiet.log_wealth > begin_harm().log_wealth
    assert quiet.log_evidence == pytest.approx(0, abs=1e-12)


def test_reserve_is_spent_once_and_never_overdrawn() -> None:
    harm = begin_harm()
    for _ in range(1600):
        harm = after(harm, QUIET)
    assert harm.restarts == 1439
    assert harm.log_evidence == pytest.approx(0, abs=1e-9)
    assert harm.log_wealth == pytest.approx((0.0,) * len(REGRESSIONS), abs=1e-9)


def test_evidence_of_a_poor_canary_is_the_weighted_mean_of_its_bets() -> None:
    table = Table(10, 4, 90, 1)
    q = 1.05 * 10 / (1.05 * 10 + 90)
    wealth = 0.0
    for theta in REGRESSIONS:
        qt = theta * 1.05 * 10 / (theta * 1.05 * 10 + 90)
        wealth += 0.6 * (qt / q) ** 4 * ((1 - qt) / (1 - q)) / len(REGRESSIONS)
    assert after(begin_harm(), table).log_evidence == pytest.approx(log(wealth + 0.4))


@pytest.mark.parametrize("alpha", [0.3, 0.6])
def test_evidence_ever_reaches_one_over_alpha_with_at_most_alpha(alpha: float) -> None:
    """All 4^6 histories of six batches of three bad events each, with their probabilities."""
    canary, stable, bad, batches = 2, 3, 3, 6
    share = canary / (canary + stable)
    mass = [comb(bad, k) * share**k * (1 - share) ** (bad - k) for k in range(bad + 1)]
    reached = total = mean = 0.0
    for history in product(range(bad + 1), repeat=batches):
        probability, harm, highest = 1.0, begin_harm(), -inf
        for k in history:
            probability *= mass[k]
            harm = after(harm, Table(canary, k, stable, bad - k), 1.0)
            highest = max(highest, harm.log_evidence)
        total += probability
        mean += probability * exp(harm.log_evidence)
        reached += probability * (highest >= -log(alpha))
    assert total == pytest.approx(1)
    assert mean == pytest.approx(1)
    assert 0 < reached <= alpha


def test_regression_after_six_healthy_hours_is_found_about_as_fast_as_from_the_start() -> None:
    late, early = (_requests_to_find(Random(7), healthy_minutes=m) for m in (360, 0))
    assert early < 500
    assert late < 2.5 * early + 60


def _requests_to_find(random: Random, healthy_minutes: int) -> float:
    """Median canary requests from its start until a fivefold regression is found, of 60 runs."""
    found = []
    for _ in range(60):
        harm, minute = begin_harm(), 0
        while harm.log_evidence < log(100) and minute < healthy_minutes + 60:
            rate = 0.01 if minute < healthy_minutes else 0.05
            table = Table(60, binomial(random, 60, rate), 1140, binomial(random, 1140, 0.01))
            harm, minute = after(harm, table, 1.0), minute + 1
        found.append(60 * (minute - healthy_minutes))
    return sorted(found)[30]


def test_huge_counts_neither_overflow_nor_lose_the_evidence() -> None:
    harm = after(begin_harm(), Table(10**9, 10**8, 10**9, 10**6))
    assert harm.log_evidence > 10**7
    recovered = after(harm, Table(10**9, 0, 10**9, 10**9))
    assert -(10**9) < recovered.log_evidence < 0
