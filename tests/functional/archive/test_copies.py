"""Every entry is copied once, whatever is lost and wherever the Lambda dies."""

from __future__ import annotations

import pytest

from steelyard.aws.archive import Archive
from tests.functional.archive.stream import Stream, archived, told
from tests.functional.conftest import Pages
from tests.functional.fake_sagemaker import denied
from tests.functional.world import World, lost_answer

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")


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
