"""Labels are counted once, in the minute in which they arrived, whatever comes twice or breaks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from steelyard.aws.labels import Added, LabelBook
from steelyard.errors import NeedsHuman
from steelyard.evidence.counts import Labels
from steelyard.labels.ids import HORIZON
from tests.functional.fake_table import FakeTable
from tests.functional.labelling import (
    MINUTE,
    SPAN,
    TABLE,
    counted,
    never,
    report,
    reports,
)
from tests.functional.world import START, Clients, make_table


@pytest.fixture
def table() -> FakeTable:
    return FakeTable()


@pytest.fixture(params=["moto", "fake"])
def book(request: pytest.FixtureRequest, clients: Clients, table: FakeTable) -> LabelBook:
    """An empty book, its table as the data stack makes it."""
    if request.param == "fake":
        return LabelBook(TABLE, table, never)
    make_table(clients["dynamodb"], TABLE, "key", "at")
    return LabelBook(TABLE, clients["dynamodb"], never)


def test_labels_are_counted_by_variant_minute_and_segment(book: LabelBook) -> None:
    first = [
        report(1),
        report(2, wrong=True),
        report(3, segment="other"),
        report(4, variant="v2-r1"),
    ]
    assert book.add("completion", first, START + MINUTE / 2) == Added(4, 0, 1)
    assert book.add("completion", [report(5)], START + MINUTE) == Added(1, 0, 0)
    assert counted(book) == {
        "v1": {
            START: {"text": Labels(2, 1), "other": Labels(1, 0)},
            START + MINUTE: {"text": Labels(1, 0)},
        },
        "v2-r1": {START: {"text": Labels(1, 0)}},
    }


def test_what_was_counted_before_is_a_duplicate(book: LabelBook) -> None:
    assert book.add("completion", reports(300), START) == Added(300, 0, 0)
    before = counted(book)
    assert book.add("completion", reports(310), START + MINUTE) == Added(10, 300, 0)
    assert book.add("completion", reports(310), START + MINUTE) == Added(0, 310, 0)
    after = counted(book)
    assert {variant: {START: by[START]} for variant, by in after.items()} == before
    assert (
        sum(labels.labels for by in after.values() for m in by.values() for labels in m.values())
        == 310
    )


def test_first_of_two_reports_about_one_request_counts(book: LabelBook) -> None:
    twice = [report(1), report(1, wrong=True), report(1, variant="v2-r1")]
    assert book.add("completion", twice, START) == Added(1, 2, 0)
    assert counted(book) == {"v1": {START: {"text": Labels(1, 0)}}, "v2-r1": {}}


def test_same_id_of_another_endpoint_is_another_label(book: LabelBook) -> None:
    assert book.add("completion", [report(1)], START) == Added(1, 0, 0)
    assert book.add("chat", [report(1)], START) == Added(1, 0, 0)
    assert book.counts("chat", ["v1"], SPAN) == {"v1": {START: {"text": Labels(1, 0)}}}


def test_only_minutes_of_the_span_are_read(book: LabelBook) -> None:
    for minute in range(4):
        book.add("completion", [report(minute)], START + minute * MINUTE)
    found = counted(book, span=(START + MINUTE, START + 3 * MINUTE))
    assert list(found["v1"]) == [START + MINUTE, START + 2 * MINUTE]
    assert counted(book, span=(START, START)) == {"v1": {}, "v2-r1": {}}


def test_nothing_reported_counts_nothing(book: LabelBook) -> None:
    assert book.add("completion", [], START) == Added(0, 0, 0)
    assert counted(book) == {"v1": {}, "v2-r1": {}}


def test_marks_outlive_their_ids_and_counters_end_too(table: FakeTable) -> None:
    LabelBook(TABLE, table, never).add("completion", [report(1)], START)
    ends = {key[0].split("/")[0]: int(item["expires"]["N"]) for key, item in table.items.items()}
    assert ends["label"] > (START + HORIZON).timestamp()
    assert START.timestamp() < ends["count"] < (START + timedelta(days=90)).timestamp()


def test_full_batch_takes_few_transactions(table: FakeTable) -> None:
    LabelBook(TABLE, table, never).add("completion", reports(500), START)
    assert table.transactions == 6  # 98 marks and 2 counters each


def test_table_that_is_not_there_needs_a_person(clients: Clients) -> None:
    book = LabelBook("nowhere", clients["dynamodb"], never)
    with pytest.raises(NeedsHuman, match="ResourceNotFoundException"):
        book.add("completion", [report(1)], START)
    with pytest.raises(NeedsHuman, match="ResourceNotFoundException"):
        counted(book)
