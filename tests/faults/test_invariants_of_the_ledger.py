"""Each invariant of the ledger sees one that breaks it: entries that were doctored for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.faults.doctored import (
    CANARY,
    appended,
    change,
    found,
    index_of,
    played,
    put,
    raised,
    weights,
)
from tests.faults.history import Change
from tests.faults.invariants.registry import INVARIANTS
from tests.faults.kinds import SHIFT, UPDATE
from tests.faults.run import Run


def test_every_invariant_of_the_design_is_asked() -> None:
    metamorphic = {9}  # asked by comparing two runs
    assert {one.number for one in INVARIANTS} | metamorphic == set(range(1, 19))


def test_intent_that_raises_the_canary_after_the_latch_is_seen() -> None:
    run = played("abort")
    intent: dict[str, Any] = {
        "actions": [],
        "config": None,
        "weights": {"v1": 50, CANARY: 50},
        "alarms": None,
    }
    assert found(run, lambda run: appended(run, intent=intent)) == 3
    again = played("abort")
    assert found(again, lambda run: appended(run, latched=False)) == 3


def test_step_without_proof_is_seen() -> None:
    def doctor(run: Run) -> None:
        item = raised(run)
        decision = json.loads(item["decision"]["S"])
        decision["verdict"]["kind"] = "INCONCLUSIVE"
        put(run, {**item, "decision": {"S": json.dumps(decision)}})

    assert found(played(), doctor) == 5


def test_second_end_of_a_rollout_is_seen() -> None:
    assert found(played(), lambda run: appended(run, phase="ROLLED_BACK", latched=True)) == 6


def test_intent_that_replaces_an_open_one_is_seen() -> None:
    run = played()
    number = next(n for n, e in enumerate(run.history.entries) if e.decision["kind"] == "hold"
                  and e.rollout.get("intent"))  # fmt: skip
    del run.history.entries[number + 1 :]
    intent = {**run.history.entries[-1].rollout["intent"], "actions": []}
    assert found(run, lambda run: appended(run, intent=intent)) == 7


@pytest.mark.parametrize("what", ["config", "weights", "alarms"])
def test_confirmation_of_what_was_not_so_is_seen(what: str) -> None:
    def doctor(run: Run) -> None:
        number = index_of(run, "WARMING")
        item = dict(run.history.entries[number].item)
        del run.history.entries[number:]
        if what == "alarms":
            run.cloud.cloudwatch.alarms.clear()
            run.cloud.shown.append((run.cloud.timeline.now, run.cloud.shown[2][1]))
        intent = run.history.entries[-1].rollout["intent"]
        other = {"config": "another", "weights": {"v1": 50, CANARY: 50}, "alarms": True}
        run.history.entries[-1].state["rollout"]["intent"] = {**intent, what: other[what]}
        put(run, item)

    assert found(played(), doctor) == 7


def test_call_without_an_intent_is_seen() -> None:
    params = {"EndpointName": "completion", "EndpointConfigName": "nobodys"}
    assert found(played(), lambda run: change(run, UPDATE, params)) == 8


def test_call_that_was_sent_before_its_intent_is_seen() -> None:
    def doctor(run: Run) -> None:
        early = index_of(run, "RAMPING")
        now = run.cloud.timeline.now
        run.checks.change(Change(now, "sagemaker", SHIFT, weights(v1=75, **{CANARY: 25}), early))

    assert found(played(), doctor) == 8


def test_command_that_is_nowhere_is_seen() -> None:
    def doctor(run: Run) -> None:
        run.history.commands["k99"] = run.cloud.timeline.now
        run.checks.end()

    assert found(played(), doctor) == 10


def test_error_of_no_tree_is_seen() -> None:
    def doctor(run: Run) -> None:
        run.worker.strange.append("KeyError: 'x'")
        run.checks.end()

    assert found(played(), doctor) == 10


@pytest.mark.parametrize(
    "seen",
    [{"unreadable": ["metrics"]}, {"live": None}, {"batches": []}],
    ids=["unreadable", "unseen", "no counts"],
)
def test_step_on_what_was_not_read_is_seen(seen: dict[str, Any]) -> None:
    run = played()
    item = raised(run, **seen)
    least = {**run.history.entries[-1].rollout, "canary_requests": 10_000}
    run.history.entries[-1].state["rollout"] = least
    assert found(run, lambda run: put(run, item)) == 14


def test_changed_entry_is_seen() -> None:
    def doctor(run: Run) -> None:
        item = {**run.history.entries.pop().item, "at": {"S": "2026-03-02T09:00:00+00:00"}}
        put(run, item, chained=False)

    assert found(played(), doctor) == 15


def test_decision_that_the_machine_would_not_take_is_seen() -> None:
    def doctor(run: Run) -> None:
        run.history.entries[5].decision["reason"] = "because"
        run.checks.end()

    assert found(played(), doctor) == 15


def test_version_left_out_is_seen() -> None:
    def doctor(run: Run) -> None:
        del run.history.entries[-2]
        put(run, dict(run.history.entries.pop().item), chained=False)

    assert found(played(), doctor) in (15, 18)
