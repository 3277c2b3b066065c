"""Proofs that the canary is not worse: what they need, and that they don't outlive the truth."""

from __future__ import annotations

from math import log

import pytest

from steelyard.evidence.likelihood import Table
from steelyard.evidence.proof import begin_rate, begin_ratio

PROVED = log(20)  # beta = 5 %
CAP = 2 * PROVED
HEALTHY = Table(60, 1, 1140, 19)
FIVEFOLD = Table(60, 5, 1140, 19)


def test_nothing_is_proved_at_the_start() -> None:
    assert begin_ratio(3.0).log_evidence == pytest.approx(0)
    assert begin_rate(0.005).log_evidence == pytest.approx(0)


def test_every_alternative_is_below_the_odds_to_rule_out() -> None:
    for odds in (1.05, 1.5, 3.0, 20.0):
        assert max(begin_ratio(odds).alternatives) < odds


@pytest.mark.parametrize(("bad", "least", "most"), [(0, 598, 640), (1, 1300, 1600)])
def test_good_requests_alone_prove_half_a_percent(bad: int, least: int, most: int) -> None:
    proof, requests = begin_rate(0.005).after(bad, bad, CAP), bad
    while proof.log_evidence < PROVED:
        proof, requests = proof.after(1, 0, CAP), requests + 1
    assert least <= requests <= most


def test_batches_and_single_requests_prove_the_rate_alike() -> None:
    whole = begin_rate(0.005).after(400, 2, CAP)
    parts = begin_rate(0.005)
    for bad in (1, 0, 1, 0):
        parts = parts.after(100, bad, CAP)
    assert parts.log_wealth == pytest.approx(whole.log_wealth)


def test_healthy_canary_proves_the_ratio_and_a_worse_one_loses_it_again() -> None:
    proof, minutes = begin_ratio(3.0), 0
    while proof.log_evidence < PROVED:
        proof, minutes = proof.after(HEALTHY, CAP), minutes + 1
    assert minutes <= 10
    for _ in range(minutes):
        proof = proof.after(FIVEFOLD, CAP)
    assert proof.log_evidence < PROVED


@pytest.mark.parametrize("healthy_minutes", [100, 10_000])
def test_long_health_covers_no_more_of_a_later_regression_than_a_short_one(
    healthy_minutes: int,
) -> None:
    ratio, rate = begin_ratio(3.0), begin_rate(0.02)
    for _ in range(healthy_minutes):
        ratio, rate = ratio.after(HEALTHY, CAP), rate.after(60, 0, CAP)
    assert PROVED < ratio.log_evidence <= CAP
    assert PROVED < rate.log_evidence <= CAP + 1e-9
    for _ in range(4):
        ratio, rate = ratio.after(FIVEFOLD, CAP), rate.after(60, 5, CAP)
    assert ratio.log_evidence < PROVED
    assert rate.log_evidence < PROVED


def test_cap_only_takes_away() -> None:
    proof = begin_ratio(3.0)
    capped = proof.after(Table(500, 1, 9500, 190), CAP)
    free = proof.after(Table(500, 1, 9500, 190), 1e9)
    assert free.log_evidence > CAP
    assert all(a <= b for a, b in zip(capped.log_wealth, free.log_wealth, strict=True))


def test_first_bad_event_is_not_the_end_of_the_rate_proof() -> None:
    proof = begin_rate(0.005).after(200, 1, CAP)
    assert min(proof.log_wealth) > -8
