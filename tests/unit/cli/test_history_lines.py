"""The lines of `history`, for people and programs; receipts of all decisions of a rollout."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from rich.console import Console

from cli.history import endpoint_named, entries_of
from cli.history_lines import history_json, history_table
from cli.problems import Problem
from cli.receipt import moves
from steelyard.aws.ledger import Ledger
from tests.unit.cli.replayed import played
from tests.unit.cli.told import ID, Shelf

ENDPOINT = "completion"


@dataclass
class Partitions:
    """A table of one endpoint that knows no other."""

    shelf: Shelf

    def query(self, ExpressionAttributeValues: dict[str, Any], **asked: Any) -> dict[str, Any]:  # noqa: N803 - boto3's
        """The endpoint's items, or none."""
        known = ExpressionAttributeValues[":endpoint"] == {"S": ENDPOINT}
        return self.shelf.query(**asked) if known else {"Items": []}


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    """The ledger of a rollout that was rolled back."""
    shelf = Shelf()
    played(bad=0.1, minutes=6, shelf=shelf)
    return Ledger("ledger", Partitions(shelf))


def test_endpoint_and_rollout_are_both_known_by_name(ledger: Ledger) -> None:
    assert endpoint_named(ledger, ENDPOINT) == endpoint_named(ledger, ID) == ENDPOINT
    whole, own = entries_of(ledger, ENDPOINT), entries_of(ledger, ID)
    assert whole[0].decision["kind"] == "adopt"
    assert {entry.state["rollout"]["id"] for entry in own} == {ID}
    assert own == whole[-len(own) :]


def test_unknown_name_is_refused(ledger: Ledger) -> None:
    for unknown in ("nothing", "nothing-r1"):
        with pytest.raises(Problem, match=f"the ledger has nothing about '{unknown}'"):
            endpoint_named(ledger, unknown)
    with pytest.raises(Problem, match="no rollout 'completion-r9'"):
        entries_of(ledger, "completion-r9")


def test_line_has_version_trigger_phases_decision_and_reason(ledger: Ledger) -> None:
    console = Console(width=250)
    with console.capture() as captured:
        console.print(history_table(entries_of(ledger, ID), everything=False))
    lines = [" ".join(line.split()) for line in captured.get().splitlines()]
    (back,) = [line for line in lines if "RAMPING → ROLLING_BACK" in line]
    assert "tick RAMPING → ROLLING_BACK roll_back the canary is worse in errors" in back


def test_json_has_every_entry(ledger: Ledger) -> None:
    entries = entries_of(ledger, ENDPOINT)
    lines = [json.loads(history_json(entry)) for entry in entries]
    assert [line["version"] for line in lines] == list(range(1, len(entries) + 1))
    assert lines[0]["rollout"] is None
    assert lines[-1]["phase"] == entries[-1].decision["phase"]
    assert [line["reason"] for line in lines] == [e.decision["reason"] for e in entries]


def test_every_decision_of_a_rollout_that_moved_something_has_a_receipt(ledger: Ledger) -> None:
    entries = entries_of(ledger, ENDPOINT)
    found = moves(entries, ID)
    kinds = {e.version: e.decision["kind"] for e in entries}
    assert kinds[found[0]] == "start"
    assert {"advance", "roll_back"} <= {kinds[version] for version in found}
    left_out = {kinds[e.version] for e in entries_of(ledger, ID) if e.version not in found}
    assert left_out == {"hold"}
