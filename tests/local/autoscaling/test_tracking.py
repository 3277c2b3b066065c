"""Target tracking by itself: when a count changes, by how much, and what a cooldown blocks."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.autoscaling.tracking import Change, Tracking, tracked_count

TEN = Tracking(10.0)
MINUTES = st.lists(st.none() | st.floats(0, 1000), min_size=15, max_size=15)


def count_after(
    minutes: Sequence[float | None], count: int = 2, last: Change | None = None, now: float = 0.0
) -> int:
    """The wanted count after these last minutes; those before them had the target's load."""
    return tracked_count(TEN, [*[10.0] * (15 - len(minutes)), *minutes], count, last, now)


@pytest.mark.parametrize(
    ("minutes", "wanted"),
    [
        ([25, 25, 25], 5),
        ([11, 11, 30], 6),  # the latest minute counts
        ([25, 25], 2),  # two minutes are too few
        ([25, 10, 25], 2),  # one of the three is not above the target
        ([25, None, 25], 2),
        ([25, 25, None], 2),
        ([], 2),
    ],
)
def test_three_minutes_above_the_target_scale_out_in_proportion(
    minutes: list[float | None], wanted: int
) -> None:
    assert count_after(minutes) == wanted


@pytest.mark.parametrize(
    ("minutes", "wanted"),
    [
        ([4.0] * 15, 2),
        ([4.0] * 14 + [5.1], 3),  # the busiest minute counts: 4 x 5.1 / 10
        ([8.9] * 15, 4),  # rounded up
        ([4.0] * 14, 4),  # fourteen minutes are too few
        ([9.0] + [4.0] * 14, 4),  # nine tenths of the target is not below it
        ([None] + [4.0] * 14, 4),
        ([None] * 15, 4),  # no data: AWS scales nothing then, not even in
        ([0.0] * 15, 1),
    ],
)
def test_fifteen_minutes_well_below_the_target_scale_in(
    minutes: list[float | None], wanted: int
) -> None:
    assert count_after(minutes, count=4) == wanted


def test_policy_without_scale_in_never_scales_in() -> None:
    assert tracked_count(Tracking(10.0, scales_in=False), [1.0] * 15, 4, None, 0.0) == 4


def test_capacity_just_added_counts_in_the_cooldown_after_it() -> None:
    grown = Change(before=1, after=3, ended=100.0)
    # The minutes still show what the one instance of before had: 30 each is what 3 were made for.
    assert count_after([30, 30, 30], count=3, last=grown, now=399) == 3
    assert count_after([50, 50, 50], count=3, last=grown, now=399) == 5
    assert count_after([30, 30, 30], count=3, last=grown, now=400) == 9


def test_scale_in_waits_for_the_cooldown_of_the_last_one() -> None:
    shrunk = Change(before=5, after=4, ended=100.0)
    assert count_after([1.0] * 15, count=4, last=shrunk, now=399) == 4
    assert count_after([1.0] * 15, count=4, last=shrunk, now=400) == 1


def test_scale_out_does_not_wait_for_the_cooldown_of_a_scale_in() -> None:
    shrunk = Change(before=5, after=4, ended=100.0)
    assert count_after([20, 20, 20], count=4, last=shrunk, now=101) == 8


@given(MINUTES, st.integers(1, 20))
def test_count_is_never_below_one_and_moves_against_the_gap(
    minutes: list[float | None], count: int
) -> None:
    wanted = tracked_count(TEN, minutes, count, None, 0.0)
    assert wanted >= 1
    latest = minutes[-1]
    if wanted > count:
        assert latest is not None
        assert latest > 10
    if wanted < count:
        assert latest is not None
        assert latest < 9
