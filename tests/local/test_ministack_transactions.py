"""DynamoDB's transactions on the local cloud: what counting labels rests on."""

from datetime import UTC, datetime, timedelta

import pytest

from steelyard.aws.labels import Added, LabelBook
from steelyard.evidence.counts import Labels
from steelyard.labels.reports import Report
from tests.local.running_cloud import RunningCloud

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SPAN = (START, START + 5 * MINUTE)


@pytest.fixture
def book(local_cloud: RunningCloud, request: pytest.FixtureRequest) -> LabelBook:
    """An empty book in a table of its own."""
    keys = [("key", "HASH"), ("at", "RANGE")]
    name = f"{request.node.name[:50]}-labels"
    local_cloud.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    return LabelBook(name, local_cloud.client("dynamodb"), _never)


def _never(_seconds: float) -> None:
    raise AssertionError("nothing to wait for")


def reports(numbers: range) -> list[Report]:
    """Reports about requests, a fifth of them wrong."""
    return [Report(f"id-{n}", START, "v1", "text", wrong=n % 5 == 0) for n in numbers]


def test_duplicates_are_named_and_all_others_counted(book: LabelBook) -> None:
    assert book.add("completion", reports(range(250)), START) == Added(250, 0, 0)
    assert book.add("completion", reports(range(200, 300)), START + MINUTE) == Added(50, 50, 0)
    assert book.counts("completion", ["v1", "v2"], SPAN) == {
        "v1": {START: {"text": Labels(250, 50)}, START + MINUTE: {"text": Labels(50, 10)}},
        "v2": {},
    }
