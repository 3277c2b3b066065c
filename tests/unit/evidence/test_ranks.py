"""Ranks of latencies: exact over all ways to draw the canary's; and where the slowest begin."""

from __future__ import annotations

from functools import partial
from itertools import combinations, pairwise, product
from math import comb, exp, isfinite, lgamma, log, log1p
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.evidence.pending import Comparison, Counts
from steelyard.evidence.ranks import TILTS, canary_sum, cuts, normal_top
from steelyard.evidence.ranks import tilt_log_ratios as tilt

from .exact import CLOSE

NORMAL = NormalDist()
POOLS = ((1,) * 8, (5, 1, 1, 1), (3, 0, 3, 3), (2, 2, 2, 2), (6, 1, 1), (1, 1, 6), (4, 4), (7,))


def counts(requests: tuple[int, ...], bands: int) -> Counts:
    """Requests by band, from the band of each."""
    return tuple(requests.count(band) for band in range(bands))


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_canary_drawn_at_random_from_any_batch_gives_means_of_at_most_one(
    pool: Counts, share: float
) -> None:
    requests = tuple(band for band, count in enumerate(pool) for _ in range(count))
    drawn = max(1, round(share * len(requests)))
    sums = [0.0] * len(TILTS)
    for chosen in combinations(range(len(requests)), drawn):
        canary = counts(tuple(requests[i] for i in chosen), len(pool))
        stable = tuple(all_ - mine for all_, mine in zip(pool, canary, strict=True))
        sums = [s + exp(r) for s, r in zip(sums, tilt(canary, stable), strict=True)]
    assert max(sums) / comb(len(requests), drawn) <= 1 + CLOSE


def test_canary_that_is_stochastically_faster_gives_means_of_at_most_one() -> None:
    stable_law, canary_law = (0.2, 0.3, 0.5), (0.3, 0.4, 0.3)
    sums = [0.0] * len(TILTS)
    for canary, stable in product(product(range(3), repeat=2), product(range(3), repeat=4)):
        probability = 1.0
        for law, arm in ((canary_law, canary), (stable_law, stable)):
            for band in arm:
                probability *= law[band]
        found = tilt(counts(canary, 3), counts(stable, 3))
        sums = [s + probability * exp(r) for s, r in zip(sums, found, strict=True)]
    assert max(sums) <= 1 + CLOSE


def test_slower_canary_gains_and_a_faster_one_loses() -> None:
    stable, slower, faster = (100, 600, 400, 100), (1, 15, 24, 20), (20, 24, 15, 1)
    assert max(tilt(slower, stable)) > log(100)
    assert max(tilt(faster, stable)) < 0


@pytest.mark.parametrize(
    ("pooled", "bands"),
    [
        ((700, 270, 27, 3), (1, 2, 3)),
        ((0, 0, 700, 270, 27, 3, 0), (3, 4, 5)),
        ((100,) * 10, (7, 9, 9)),
        ((1,) * 10_000, (7_000, 9_700, 9_970)),
        ((97, 3), (1, 1, 1)),
        ((3, 97), (1, 1, 1)),
        ((0, 7, 0), (2, 2, 2)),
        ((7,), (0, 0, 0)),
    ],
    ids=["exact", "empty ends", "even", "fine", "two", "two, mostly slow", "one", "one band"],
)
def test_slowest_begin_where_about_their_share_of_all_requests_lies(
    pooled: Counts, bands: tuple[int, ...]
) -> None:
    assert cuts(pooled) == bands


BANDS_OF_MANY = st.lists(st.integers(0, 10**9), min_size=2, max_size=26).map(tuple).filter(any)


@given(BANDS_OF_MANY)
def test_slower_shares_begin_later_and_part_the_requests_where_they_can(pooled: Counts) -> None:
    found = cuts(pooled)
    assert list(found) == sorted(found)
    if sum(count > 0 for count in pooled) > 1:
        assert all(0 < sum(pooled[cut:]) < sum(pooled) for cut in found)


@given(BANDS_OF_MANY, st.integers(2, 1000))
def test_cuts_depend_on_shares_alone(pooled: Counts, k: int) -> None:
    assert cuts(tuple(k * count for count in pooled)) == cuts(pooled)


def test_tilt_is_the_gaussian_ratio_of_the_rank_sum() -> None:
    canary, stable = (1, 3, 5), (40, 40, 11)
    score = canary_sum(canary, stable, lambda k: normal_top(k, 100))
    assert tilt(canary, stable) == pytest.approx(
        [t * score - t * t / 2 * 9 * 91 / 100 for t in TILTS]
    )


def test_sums_of_both_arms_are_all_there_is() -> None:
    canary, stable = (3, 0, 5, 1), (40, 9, 40, 11)
    both = canary_sum(canary, stable, partial(min, 7)) + canary_sum(stable, canary, partial(min, 7))
    assert both == pytest.approx(7)
    normal = partial(normal_top, total=109)
    both = canary_sum(canary, stable, normal) + canary_sum(stable, canary, normal)
    assert both == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("total", "near"), [(2, 0.04), (3, 0.06), (10, 0.07), (21, 0.06)])
def test_sums_of_normal_scores_stay_just_below_expected_order_statistics(
    total: int, near: float
) -> None:
    expected = expected_order_statistics(total)
    for highest in range(1, total):
        exact = sum(expected[total - highest :])
        assert (1 - near) * exact <= normal_top(highest, total) <= exact + 1e-9
    assert normal_top(total, total) == 0


def expected_order_statistics(total: int) -> list[float]:
    """Of standard normal values, ascending, by numerical integration."""
    grid = 8000
    points = [((i + 0.5) / grid, NORMAL.inv_cdf((i + 0.5) / grid)) for i in range(grid)]
    return [
        sum(z * exp(_log_beta(rank, total) + (rank - 1) * log(u) + (total - rank) * log1p(-u))
            for u, z in points) / grid
        for rank in range(1, total + 1)
    ]  # fmt: skip


def _log_beta(rank: int, total: int) -> float:
    return lgamma(total + 1) - lgamma(rank) - lgamma(total - rank + 1)


@pytest.mark.parametrize("total", [2, 3, 8, 9, 100, 10**6])
def test_scores_never_fall_with_rank(total: int) -> None:
    ranks = range(min(total, 2000) + 1)
    sums = [normal_top(rank, total) for rank in ranks]
    scores = [more - less for less, more in pairwise(sums)]
    assert all(higher >= lower - 1e-9 for higher, lower in pairwise(scores))


ARM = st.lists(st.integers(0, 40), min_size=5, max_size=5).map(tuple).filter(any)


@given(canary=ARM, stable=ARM, data=st.data())
def test_one_request_a_band_up_never_counts_for_its_own_arm(
    canary: Counts, stable: Counts, data: st.DataObject
) -> None:
    before = tilt(canary, stable)
    slower = one_band_up(canary, data)
    after = tilt(slower, stable)
    assert all(a >= b - 1e-9 for a, b in zip(after, before, strict=True))
    after = tilt(canary, one_band_up(stable, data))
    assert all(a <= b + 1e-9 for a, b in zip(after, before, strict=True))


def one_band_up(arm: Counts, data: st.DataObject) -> Counts:
    """The arm with one request moved to the next band, where there is one."""
    bands = [band for band in range(len(arm) - 1) if arm[band]]
    if not bands:
        return arm
    band, moved = data.draw(st.sampled_from(bands)), list(arm)
    moved[band], moved[band + 1] = moved[band] - 1, moved[band + 1] + 1
    return tuple(moved)


HUGE = st.lists(st.integers(0, 10**12), min_size=4, max_size=4).map(tuple).filter(any)


@given(canary=HUGE, stable=HUGE)
def test_any_counts_give_finite_ratios(canary: Counts, stable: Counts) -> None:
    assert all(isfinite(ratio) for ratio in tilt(canary, stable))


def test_comparison_unpacks_into_canary_and_stable() -> None:
    comparison = Comparison(canary=(0, 9), stable=(90, 9))
    assert max(tilt(*comparison)) > 1
