"""The canary's share of requests and of labels: exact means, and how soon a wrong one is found."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import exp, inf, log
from random import Random
from statistics import median

import pytest

from steelyard.evidence.mixture import Harm
from steelyard.evidence.sample_ratio import LabelRatio, SampleRatio

from .exact import CLOSE, binomial_mass
from .simulation import binomial, poisson, upper_limit, with_odds

RAMP = (0.1, 1, 5, 10, 25, 50)
Ratio = SampleRatio | LabelRatio


def mean_after(begin: Ratio, requests: int, percents: tuple[float, ...], odds: float) -> float:
    """Exact mean of the evidence after some batches, where the share's odds are off by a factor."""
    mean = 0.0
    for counts in product(range(requests + 1), repeat=len(percents)):
        probability, ratio = 1.0, begin
        for count, percent in zip(counts, percents, strict=True):
            probability *= binomial_mass(count, requests, with_odds(percent / 100, odds))
            ratio = ratio.after(count, requests - count, percent)
        mean += probability * exp(ratio.harm.log_evidence)
    return mean


@pytest.mark.parametrize("percents", [(5.0,), (50.0,), (5.0, 10.0), (0.5, 95.0)])
@pytest.mark.parametrize("odds", [1 / 1.05, 0.98, 1.0, 1.03, 1.05])
def test_share_as_intended_give_or_take_the_tolerance_has_a_mean_of_at_most_one(
    percents: tuple[float, ...], odds: float
) -> None:
    assert mean_after(SampleRatio(), 20, percents, odds) <= 1 + CLOSE


@pytest.mark.parametrize("odds", [0.3, 0.7, 1.5, 4.0])
def test_share_beyond_the_tolerance_has_a_mean_above_one_on_either_side(odds: float) -> None:
    assert mean_after(SampleRatio(), 60, (20.0,), odds) > 1.05


@pytest.mark.parametrize("percents", [(5.0,), (50.0,), (5.0, 10.0), (50.0, 5.0)])
@pytest.mark.parametrize("odds", [0.01, 0.5, 1.0, 1.25])
def test_labels_as_often_as_the_share_or_less_have_a_mean_of_at_most_one(
    percents: tuple[float, ...], odds: float
) -> None:
    assert mean_after(LabelRatio(), 20, percents, odds) <= 1 + CLOSE


def test_more_labels_than_the_share_have_a_mean_above_one() -> None:
    assert mean_after(LabelRatio(), 60, (20.0,), 2.0) > 1.05


def batches_until_found(seed: int, intended: float, got: float, per_batch: int = 1200) -> float:
    """Batches until the ratio is doubted, at ln 100; inf after 400."""
    random, ratio = Random(seed), SampleRatio()
    for batch in range(1, 401):
        total = poisson(random, per_batch)
        canary = binomial(random, total, got / 100)
        ratio = ratio.after(canary, total - canary, intended)
        if ratio.harm.log_evidence >= log(100):
            return batch
    return inf


@pytest.mark.parametrize(
    ("intended", "got", "most"), [(5, 7, 8), (5, 3.5, 12), (50, 55, 6), (5, 20, 1)]
)
def test_share_that_is_not_as_intended_is_found_soon(
    intended: float, got: float, most: int
) -> None:
    found = [batches_until_found(seed, intended, got) for seed in range(20)]
    assert median(found) <= most


@pytest.mark.parametrize("odds", [1.0, 1.05])
def test_share_as_intended_is_seldom_doubted_over_a_ramp(odds: float) -> None:
    doubted, runs, alpha = 0, 60, 0.3
    for seed in range(runs):
        random, ratio, highest = Random(seed), SampleRatio(), -inf
        for percent in (p for p in RAMP for _ in range(10)):
            total = poisson(random, 300)
            canary = binomial(random, total, with_odds(percent / 100, odds))
            ratio = ratio.after(canary, total - canary, percent)
            highest = max(highest, ratio.harm.log_evidence)
        doubted += highest >= -log(alpha)
    assert upper_limit(doubted, runs) <= alpha


@pytest.mark.parametrize("percent", [0, 100])
def test_share_of_nothing_or_all_says_nothing(percent: int) -> None:
    before = SampleRatio().after(9, 91, 10)
    assert before.after(50, 50, percent) == before
    assert before.after(0, 0, 10) == before


def test_labels_of_a_higher_share_may_come_after_it_was_lowered() -> None:
    at_half = LabelRatio().after(0, 0, 50)
    lowered = at_half.after(50, 50, 5)
    assert lowered.highest_percent == 50
    assert lowered.harm.log_evidence < 0.1
    assert LabelRatio().after(50, 50, 5).harm.log_evidence > log(100)


def test_labels_that_are_few_are_never_doubted() -> None:
    ratio = LabelRatio()
    for _ in range(2000):
        ratio = ratio.after(0, 100, 50)
        assert ratio.harm.log_evidence <= 1e-9


@pytest.mark.parametrize("percent", [0, 100])
def test_labels_at_a_share_of_nothing_or_all_say_nothing(percent: int) -> None:
    assert LabelRatio().after(10, 90, percent).harm == LabelRatio().harm


def test_doubt_is_told_in_words() -> None:
    ratio = SampleRatio().after(70, 930, 5).after(20, 180, 5)
    assert str(ratio) == "the canary had 7.50% of 1200 requests, meant were 5.00%"


@pytest.mark.parametrize("begin", [SampleRatio, LabelRatio])
def test_huge_counts_are_taken(begin: Callable[[], Ratio]) -> None:
    for canary, stable in product((0, 1, 10**9), repeat=2):
        for percent in (1e-9, 0.1, 50, 99.9):
            harm: Harm = begin().after(canary, stable, percent).harm
            assert -inf < harm.log_evidence < inf
