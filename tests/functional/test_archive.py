"""The archive's Lambda: every entry is copied once, whatever is lost, and changes are told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.session
import pytest

from steelyard.aws.archive import Archive
from steelyard.aws.ledger import Ledger
from tests.functional.archiving import BUCKET, Stream, doctored, make_bucket
from tests.functional.conftest import TABLE, Pages
from tests.functional.fake_sagemaker import REGION, denied
from tests.functional.test_ledger import append
from tests.functional.world import Clients, World, lost_answer

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")


@pytest.fixture
def archive(clients: Clients) -> Archive:
    """An empty archive."""
    return make_bucket(clients)


@pytest.fixture(scope="module")
def session(session_clients: Clients) -> botocore.session.Session:
    """What the handler's clients come from; they lead into the test's world."""
    made = botocore.session.Session()
    session_clients.attach(made.get_component("event_emitter"))
    return made


@pytest.fixture(scope="module")
def handler() -> Iterator[Callable[..., dict[str, Any]]]:
    """The handler in its environment: one process, so that it makes its clients once."""
    environment = {
        "STEELYARD_LEDGER_TABLE": TABLE,
        "STEELYARD_ARCHIVE_BUCKET": BUCKET,
        "STEELYARD_TOPIC_ARN": f"arn:aws:sns:{REGION}:123456789012:pages",
        "POWERTOOLS_SERVICE_NAME": "steelyard",
        "POWERTOOLS_METRICS_NAMESPACE": "SteelyardOperations",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        from steelyard.archive_composition import archiver  # noqa: PLC0415 - reads the environment
        from steelyard.handlers.archive import handler  # noqa: PLC0415

        archiver.cache_clear()
        yield handler
        archiver.cache_clear()


@pytest.fixture
def stream(  # noqa: PLR0913, PLR0917 - all of its parts
    clients: Clients,
    ledger: Ledger,
    archive: Archive,
    pages: Pages,
    session: botocore.session.Session,
    handler: Callable[..., dict[str, Any]],
) -> Stream:
    """The handler behind a table with five entries."""
    boto3.setup_default_session(botocore_session=session)  # moto takes it back after each test
    assert pages.topic == f"arn:aws:sns:{REGION}:123456789012:pages"
    entry = None
    for _ in range(5):
        entry = append(ledger, entry)
    assert archive.copies("completion") == {}
    return Stream(handler, ledger, clients)


def told(pages: Pages, world: World) -> list[str]:
    """What people were told; the alarm's metric must have heard as often."""
    found = [page["Message"] for page in pages.read()]
    published = [c for c in world.calls if c.operation == "PutMetricData"]
    assert len(published) == len(found)
    for call in published:
        assert call.params["Namespace"] == "Steelyard"
        (datum,) = call.params["MetricData"]
        assert datum["MetricName"] == "Tampering"
        assert datum["Dimensions"] == [{"Name": "Ledger", "Value": TABLE}]
        assert datum["Value"] >= 1
    world.calls.clear()
    return found


def archived(archive: Archive, endpoint: str = "completion") -> list[object]:
    """The archive's items, oldest first, as they were first written."""
    return [archive.oldest(copy) for _, copy in sorted(archive.copies(endpoint).items())]


def test_entries_are_copied_as_the_table_has_them_and_nobody_is_called(
    stream: Stream, archive: Archive, pages: Pages, world: World
) -> None:
    items = stream.items()
    assert stream.appended(*items) == []
    assert archived(archive) == items
    assert told(pages, world) == []


def test_record_that_comes_twice_changes_nothing(
    stream: Stream, archive: Archive, pages: Pages, world: World
) -> None:
    items = stream.items()
    stream.appended(*items)
    stream.appended(*reversed(items))
    assert archived(archive) == items
    assert {copy.others for copy in archive.copies("completion").values()} == {0}
    assert told(pages, world) == []


@pytest.mark.parametrize("heard", [[4], [1, 4], [0, 3], [2, 0, 4]])
def test_lost_records_are_brought_along_by_the_next(
    stream: Stream, archive: Archive, pages: Pages, world: World, heard: list[int]
) -> None:
    items = stream.items()
    stream.appended(*(items[number] for number in heard))
    assert archived(archive) == items[: max(heard) + 1]
    assert told(pages, world) == []


@pytest.mark.parametrize("puts", range(5))
def test_what_is_archived_has_all_before_it_wherever_the_lambda_dies(
    stream: Stream, archive: Archive, world: World, puts: int
) -> None:
    items = stream.items()
    world.before["PutObject"] = [*(lambda: None for _ in range(puts)), lost_answer, lost_answer]
    with pytest.raises(Exception, match=r"archive entry"):
        stream.appended(items[4])
    assert archived(archive) == items[:puts]
    world.before.clear()
    assert stream.appended(items[4]) == []
    assert archived(archive) == items


def test_copy_whose_answer_was_lost_is_found_and_is_no_tampering(
    stream: Stream, archive: Archive, pages: Pages, world: World
) -> None:
    world.after["PutObject"] = [lost_answer]
    items = stream.items()
    with pytest.raises(Exception, match="archive entry 1"):
        stream.appended(items[0])
    assert archived(archive) == items[:1]
    assert stream.appended(items[0]) == []
    assert told(pages, world) == []


def test_one_that_can_not_be_archived_comes_again_and_the_others_do_not(
    stream: Stream, archive: Archive, world: World
) -> None:
    def refused() -> None:
        raise denied("PutObject")

    items = stream.items()
    world.before["PutObject"] = [lambda: None, refused]
    record = stream.record("INSERT", after=items[0])
    failing = stream.record("INSERT", after=items[1])
    assert stream.send(record, failing) == [failing["dynamodb"]["SequenceNumber"]]
    assert archived(archive) == items[:1]


def test_changed_entry_is_told_and_never_overwritten(
    stream: Stream, archive: Archive, pages: Pages, world: World
) -> None:
    items = stream.items()
    stream.appended(*items)
    after = doctored(items[2], decision={**json.loads(items[2]["decision"]["S"]), "reason": "ok"})
    assert stream.changed(items[2], after) == []
    (message,) = told(pages, world)
    assert "version 000000000003 of 'completion' was changed in the table" in message
    assert archived(archive) == items


def test_entry_changed_or_removed_before_it_was_archived_is_kept_as_it_was(
    stream: Stream, archive: Archive, pages: Pages, world: World
) -> None:
    items = stream.items()
    stream.changed(items[1], doctored(items[1], at="2026-03-02T10:00:00+00:00"))
    stream.changed(items[2], None)
    stream.appended(items[4])
    assert archived(archive) == items[:2] + items[2:]
    changed, removed = told(pages, world)
    assert "was changed in the table" in changed
    assert "was removed from the table" in removed


def test_entry_that_nobody_has_any_more_is_named_and_the_others_are_archived(
    stream: Stream, archive: Archive, pages: Pages, world: World
) -> None:
    items = stream.items()
    keys = {key: items[2][key] for key in ("endpoint", "version")}
    stream.clients["dynamodb"].delete_item(TableName=TABLE, Key=keys)
    stream.appended(items[4])
    (message,) = told(pages, world)
    assert "version 3 of 'completion' is neither in the table nor in the archive" in message
    assert archived(archive) == [*items[:2], *items[3:]]


def test_table_that_differs_from_the_archive_is_told_by_the_next_entry(
    stream: Stream, archive: Archive, pages: Pages, world: World, ledger: Ledger
) -> None:
    items = stream.items()
    stream.appended(*items)
    forged = doctored(items[4], hash="f" * 64)
    stream.clients["dynamodb"].put_item(TableName=TABLE, Item=forged)
    append(ledger, ledger.latest("completion"))
    stream.appended(stream.items()[5])
    (message,) = told(pages, world)
    assert "version 000000000006 of 'completion' does not continue the one before it" in message
    stream.appended(forged)
    (message,) = told(pages, world)
    assert "000000000005 of 'completion' differs from its archived copy in hash" in message
    assert "000000000005 of 'completion' has a hash that is not its own" in message
    assert archived(archive)[4] == items[4]


def test_entry_of_newer_code_is_copied_without_a_word(
    stream: Stream, archive: Archive, pages: Pages, world: World
) -> None:
    items = stream.items()
    newer = doctored(items[1], more="of it") | {"form": {"N": "99"}}
    stream.appended(items[0], newer)
    assert archived(archive) == [items[0], newer]
    assert told(pages, world) == []


@pytest.mark.parametrize(
    ("endpoint", "version"),
    [("completion", "6"), ("completion", "zzz"), ("../x", "0" * 11 + "1"), ("e\n", "0" * 11 + "1")],
)
def test_item_that_is_no_entry_is_told_and_holds_up_nothing(  # noqa: PLR0913, PLR0917 - fixtures
    stream: Stream, archive: Archive, pages: Pages, world: World, endpoint: str, version: str
) -> None:
    stray = {"endpoint": {"S": endpoint}, "version": {"S": version}}
    stream.clients["dynamodb"].put_item(TableName=TABLE, Item=stray)
    items = stream.items()[:5]
    assert stream.appended(stray, items[4]) == []
    (message,) = told(pages, world)
    assert f"{endpoint!r} has an item that is no entry, under version {version!r}" in message
    assert len(archive.copies("completion")) == 5


@pytest.mark.parametrize(
    "fields", [{"seen": "["}, {"at": "noon"}, {"at": "0001-01-01T00:00:00+14:00"}, {"state": "1"}]
)
def test_entry_that_is_garbage_is_told_and_archived(
    stream: Stream, archive: Archive, pages: Pages, world: World, fields: dict[str, str]
) -> None:
    garbage = doctored(stream.items()[0], **fields)
    assert stream.appended(garbage) == []
    assert archived(archive) == [garbage]
    assert "has a hash that is not its own" in told(pages, world)[0]


@pytest.mark.parametrize("body", [b"", b"[", b"[1]", b"{}", b"[" * 100_000])
def test_copy_that_somebody_else_put_there_first_is_told(
    stream: Stream, pages: Pages, world: World, body: bytes
) -> None:
    key = f"ledger/completion/{1:012d}.json"
    stream.clients["s3"].put_object(Bucket=BUCKET, Key=key, Body=body)
    assert stream.appended(stream.items()[0]) == []
    assert "000000000001 of 'completion' differs from its archived copy" in told(pages, world)[0]


def test_page_that_can_not_be_sent_is_sent_with_the_next_attempt(
    stream: Stream, pages: Pages, world: World
) -> None:
    def refused() -> None:
        raise denied("Publish")

    items = stream.items()
    stream.appended(*items)
    world.before["Publish"] = [refused]
    record = stream.record("REMOVE", items[0])
    with pytest.raises(Exception, match="page: "):
        stream.send(record)
    assert stream.send(record) == []
    assert len(told(pages, world)) == 1
