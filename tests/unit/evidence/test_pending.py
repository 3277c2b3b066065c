"""Counts wait until both arms can be compared, and none is lost or counted twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from steelyard.evidence.likelihood import Table
from steelyard.evidence.pending import LEAST_REQUESTS, Comparison, Counts, Pending

COUNTS = st.tuples(st.integers(0, 9), st.integers(0, 9))
Minutes = list[tuple[Counts, Counts]]


def compared(minutes: Minutes) -> tuple[Pending, list[Comparison]]:
    """What waits and what was compared after minutes at one share."""
    pending, comparisons = Pending(5), list[Comparison]()
    for canary, stable in minutes:
        pending, more = pending.after(5, canary, stable)
        comparisons += more
    return pending, comparisons


def total(counts: list[Counts]) -> Counts:
    """The sums."""
    return (sum(one[0] for one in counts), sum(one[1] for one in counts))


def test_few_requests_wait_and_are_compared_together() -> None:
    waiting, comparisons = Pending().after(5, (3, 1), (78, 2))
    assert comparisons == ()
    emptied, comparisons = waiting.after(5, (1, 0), (19, 1))
    assert comparisons == (((4, 1), (97, 3)),)
    assert comparisons[0].table == Table(5, 1, 100, 3)
    assert emptied == Pending(canary_percent=5)


def test_change_of_share_compares_what_waits_and_keeps_shares_apart() -> None:
    waiting, _ = Pending().after(5, (3, 1), (78, 2))
    after, comparisons = waiting.after(10, (3, 0), (9, 0))
    assert comparisons == (((3, 1), (78, 2)),)
    assert after == Pending(10, (3, 0), (9, 0))


def test_change_of_share_with_a_full_batch_compares_both() -> None:
    waiting, _ = Pending().after(5, (3, 1), (78, 2))
    _, comparisons = waiting.after(10, (30, 0), (90, 0))
    assert comparisons == (((3, 1), (78, 2)), ((30, 0), (90, 0)))


def test_arm_without_requests_is_never_compared() -> None:
    waiting, comparisons = Pending().after(95, (0, 50), (0, 0))
    assert comparisons == ()
    assert waiting.after(10, (50, 0), (0, 0))[1] == ()


def test_batch_without_requests_in_both_arms_changes_nothing() -> None:
    before = Pending(5, (1, 0), (9, 0))
    assert before.after(10, (0, 0), (0, 0)) == (before, ())


def test_counts_by_band_wait_band_by_band() -> None:
    waiting, _ = Pending().after(5, (1, 0, 1, 0), (9, 1, 0, 0))
    _, comparisons = waiting.after(5, (0, 2, 0, 1), (0, 1, 3, 9))
    assert comparisons == (((1, 2, 1, 1), (9, 2, 3, 9)),)


@given(st.lists(st.tuples(COUNTS, COUNTS), max_size=20))
def test_every_request_at_one_share_is_compared_once_or_waits(minutes: Minutes) -> None:
    pending, comparisons = compared(minutes)
    waiting = [Comparison(pending.canary or (0, 0), pending.stable or (0, 0))]
    for arm in (0, 1):
        sent = [minute[arm] for minute in minutes]
        assert total([one[arm] for one in comparisons + waiting]) == total(sent)
        assert all(sum(one[arm]) >= LEAST_REQUESTS for one in comparisons)


@given(st.permutations([((0, 1), (30, 0)), ((1, 0), (5, 4)), ((2, 0), (6, 1)), ((1, 0), (4, 0))]))
def test_order_of_the_minutes_gathered_in_one_comparison_does_not_matter(minutes: Minutes) -> None:
    assert compared(minutes)[1] == [((4, 1), (45, 5))]
