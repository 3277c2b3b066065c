"""The restart mixture: a bet that starts with 1 and is fair, wherever the regression begins."""

from __future__ import annotations

from itertools import pairwise, product
from math import exp, inf, log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.evidence.likelihood import Table
from steelyard.evidence.mixture import DAY, KNEE, REGRESSIONS, Harm, begin_harm, log_stake
from steelyard.evidence.odds import odds_log_ratios

from .exact import fisher_law, fisher_log_ratio, given_bad
from .simulation import binomial

QUIET = (0.0,) * len(REGRESSIONS)
BETS = len(REGRESSIONS)
GAINS = st.lists(st.floats(-50, 50), min_size=BETS, max_size=BETS).map(tuple)
STAKED, RESERVE = exp(begin_harm().log_wealth[0]), exp(begin_harm().log_reserve)


def after(harm: Harm, table: Table, margin: float = 1.05) -> Harm:
    """With one more batch."""
    return harm.after(odds_log_ratios(table, margin, tuple(margin * r for r in REGRESSIONS)))


def test_no_evidence_at_the_start() -> None:
    assert begin_harm().log_evidence == pytest.approx(0)
    assert begin_harm(18).log_evidence == pytest.approx(0)
    assert begin_harm(log_start=3.5).log_evidence == pytest.approx(3.5)
    assert pytest.approx(1) == RESERVE + STAKED
    assert RESERVE < STAKED < 1
    assert log_stake() == pytest.approx(log(STAKED / BETS))


def test_batch_without_bad_events_moves_a_stake_and_leaves_the_evidence() -> None:
    quiet = after(begin_harm(), Table(10, 0, 90, 0))
    assert quiet.minutes == 1
    assert min(quiet.log_wealth) > max(begin_harm().log_wealth)
    assert quiet.log_reserve < begin_harm().log_reserve
    assert quiet.log_evidence == pytest.approx(0, abs=1e-12)


def test_reserve_is_staked_within_a_day_and_never_overdrawn() -> None:
    harm, stakes = begin_harm(), []
    for _ in range(1600):
        before, harm = exp(harm.log_wealth[0]), harm.after(QUIET)
        stakes.append(exp(harm.log_wealth[0]) - before)
    day, later = stakes[: int(DAY)], stakes[int(DAY) :]
    assert sum(day) == pytest.approx(RESERVE)
    assert all(earlier > later > 0 for earlier, later in pairwise(day))
    assert later == [0.0] * len(later)
    assert harm.minutes == DAY
    assert exp(harm.log_reserve) == 0
    assert harm.log_evidence == pytest.approx(0, abs=1e-9)


def test_minutes_of_the_first_hours_get_more_than_later_ones() -> None:
    harm = begin_harm().after(QUIET)
    first = exp(harm.log_wealth[0]) - STAKED
    for _ in range(int(KNEE) - 1):
        harm = harm.after(QUIET)
    at_the_knee = exp(harm.after(QUIET).log_wealth[0]) - exp(harm.log_wealth[0])
    assert first / at_the_knee == pytest.approx(2, rel=0.01)


@given(st.lists(st.floats(0, 1) | st.just(1 / 6), max_size=200))
def test_stakes_follow_the_clock_and_not_the_number_of_batches(lengths: list[float]) -> None:
    harm = begin_harm()
    for minutes in lengths:
        harm = harm.after(QUIET, minutes)
    left = log((DAY + KNEE) / (sum(lengths) + KNEE)) / log((DAY + KNEE) / KNEE)
    assert harm.log_reserve == pytest.approx(log(RESERVE * left), abs=1e-9)
    assert harm.minutes == pytest.approx(sum(lengths))


def test_evidence_is_the_mean_of_the_bets_and_the_reserve() -> None:
    gains = (0.1, -0.3, 1.0, 2.0, -4.0)
    wealth = sum(STAKED * exp(gain) for gain in gains) / BETS
    assert begin_harm().after(gains).log_evidence == pytest.approx(log(wealth + RESERVE))


@given(st.lists(st.tuples(GAINS, st.floats(0, DAY)), max_size=8), GAINS, st.floats(0, DAY))
def test_stake_is_moved_without_a_gain_or_a_loss(
    history: list[tuple[tuple[float, ...], float]], last: tuple[float, ...], minutes: float
) -> None:
    harm = begin_harm()
    for gains, length in history:
        harm = harm.after(gains, length)
    grown = Harm(tuple(w + g for w, g in zip(harm.log_wealth, last, strict=True)), harm.log_reserve)
    assert harm.after(last, minutes).log_evidence == pytest.approx(grown.log_evidence, abs=1e-9)


@given(st.lists(GAINS, max_size=5), st.floats(-20, 100))
def test_lifted_evidence_is_as_high_as_asked_and_never_lower_than_before(
    history: list[tuple[float, ...]], level: float
) -> None:
    harm = begin_harm()
    for gains in history:
        harm = harm.after(gains)
    lifted = harm.lifted(level)
    assert lifted.log_evidence == pytest.approx(max(level, harm.log_evidence), abs=1e-9)
    more = {round(a - b, 6) for a, b in zip(lifted.log_wealth, harm.log_wealth, strict=True)}
    assert more == {round(lifted.log_reserve - harm.log_reserve, 6)}
    assert lifted.minutes == harm.minutes


@pytest.mark.parametrize("alpha", [0.3, 0.6])
def test_evidence_ever_reaches_one_over_alpha_with_at_most_alpha(alpha: float) -> None:
    """All 4^6 histories of six batches of three bad events each, with their probabilities."""
    tables = given_bad(6, 9, 3)
    law = fisher_law(tables, 1.0)
    gains = [tuple(fisher_log_ratio(t, 1.0, r) for r in REGRESSIONS) for t in tables]
    reached = total = mean = 0.0
    for history in product(range(len(tables)), repeat=6):
        probability, harm, highest = 1.0, begin_harm(), -inf
        for k in history:
            probability *= law[k]
            harm = harm.after(gains[k])
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
