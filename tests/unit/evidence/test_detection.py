"""How fast a regression is found, beside the least that any test of this promise needs."""

from __future__ import annotations

from math import log
from random import Random
from statistics import median

import pytest

from steelyard.evidence import VerdictKind

from .simulation import Scene, canary_requests_until, odds_of, promise_of, show, steady

BASE, PERCENT = 0.01, 5
BUSY = 1200  # 20 rps
# Median canary requests of the prototype (single stream, with restart, no margin), and the limits
# of what is needed by the bound: without a margin, and with one of 1.05.
PROTOTYPE = {1.5: 6178, 2.0: 1836, 5.0: 201, 10.0: 72}
LIMITS = {1.5: (1.22, 1.65), 2.0: (1.15, 1.35), 5.0: (1.5, 1.6), 10.0: (1.85, 1.9)}


def bound(factor: float) -> float:
    """Canary requests ln(1/alpha)/I, I the information of one of them and stable's part.

    No test that surely finds the regression needs fewer on average (Wald 1945).
    """
    stable = (100 - PERCENT) / PERCENT
    bad = BASE * (factor + stable)
    null_share, share = PERCENT / 100, factor / (factor + stable)
    information = share * log(share / null_share)
    information += (1 - share) * log((1 - share) / (1 - null_share))
    return log(100) / (bad * information)


def worse_by(factor: float, healthy_minutes: int = 0) -> Scene:
    """A canary with `factor` times the errors, at once or after some healthy hours."""
    odds = odds_of(BASE * factor, BASE)
    return Scene(
        BUSY,
        canary_percent=lambda _: PERCENT,
        stable_rate=lambda _: BASE,
        odds=lambda minute: odds if minute >= healthy_minutes else 1.0,
        minutes=healthy_minutes + 2 * 1440,
    )


def requests_to_rollback(scene: Scene, runs: int, margin: float = 1.0) -> float:
    """Median canary requests until WORSE."""
    promise = promise_of(margin=margin)
    return median(
        canary_requests_until(VerdictKind.WORSE, scene, promise, Random(seed))
        for seed in range(runs)
    )


@pytest.mark.parametrize(("factor", "limit"), [(2.0, 1.2), (5.0, 1.55), (10.0, 1.9)])
def test_regression_from_the_start_is_found_near_the_bound(factor: float, limit: float) -> None:
    assert requests_to_rollback(worse_by(factor), runs=60) / bound(factor) < limit


def test_rollback_takes_as_many_requests_on_a_base_rate_of_five_percent_by_its_bound() -> None:
    scene = steady(per_minute=BUSY, percent=PERCENT, rate=0.05, odds=odds_of(0.1, 0.05))
    assert requests_to_rollback(scene, runs=60) < 1.1 * bound(2.0) / 5 + BUSY * PERCENT / 100


@pytest.mark.long
def test_table_of_requests_to_rollback_stays_ahead_of_the_prototype() -> None:
    show("\nfactor  bound  no margin (r)   margin 1.05 (r)  after 6 h  prototype")
    for factor, prototype in PROTOTYPE.items():
        least = bound(factor)
        free = requests_to_rollback(worse_by(factor), runs=200)
        margin = requests_to_rollback(worse_by(factor), runs=200, margin=1.05)
        late = requests_to_rollback(worse_by(factor, 360), runs=40) - 360 * BUSY * PERCENT / 100
        show(
            f"{factor:6}  {least:5.0f}  {free:6.0f} ({free / least:.2f})  "
            f"{margin:8.0f} ({margin / least:.2f})  {late:9.0f}  {prototype:9}"
        )
        free_limit, margin_limit = LIMITS[factor]
        assert free < prototype
        assert free / least < free_limit
        assert margin / least < margin_limit
        assert late / least < 3
