"""What was tampered with is told to people, holds up nothing, and overwrites nothing."""

from __future__ import annotations

import json

import pytest

from steelyard.aws.archive import Archive
from steelyard.aws.ledger import Ledger
from tests.functional.archive.stream import BUCKET, Stream, archived, doctored, told
from tests.functional.conftest import TABLE, Pages
from tests.functional.fake_sagemaker import denied
from tests.functional.test_ledger import append
from tests.functional.world import World

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")


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
