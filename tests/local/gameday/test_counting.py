"""A game day's counts find what they are there for."""

import json
from dataclasses import replace

from cli.demo.story_data import ClientTotals
from steelyard.aws.ledger import Entry, digest
from steelyard.rollout.observation import Command, CommandName
from tests.local.gameday.counting import broken, canaries, failures, lost
from tests.unit.cli.replayed import played
from tests.unit.cli.told import ID, Told
from tests.unit.rollout.scenes import BOOTSTRAP, CANARY

CLIENTS = ClientTotals(
    requests=100,
    answered={"v1": 90},
    model_errors={"unnamed": 10},
    platform_errors={},
    seconds=10.0,
    p50_ms=1.0,
    p99_ms=2.0,
)


def test_model_errors_of_a_bad_version_alone_are_no_failures() -> None:
    assert failures(CLIENTS, {"v1": 0, "v2": 10}, {"v2"}) == []


def test_error_of_the_platform_is_a_failure_by_its_name() -> None:
    clients = replace(CLIENTS, platform_errors={"ServiceUnavailable": 2})
    assert failures(clients, {"v2": 10}, {"v2"}) == ["2 x ServiceUnavailable"]


def test_model_error_of_a_good_version_is_a_failure() -> None:
    assert failures(CLIENTS, {"v1": 1, "v2": 9}, {"v2"}) == ["1 x ModelError of v1"]


def test_model_error_that_no_variant_counted_is_a_failure() -> None:
    assert failures(CLIENTS, {"v2": 7}, {"v2"}) == ["3 x ModelError that no variant counted"]


def test_canaries_are_those_of_the_rollouts_named() -> None:
    entries = played(minutes=1).entries
    assert canaries(entries, [ID]) == {CANARY}
    assert canaries(entries, ["completion-r9"]) == set()


def ordered(key: str) -> list[Entry]:
    told = Told().ramping()
    told.look(trigger=Command(CommandName.PAUSE, ID, "me", "noon", key))
    return told.entries


def test_order_in_the_ledger_is_not_lost() -> None:
    assert lost(ordered("order-1"), [], ["order-1"], [ID]) == []


def test_order_in_quarantine_is_not_lost() -> None:
    body = json.dumps({"detail": {"key": "order-1"}})
    assert lost(ordered("order-9"), [json.dumps({"body": body})], ["order-1"], [ID]) == []


def test_order_of_which_nothing_is_known_is_lost_though_anothers_key_begins_alike() -> None:
    body = json.dumps({"detail": {"key": "order-12"}})
    found = lost(ordered("order-11"), [json.dumps({"body": body})], ["order-1"], [ID])
    assert found == ["order order-1"]


def test_approval_that_began_no_rollout_is_lost() -> None:
    assert lost(ordered("a"), [], [], [ID, "completion-r2"]) == [
        "the approval behind completion-r2"
    ]


def test_ledgers_that_the_machine_wrote_are_whole() -> None:
    assert broken(played().entries) == []
    assert broken(played(bad=0.5).entries) == []


def test_entry_that_was_taken_out_is_found() -> None:
    entries = played().entries
    del entries[5]
    assert broken(entries)[:2] == [
        "entry 7 follows entry 5",
        "entry 7 names another predecessor",
    ]


def test_entry_that_was_changed_is_found() -> None:
    entries = played().entries
    entries[5] = replace(entries[5], decision={**entries[5].decision, "reason": "because"})
    assert broken(entries) == [
        "entry 6 has another hash",
        "entry 6: replayed, it differs in reason",
    ]


def test_decision_that_was_changed_with_its_hashes_is_found_by_replay() -> None:
    entries = played().entries
    forged = replace(entries[-1], state={**entries[-1].state, "approvals_until": None})
    entries[-1] = replace(forged, hash=digest(forged.previous, forged.body))
    assert broken(entries) == [f"entry {len(entries)}: replayed, it leads to another state"]


def test_order_that_would_be_refused_now_is_found() -> None:
    told = Told()
    told.event(BOOTSTRAP)
    (entry,) = told.entries
    trigger = {
        "kind": "command",
        "command": "pause",
        "rollout": ID,
        "actor": "me",
        "reason": "noon",
        "key": "k",
    }
    found = broken([replace(entry, trigger=trigger)])
    assert any("replayed, it is refused: no rollout completion-r1" in one for one in found)
