"""cli/judging/latency.py: buckets of any bounds, shifted so that harm is never overstated."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from math import inf

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.judging.latency import Buckets

on_a_busy_machine = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def counted(latencies: Iterable[float], bounds: Sequence[float]) -> tuple[int, ...]:
    """Requests by bucket; a bound belongs to the bucket below it."""
    made = [0] * len(bounds)
    for latency in latencies:
        made[bisect_left(bounds, latency)] += 1
    return tuple(made)


def from_above(counts: Sequence[int]) -> list[int]:
    return list(accumulate(reversed(counts)))


latencies = st.lists(st.integers(1, 10_000), max_size=30)
margins = st.floats(1, 3) | st.sampled_from([1.0, 1.1, 1.5, 2.0])
limits = st.lists(st.integers(1, 9_999) | st.floats(1, 9_999), min_size=1, max_size=12, unique=True)


@on_a_busy_machine
@given(latencies, limits, margins)
def test_shifted_counts_never_lie_above_the_divided_latencies(
    slower: list[int], some: list[float], margin: float
) -> None:
    bounds = (*sorted(some), inf)
    shifted = Buckets(bounds, margin).shifted(counted(slower, bounds))
    exact = counted([latency / margin for latency in slower], bounds)
    assert sum(shifted) == sum(exact)
    assert all(a <= b for a, b in zip(from_above(shifted), from_above(exact), strict=True))


@on_a_busy_machine
@given(latencies, st.sampled_from([1.05, 1.1, 1.3, 1.5, 2.0]), st.sampled_from([round, float]))
def test_bounds_in_steps_of_the_margin_lose_nothing(
    slower: list[int], margin: float, written_as: Callable[[float], float]
) -> None:
    bounds = (*(written_as(1000 * margin**power) for power in range(30)), inf)
    shifted = Buckets(bounds, margin).shifted(counted(slower, bounds))
    # One bucket down each; the lowest one has nowhere to go.
    counts = counted(slower, bounds)
    assert shifted == (counts[0] + counts[1], *counts[2:], 0)


@on_a_busy_machine
@given(latencies, limits)
def test_without_a_margin_nothing_is_shifted(found: list[int], some: list[float]) -> None:
    bounds = (*sorted(some), inf)
    assert Buckets(bounds, 1.0).shifted(counted(found, bounds)) == counted(found, bounds)


def test_wide_buckets_are_shifted_as_a_whole() -> None:
    assert Buckets((20_000, 50_000, inf), 1.1).shifted((1, 2, 4)) == (3, 4, 0)
    assert Buckets((20_000, 50_000), 1.1).shifted((1, 2)) == (3, 0)


def test_quotient_that_rounding_lifts_over_a_bound_stays_below_it() -> None:
    assert 21 / 1.4 > 15
    assert Buckets((15, 20, 28), 1.4).shifted((0, 0, 4)) == (4, 0, 0)


@pytest.mark.parametrize(
    ("than", "slow"), [(5_000, 7), (20_000, 6), (20_001, 6), (50_000, 4), (60_000, 4)]
)
def test_bucket_on_both_sides_of_the_limit_counts_as_slow(than: float, slow: int) -> None:
    assert Buckets((20_000, 50_000, inf), 1.1).slower((1, 2, 4), than) == slow


def test_no_bound_above_leaves_nothing_slow() -> None:
    assert Buckets((20_000, 50_000), 1.1).slower((1, 2), 50_000) == 0
