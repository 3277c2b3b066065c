"""Counts wait until both arms can be compared, and none is lost or counted twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from steelyard.evidence import Arm, Batch
from steelyard.evidence.likelihood import Table
from steelyard.evidence.pending import LEAST_REQUESTS, Pending

from .simulation import START

COUNTS = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda pair: (max(pair), min(pair)))


def batch(canary: tuple[int, int], stable: tuple[int, int], percent: int = 5) -> Batch:
    """Requests and errors of both arms."""
    arms = (Arm(requests, {"errors": bad}) for requests, bad in (stable, canary))
    return Batch(START, percent, *arms)


def total(tables: list[Table]) -> Table:
    """Sums of the four counts."""
    return Table(*(sum(table[i] for table in tables) for i in range(4)))


def test_few_requests_wait_and_are_compared_together() -> None:
    waiting, tables = Pending().after(batch((4, 1), (80, 2)), "errors")
    assert tables == ()
    emptied, tables = waiting.after(batch((1, 0), (20, 1)), "errors")
    assert tables == (Table(5, 1, 100, 3),)
    assert emptied == Pending(canary_percent=5)


def test_change_of_share_compares_what_waits_and_keeps_shares_apart() -> None:
    waiting, _ = Pending().after(batch((4, 1), (80, 2)), "errors")
    after, tables = waiting.after(batch((3, 0), (9, 0), percent=10), "errors")
    assert tables == (Table(4, 1, 80, 2),)
    assert after == Pending(10, 3, 0, 9, 0)


def test_change_of_share_with_a_full_batch_compares_both() -> None:
    waiting, _ = Pending().after(batch((4, 1), (80, 2)), "errors")
    _, tables = waiting.after(batch((30, 0), (90, 0), percent=10), "errors")
    assert tables == (Table(4, 1, 80, 2), Table(30, 0, 90, 0))


def test_arm_without_requests_is_never_compared() -> None:
    waiting, tables = Pending().after(batch((50, 50), (0, 0), percent=95), "errors")
    assert tables == ()
    assert waiting.after(batch((50, 0), (0, 0), percent=10), "errors")[1] == ()


def test_metric_unmeasured_in_one_arm_changes_nothing() -> None:
    before = Pending(5, 1, 0, 9, 0)
    unmeasured = Batch(START, 10, Arm(90, {"errors": 1}), Arm(90, {}))
    assert before.after(unmeasured, "errors") == (before, ())


@given(st.lists(st.tuples(COUNTS, COUNTS), max_size=20))
def test_every_request_at_one_share_is_compared_once_or_waits(
    minutes: list[tuple[tuple[int, int], tuple[int, int]]],
) -> None:
    pending = Pending(canary_percent=5)
    compared: list[Table] = []
    for canary, stable in minutes:
        pending, tables = pending.after(batch(canary, stable), "errors")
        compared += tables
    waiting = Table(
        pending.canary_requests, pending.canary_bad, pending.stable_requests, pending.stable_bad
    )
    sent = [Table(*canary, *stable) for canary, stable in minutes]
    assert total([*compared, waiting]) == total(sent)
    assert all(min(t.canary_requests, t.stable_requests) >= LEAST_REQUESTS for t in compared)


@given(st.permutations([((1, 1), (30, 0)), ((1, 0), (9, 4)), ((2, 0), (7, 1)), ((1, 0), (4, 0))]))
def test_order_of_the_minutes_gathered_in_one_comparison_does_not_matter(
    minutes: list[tuple[tuple[int, int], tuple[int, int]]],
) -> None:
    pending = Pending(canary_percent=5)
    compared: list[Table] = []
    for canary, stable in minutes:
        pending, tables = pending.after(batch(canary, stable), "errors")
        compared += tables
    assert compared == [Table(5, 1, 50, 5)]
