"""Whatever breaks between intake and table: the client repeats, and each label counts once."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.aws.labels import Added, LabelBook
from steelyard.errors import EndpointBusy, NeedsHuman
from tests.functional.fake_table import FakeTable, cancelled, lost_answer
from tests.functional.labelling import (
    MINUTE,
    TABLE,
    Crashed,
    counted,
    crash,
    never,
    once,
    report,
    reports,
)
from tests.functional.world import START


@pytest.fixture
def table() -> FakeTable:
    """An empty table."""
    return FakeTable()


def test_lost_answer_counts_once_when_the_client_repeats(table: FakeTable) -> None:
    def lose() -> None:
        raise lost_answer()

    book = LabelBook(TABLE, table, never)
    table.after = [lambda: None, lose]
    with pytest.raises(EndpointBusy):
        book.add("completion", reports(250), START)
    assert book.add("completion", reports(250), START + MINUTE) == Added(54, 196, 0)
    found = [
        labels.labels
        for minutes in counted(book).values()
        for segments in minutes.values()
        for labels in segments.values()
    ]
    assert sum(found) == 250


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("transaction", range(4))
def test_crash_anywhere_loses_nothing_and_counts_nothing_twice(
    table: FakeTable, when: str, transaction: int
) -> None:
    setattr(table, when, [*[lambda: None] * transaction, crash])
    book = LabelBook(TABLE, table, never)
    with pytest.raises(Crashed):
        book.add("completion", reports(350), START)
    book.add("completion", reports(350), START)
    assert counted(book) == once(reports(350))


@pytest.mark.parametrize(
    "codes", [("None", "TransactionConflict"), ("TransactionConflict", "None")]
)
def test_conflict_with_another_intake_is_tried_again_after_a_pause(
    table: FakeTable, codes: tuple[str, str]
) -> None:
    """On the counter, or on the mark: the same report may be under way twice."""

    def conflict() -> None:
        raise cancelled(*codes)

    pauses: list[float] = []
    table.before = [conflict, conflict]
    chances = iter([1.0, 0.0])
    book = LabelBook(TABLE, table, pauses.append, lambda: next(chances))
    assert book.add("completion", [report(1)], START) == Added(1, 0, 0)
    assert pauses == [0.04, 0.04]  # the second could have been twice as long


def test_two_intakes_in_conflict_do_not_pause_alike(table: FakeTable) -> None:
    def conflict() -> None:
        raise cancelled("None", "TransactionConflict")

    pauses: list[float] = []
    for seed in (1, 2):
        table.before = [conflict] * 5
        book = LabelBook(TABLE, table, pauses.append, Random(seed).random)
        book.add("completion", [report(seed)], START)
    assert len(set(pauses)) == 10


def test_conflict_that_lasts_is_the_clients_to_repeat(table: FakeTable) -> None:
    def conflict() -> None:
        raise cancelled("None", "TransactionConflict")

    table.before = [conflict] * 100
    pauses: list[float] = []
    with pytest.raises(EndpointBusy, match="TransactionConflict"):
        LabelBook(TABLE, table, pauses.append).add("completion", [report(1)], START)
    assert sum(pauses) < 2
    assert table.items == {}


def test_duplicate_found_in_a_conflict_is_left_out(table: FakeTable) -> None:
    def both() -> None:
        raise cancelled("ConditionalCheckFailed", "None", "TransactionConflict")

    book = LabelBook(TABLE, table, never)
    book.add("completion", [report(1)], START)
    table.before = [both]
    assert book.add("completion", [report(1), report(2)], START) == Added(1, 1, 0)


def test_refusal_for_good_is_not_tried_again(table: FakeTable) -> None:
    def refuse() -> None:
        raise cancelled("ValidationError", "None")

    table.before = [refuse]
    with pytest.raises(NeedsHuman, match="ValidationError"):
        LabelBook(TABLE, table, never).add("completion", [report(1)], START)


@given(
    order=st.permutations(range(60)),
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    repeated=st.lists(st.integers(0, 59), max_size=60),
)
def test_any_order_and_repetition_of_batches_gives_the_same_counters(
    order: list[int], sizes: list[int], repeated: list[int]
) -> None:
    table = FakeTable()
    book = LabelBook(TABLE, table, never)
    every = reports(60)
    left = [every[n] for n in [*order, *repeated]]
    added = 0
    while left:
        size = sizes[added % len(sizes)]
        book.add("completion", left[:size], START)
        left, added = left[size:], added + 1
    assert counted(book) == once(every)
