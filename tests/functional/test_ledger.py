"""The ledger appends once per version, reads back what it wrote, and its chain verifies."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from steelyard.aws.ledger import FORM, Entry, Ledger, digest, state_of
from steelyard.errors import EndpointBusy, StaleRollout
from steelyard.rollout.machine import step
from steelyard.rollout.model import Decision, EndpointState, Stable
from steelyard.rollout.observation import Event, Hint, Live, Seen, Variant
from tests.functional.conftest import TABLE
from tests.functional.fake_sagemaker import refusal
from tests.functional.settings import POLICY
from tests.functional.world import START, Clients, World, lost_answer

LIVE = Live("InService", "completion-bootstrap", (Variant("v1", 1.0, 1, 1),))
EVENT = Event(Hint("tick"), Seen(POLICY, LIVE, serving=Stable("v1", "completion-bootstrap", 1)))


def decided(event: Event = EVENT) -> Decision:
    """What the machine says to an event about an endpoint that nobody knows yet."""
    return step(EndpointState("completion"), event, START)


def append(ledger: Ledger, after: Entry | None, event: Event = EVENT) -> Entry:
    """One more entry."""
    return ledger.append(after, "completion", event, decided(event), START)


def chain_holds(entries: list[Entry]) -> bool:
    """Whether every entry has its own hash and that of the one before it."""
    before = ["0" * 64, *(entry.hash for entry in entries)]
    return all(
        entry.previous == previous and entry.is_whole
        for entry, previous in zip(entries, before, strict=False)
    )


def test_endpoint_that_nobody_knows_has_no_entries(ledger: Ledger) -> None:
    assert ledger.latest("completion") is None
    assert list(ledger.read("completion")) == []
    assert state_of(None, "completion") == EndpointState("completion")


def test_entry_reads_back_as_it_was_written(ledger: Ledger) -> None:
    written = append(ledger, None)
    assert ledger.latest("completion") == written
    assert list(ledger.read("completion")) == [written]
    assert written.version == 1
    assert state_of(written, "completion") == decided().state


def test_versions_rise_by_one_and_are_read_in_order_beyond_nine(ledger: Ledger) -> None:
    entry = None
    for _ in range(11):
        entry = append(ledger, entry)
    assert [e.version for e in ledger.read("completion")] == list(range(1, 12))
    assert ledger.latest("completion") == entry


def test_endpoints_do_not_mix(ledger: Ledger) -> None:
    one = append(ledger, None)
    other = ledger.append(None, "completion2", EVENT, decided(), START)
    assert list(ledger.read("completion")) == [one]
    assert list(ledger.read("completion2")) == [other]


def test_second_writer_behind_the_same_entry_is_refused_and_changes_nothing(
    ledger: Ledger,
) -> None:
    first = append(ledger, None)
    second = append(ledger, first)
    with pytest.raises(StaleRollout, match="version 2 of completion exists already"):
        append(ledger, first, replace(EVENT, trigger=Hint("alarm")))
    assert list(ledger.read("completion")) == [first, second]


def test_append_whose_answer_was_lost_shows_as_somebody_elses(ledger: Ledger, world: World) -> None:
    world.after["PutItem"] = [lost_answer]
    with pytest.raises(EndpointBusy):
        append(ledger, None)
    with pytest.raises(StaleRollout):
        append(ledger, None)
    assert len(list(ledger.read("completion"))) == 1


def test_chain_verifies_and_shows_what_was_changed_afterwards(ledger: Ledger) -> None:
    entry = None
    for _ in range(3):
        entry = append(ledger, entry)
    entries = list(ledger.read("completion"))
    assert chain_holds(entries)
    forged = {**entries[1].decision, "reason": "all was well"}
    assert not chain_holds([entries[0], replace(entries[1], decision=forged), entries[2]])
    assert not chain_holds([entries[0], entries[2]])
    assert not chain_holds(entries[1:])
    assert digest(entries[0].hash, entries[1].body) != digest("0" * 64, entries[1].body)


def test_more_than_one_page_of_entries_is_read_to_the_end(ledger: Ledger, clients: Clients) -> None:
    long = replace(EVENT, seen=replace(EVENT.seen, unreadable=("x" * 100_000,)))
    entry = None
    for _ in range(12):
        entry = append(ledger, entry, long)
    first_page = clients["dynamodb"].query(
        TableName=TABLE,
        KeyConditionExpression="endpoint = :e",
        ExpressionAttributeValues={":e": {"S": "completion"}},
    )
    assert "LastEvaluatedKey" in first_page
    assert [e.version for e in ledger.read("completion")] == list(range(1, 13))


def test_latest_is_read_consistently_from_the_end(ledger: Ledger, clients: Clients) -> None:
    asked: list[dict[str, Any]] = []
    events = clients["dynamodb"].meta.events
    keep = lambda params, **_: asked.append(dict(params))  # noqa: E731
    events.register("provide-client-params.dynamodb.Query", keep)
    ledger.latest("completion")
    events.unregister("provide-client-params.dynamodb.Query", keep)
    assert [(a["ConsistentRead"], a["ScanIndexForward"], a["Limit"]) for a in asked] == [
        (True, False, 1)
    ]


@pytest.mark.parametrize("operation", ["Query", "PutItem"])
def test_table_that_is_throttled_means_try_again(
    ledger: Ledger, world: World, operation: str
) -> None:
    def throttled() -> None:
        raise refusal("ThrottlingException", "Throughput exceeds the current capacity", operation)

    world.before[operation] = [throttled]
    with pytest.raises(EndpointBusy, match="ThrottlingException"):
        append(ledger, ledger.latest("completion"))


def test_reading_on_starts_behind_what_was_read(ledger: Ledger) -> None:
    first = append(ledger, None)
    second = append(ledger, first)
    assert list(ledger.read("completion", first.version)) == [second]
    assert list(ledger.read("completion", second.version)) == []


def test_entry_of_newer_code_is_left_to_newer_code(ledger: Ledger, clients: Clients) -> None:
    newer = Ledger(TABLE, clients["dynamodb"], form=FORM + 1)
    entry = append(newer, append(ledger, None))
    with pytest.raises(EndpointBusy, match=f"entry 2 of completion has form {FORM + 1}, accepted"):
        ledger.latest("completion")
    assert newer.latest("completion") == entry
    assert [one.form for one in newer.read("completion")] == [FORM, FORM + 1]


def test_latest_comes_with_the_time_of_the_table(ledger: Ledger, world: World) -> None:
    assert ledger.latest_at("completion") == (None, world.now)
    entry = append(ledger, None)
    world.now += timedelta(seconds=90)
    assert ledger.latest_at("completion") == (entry, world.now)


def test_answer_without_a_date_says_no_time() -> None:
    class Undated:
        def query(self, **_: Any) -> dict[str, Any]:
            return {"Items": []}

    assert Ledger(TABLE, Undated()).latest_at("completion") == (None, None)
