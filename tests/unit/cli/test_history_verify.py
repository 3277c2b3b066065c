"""What `history --verify` finds in ledgers that were tampered with, and says of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cli.history_checks import Failure, Item, Kept, Records, difference, version_of
from steelyard.aws.ledger import GENESIS, digest, entry_of
from tests.unit.cli.replayed import played
from tests.unit.cli.told import Shelf

DICTIONARIES = ("trigger", "seen", "decision", "state")
VICTIM = 8
Doctor = Callable[[list[Item]], None]


@pytest.fixture(scope="module")
def written() -> list[Item]:
    """The items of a rollout that was rolled back."""
    shelf = Shelf()
    played(bad=0.1, minutes=6, shelf=shelf)
    return shelf.items


def records(written: list[Item], doctor: Doctor | None = None, **changes: Any) -> Records:
    """The ledger, its table doctored, with an archive of what was written."""
    items = deepcopy(written)
    if doctor is not None:
        doctor(items)
    archive = {version_of(item): Kept(item) for item in written}
    now = entry_of(written[-1]).at + timedelta(minutes=1)
    return replace(Records(items, archive, now), **changes)


def first(found: Records) -> Failure:
    """What is told."""
    return found.failures()[0]


def rechained(items: list[Item]) -> None:
    """Give every item the hash that is its own and the one before it."""
    previous = GENESIS
    for number, item in enumerate(items):
        entry = replace(entry_of(item), previous=previous)
        previous = digest(previous, entry.body)
        items[number] = item | {"previous": {"S": entry.previous}, "hash": {"S": previous}}


def rewritten(item: Item, field: str, change: Callable[[dict[str, Any]], None]) -> Item:
    """An item with something else in one of its dictionaries."""
    value = json.loads(item[field]["S"])
    change(value)
    return item | {field: {"S": json.dumps(value, sort_keys=True)}}


def changing(field: str) -> Doctor:
    """Change one field of one entry."""

    def doctor(items: list[Item]) -> None:
        item = items[VICTIM - 1]
        if field in DICTIONARIES:
            items[VICTIM - 1] = rewritten(item, field, lambda value: value.update(forged=1))
        elif field == "form":
            items[VICTIM - 1] = item | {"form": {"N": "0"}}
        elif field == "at":
            items[VICTIM - 1] = item | {"at": {"S": "2026-03-02T09:00:01+00:00"}}
        else:
            items[VICTIM - 1] = item | {field: {"S": "f" * 64}}

    return doctor


def test_ledger_as_it_was_written_passes(written: list[Item]) -> None:
    assert len(written) > VICTIM + 2
    assert records(written).failures() == []
    assert records(written, archive=None).failures() == []


@pytest.mark.parametrize("field", [*DICTIONARIES, "form", "at", "previous", "hash"])
def test_any_field_of_an_entry_that_was_changed_is_found(written: list[Item], field: str) -> None:
    found = first(records(written, changing(field)))
    assert (found.version, found.check, found.means) == (VICTIM, "chain", "changed in the table")
    found = first(records(written, changing(field), archive=None))
    assert (found.version, found.check) == (VICTIM, "chain")
    assert found.means == "changed in the table; no archived copy says what it was"


@pytest.mark.parametrize("field", ["endpoint", "version"])
def test_changed_key_is_found(written: list[Item], field: str) -> None:
    def doctor(items: list[Item]) -> None:
        value = "other" if field == "endpoint" else "000000000099"
        items[VICTIM - 1] = items[VICTIM - 1] | {field: {"S": value}}

    assert first(records(written, doctor)).version == VICTIM


@pytest.mark.parametrize("number", [0, VICTIM - 1, -1])
def test_removed_entry_is_found_even_if_it_was_the_last(written: list[Item], number: int) -> None:
    version = version_of(written[number])
    found = first(records(written, lambda items: items.remove(items[number])))
    assert (found.version, found.check) == (version, "versions")
    assert found.means == "removed from the table; the archive has it"


def test_swapped_entries_are_found(written: list[Item]) -> None:
    def doctor(items: list[Item]) -> None:
        one, other = items[VICTIM - 1], items[VICTIM]
        items[VICTIM - 1] = other | {"version": one["version"]}
        items[VICTIM] = one | {"version": other["version"]}

    found = records(written, doctor).failures()
    assert {(f.version, f.check) for f in found} >= {(VICTIM, "chain"), (VICTIM + 1, "chain")}
    assert found[0].version == VICTIM


def lied(items: list[Item]) -> None:
    """Another reason, and all hashes from there on computed anew."""
    item = items[VICTIM - 1]
    items[VICTIM - 1] = rewritten(item, "decision", lambda d: d.update(reason="all was well"))
    rechained(items)


def test_chain_that_was_computed_anew_is_found_by_the_archive(written: list[Item]) -> None:
    found = first(records(written, lied))
    assert (found.version, found.check) == (VICTIM, "archive")
    assert found.means == "changed in the table; the chain was computed anew from here"
    assert "all was well" in found.what


def test_chain_that_was_computed_anew_without_an_archive_is_found_by_replay(
    written: list[Item],
) -> None:
    found = first(records(written, lied, archive=None))
    assert (found.version, found.check) == (VICTIM, "replay")
    assert found.what.startswith("decision.reason is 'all was well', not ")


def test_entry_that_continues_another_past_is_found(written: list[Item]) -> None:
    def doctor(items: list[Item]) -> None:
        entry = replace(entry_of(items[VICTIM - 1]), previous="f" * 64)
        own = digest(entry.previous, entry.body)
        items[VICTIM - 1] |= {"previous": {"S": entry.previous}, "hash": {"S": own}}

    found = first(records(written, doctor, archive=None))
    assert (found.version, found.check) == (VICTIM, "chain")
    assert found.what.startswith("previous is ffffffffffff, not ")


def test_state_that_does_not_follow_is_found_by_replay(written: list[Item]) -> None:
    def doctor(items: list[Item]) -> None:
        item = items[VICTIM - 1]
        items[VICTIM - 1] = rewritten(item, "state", lambda state: state.update(epoch=99))
        rechained(items)

    found = first(records(written, doctor, archive=None))
    assert (found.version, found.check) == (VICTIM, "replay")
    assert found.what.startswith("state.epoch is 99, not ")


def test_change_that_replay_can_not_see_takes_the_archive(written: list[Item]) -> None:
    def doctor(items: list[Item]) -> None:
        def renamed(trigger: dict[str, Any]) -> None:
            trigger["about"] = "someone else"

        items[VICTIM - 1] = rewritten(items[VICTIM - 1], "trigger", renamed)
        rechained(items)

    assert records(written, doctor, archive=None).failures() == []
    assert first(records(written, doctor)).what.startswith("trigger.about is 'someone else'")


def test_decisions_that_this_code_would_not_take_are_named_and_nothing_worse(
    written: list[Item],
) -> None:
    items = deepcopy(written)
    lied(items)
    archive = {version_of(item): Kept(item) for item in items}
    (found,) = Records(items, archive, entry_of(items[-1]).at).failures()
    assert (found.version, found.check) == (VICTIM, "replay")
    assert found.means == "decided by another version of Steelyard, or written by somebody else"


def test_archive_that_was_changed_is_told_from_a_table_that_was(written: list[Item]) -> None:
    kept = records(written).archive or {}
    forged = written[VICTIM - 1] | {"at": {"S": "2026-03-02T09:00:01+00:00"}}
    found = first(records(written, archive={**kept, VICTIM: Kept(forged)}))
    assert (found.check, found.means) == ("archive", "changed in the archive")
    found = first(records(written, archive={**kept, VICTIM: Kept(written[VICTIM - 1], 1)}))
    assert found.what == "1 more copies or delete markers lie over the first one"


def test_copy_that_is_missing_fails_in_the_middle_and_waits_at_the_end(written: list[Item]) -> None:
    archive = dict(records(written).archive or {})
    last = version_of(written[-1])
    without = {v: kept for v, kept in archive.items() if v != VICTIM}
    assert first(records(written, archive=without)).means == "removed from the archive"
    behind = records(written, archive={v: k for v, k in archive.items() if v < last - 1})
    assert (behind.failures(), behind.waiting()) == ([], 2)
    late = replace(behind, now=behind.now + timedelta(hours=2))
    assert (first(late).version, first(late).check) == (last - 1, "archive")


@pytest.mark.parametrize(
    "garbage", [{"seen": {"S": "["}}, {"state": {"N": "1"}}, {"at": {"S": "noon"}}]
)
def test_item_that_is_no_entry_is_named(written: list[Item], garbage: Item) -> None:
    def doctor(items: list[Item]) -> None:
        items[VICTIM - 1] = items[VICTIM - 1] | garbage

    found = first(records(written, doctor))
    assert (found.version, found.what) == (VICTIM, "it is no entry of a ledger")


def test_floats_that_another_python_added_up_are_the_same() -> None:
    assert difference({"a": [0.1 + 0.2]}, {"a": [0.3]}, "x") == ""
    assert difference({"a": [0.3]}, {"a": [0.4]}, "x") == "x.a[0] is 0.3, not 0.4"
    assert difference({"a": 1}, {}, "x") == "x.a is 1, not None"
