"""Overdispersion: none where bad events come by chance, about right where they come in clusters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from math import inf, log
from random import Random

import pytest

from steelyard.evidence.dispersion import Dispersion
from steelyard.evidence.pending import Counts

from .exact import drawn_at_random
from .simulation import binomial, poisson, upper_limit

Parts = tuple[Counts, ...]
NONE = Dispersion()


def by_chance(random: Random, sizes: tuple[int, ...] = (300, 300, 200, 100)) -> Parts:
    """A minute of independent requests, 2 % of which fail."""
    bad = [binomial(random, size, 0.02) for size in sizes]
    return tuple((size - count, count) for size, count in zip(sizes, bad, strict=True))


def in_clusters(random: Random, size: int = 4, each: int = 300) -> Parts:
    """A minute in which failures come so many at once, each time on one part."""
    bad = [size * poisson(random, 0.02 * each / size) for _ in range(4)]
    return tuple((each - count, count) for count in bad)


def after(*minutes: Parts) -> Dispersion:
    """What some minutes show."""
    spread = NONE
    for parts in minutes:
        spread = spread.after(parts)
    return spread


@pytest.mark.parametrize("sizes", [(4, 6, 5), (1, 9, 3), (5, 5)])
def test_expected_is_the_mean_of_the_statistic_over_all_ways_to_place_the_bad_events(
    sizes: tuple[int, ...],
) -> None:
    for bad in range(1, sum(sizes)):
        mean = square = expected = variance = 0.0
        for chance, way in drawn_at_random(sizes, bad):
            parts = tuple((size - count, count) for size, count in zip(sizes, way, strict=True))
            one = after(parts)
            expected, variance = one.expected, one.variance
            mean += chance * one.statistic
            square += chance * one.statistic**2
        assert mean == pytest.approx(expected)
        assert square - mean**2 <= variance


def test_independent_requests_show_about_chance_and_are_mostly_taken_for_it() -> None:
    ratios, none = [], 0
    for seed in range(60):
        random = Random(seed)
        spread = after(*(by_chance(random) for _ in range(40)))
        ratios.append(spread.statistic / spread.expected)
        none += spread.phi == 1
    assert sum(ratios) / 60 == pytest.approx(1, abs=0.05)
    assert none >= 55


@pytest.mark.parametrize("size", [2, 4, 10])
def test_clusters_show_their_size(size: int) -> None:
    random = Random(size)
    spread = after(*(in_clusters(random, size) for _ in range(400)))
    assert spread.statistic / spread.expected == pytest.approx(size, rel=0.2)
    assert spread.phi == pytest.approx(2 * size - 1, rel=0.2)


def test_few_minutes_of_small_clusters_are_no_sign_yet() -> None:
    lucky = Dispersion(statistic=13.9, expected=10.0, variance=4.0)
    assert lucky.phi == 1
    assert replace(lucky, statistic=14.1).phi == pytest.approx(1.82)


def test_order_of_parts_does_not_matter_but_for_who_is_compared() -> None:
    random = Random(1)
    minutes = [in_clusters(random) for _ in range(5)]
    spread = after(*minutes)
    for order in permutations(range(4)):
        other = after(*(tuple(parts[i] for i in order) for parts in minutes))
        assert (other.statistic, other.expected, other.variance) == pytest.approx(
            (spread.statistic, spread.expected, spread.variance)
        )
        if order[0] == 0:
            assert other.a_a.log_wealth == pytest.approx(spread.a_a.log_wealth)


@pytest.mark.parametrize("make", [by_chance, in_clusters])
def test_standing_comparison_of_parts_that_are_alike_is_seldom_taken_for_a_regression(
    make: Callable[[Random], Parts],
) -> None:
    crossed, runs, alpha = 0, 60, 0.3
    for seed in range(runs):
        random, spread, highest = Random(seed), NONE, -inf
        for _ in range(40):
            spread = spread.after(make(random))
            highest = max(highest, spread.a_a.log_evidence)
        crossed += highest >= -log(alpha)
    assert upper_limit(crossed, runs) <= alpha


def test_standing_comparison_shows_a_first_part_that_is_sick() -> None:
    random, minutes, spread = Random(3), 0, NONE
    while spread.a_a.log_evidence < log(100) and minutes < 200:
        first, *others = by_chance(random)
        sick = binomial(random, sum(first), 0.1)
        spread = spread.after(((sum(first) - sick, sick), *others))
        minutes += 1
    assert spread.phi > 1
    assert minutes < 100


@pytest.mark.parametrize(
    "parts",
    [
        (),
        ((90, 10),),
        ((90, 10), (0, 0)),
        ((0, 0), (0, 0), (0, 0)),
        ((90, 0), (50, 0)),
        ((0, 90), (0, 50)),
    ],
    ids=["none", "one", "one and an empty one", "all empty", "no bad event", "bad ones only"],
)
def test_parts_that_cannot_be_compared_change_nothing(parts: Parts) -> None:
    before = after(by_chance(Random(1)))
    assert before.after(parts) == before


def test_empty_part_is_left_out() -> None:
    first, *others = by_chance(Random(2))
    assert after((first, (0, 0), *others)) == after((first, *others))
    empty_first = after(((0, 0), first, *others))
    assert empty_first.statistic == after((first, *others)).statistic
    assert empty_first.a_a.log_evidence == pytest.approx(0, abs=1e-9)


def test_huge_counts_of_parts_are_taken() -> None:
    spread = after(((10**9, 1), (1, 10**9), (10**9, 10**9)))
    assert 10**8 < spread.phi < inf
    assert spread.a_a.log_evidence < inf
