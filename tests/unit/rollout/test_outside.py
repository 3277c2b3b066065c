"""What somebody else did to the endpoint is not replaced, and nothing is stuck for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from steelyard.errors import IllegalTransition
from steelyard.rollout.machine import step
from steelyard.rollout.model import DecisionKind, Phase, Stable
from steelyard.rollout.observation import AlarmReading, CommandName, Event, Hint, Live
from steelyard.rollout.plan import intent_for, removal_of_loser
from tests.unit.rollout.scenes import (
    BOOTSTRAP,
    CANARY,
    CONFIG,
    MINUTE,
    POLICY,
    START,
    command,
    live,
    live_of,
    rollout_in,
    seen,
    state_of,
)

TICK = Hint("tick")
NEW = Stable(CANARY, CONFIG, 2)
HOTFIX = live("hotfix", {"v1": 100})


@pytest.mark.parametrize(
    "there",
    [
        live("cdk-1", {"bootstrap": 1}),
        live("cdk-1", {CANARY: 1}),
        live(CONFIG, {"v1": 70, CANARY: 30}),
    ],
    ids=["another config was deployed", "one with the winner", "the loser got traffic"],
)
def test_removal_of_a_loser_is_given_up_when_somebody_changed_what_serves(there: Live) -> None:
    """Once, it was sent all the same: over a deployment, or with the instances that had traffic."""
    over = rollout_in(Phase.PROMOTED, tidied=True)
    over = replace(over, intent=removal_of_loser(over, NEW))
    decision = step(state_of(over, stable=NEW), Event(TICK, seen(there)), START + MINUTE)
    assert (decision.kind, decision.page, decision.act) == (DecisionKind.WARN, True, False)
    assert decision.reason.startswith("the loser stays: ")
    rollout = decision.state.rollout
    assert rollout is not None
    assert rollout.intent is None


def test_rollback_ends_on_a_config_without_its_canary() -> None:
    """Once, weights that named it were refused each minute, for good."""
    rolling = rollout_in(Phase.ROLLING_BACK, weights_since=None)
    rolling = replace(rolling, intent=intent_for(rolling, live(status="Updating")))
    assert rolling.intent is not None
    assert rolling.intent.actions, "while the endpoint changes nobody knows what comes of it"
    state = state_of(rolling)
    neither = seen(live("cdk-1", {"bootstrap": 1}))
    for minute in range(1, 5):
        decision = step(state, Event(TICK, neither), START + minute * MINUTE)
        if decision.phase is Phase.ROLLED_BACK:
            break
        assert not decision.act
        state = decision.state
    assert decision.phase is Phase.ROLLED_BACK


def test_rollback_without_a_stable_to_go_back_to_needs_a_person() -> None:
    """Once, weights that named it were refused each minute, and the canary kept all traffic."""
    rolling = rollout_in(Phase.ROLLING_BACK, weights_since=None)
    rolling = replace(rolling, intent=intent_for(rolling, live()))
    alone = seen(live("somebody-elses", {CANARY: 1}))
    decision = step(state_of(rolling), Event(TICK, alone), START + MINUTE)
    assert (decision.phase, decision.page) == (Phase.NEEDS_HUMAN, True)
    assert f"weights {CANARY} 1" in decision.reason


def test_resume_does_not_replace_what_the_person_was_called_for() -> None:
    left = rollout_in(Phase.NEEDS_HUMAN, resume_to=Phase.PROVISIONING)
    with pytest.raises(IllegalTransition, match="resume is not legal while hotfix is in service"):
        step(state_of(left), Event(command(CommandName.RESUME), seen(HOTFIX)), START + MINUTE)
    back = step(state_of(left), Event(command(CommandName.RESUME), seen(BOOTSTRAP)), START + MINUTE)
    assert (back.phase, back.act) == (Phase.PROVISIONING, True)


def test_new_config_of_the_same_version_is_no_version_before() -> None:
    before = Stable("v0", "of-v0", 0)
    same = seen(live("with-capture", {"v1": 100}), serving=Stable("v1", "with-capture", 1))
    adopted = step(state_of(None, previous=before), Event(TICK, same), START)
    assert adopted.state.previous == before
    other = seen(HOTFIX, serving=Stable("v1", "hotfix", 9))
    adopted = step(state_of(None, previous=before), Event(TICK, other), START)
    assert adopted.state.previous == Stable("v1", "completion-bootstrap", 1)


@pytest.mark.parametrize("phase", [Phase.RAMPING, Phase.HOLDBACK, Phase.ROLLING_BACK])
def test_lock_is_told_where_a_canary_may_have_traffic_and_nothing_is_open(phase: Phase) -> None:
    rollout = rollout_in(phase)
    locked = replace(live_of(rollout), status="SystemUpdating")
    decision = step(state_of(rollout), Event(TICK, seen(locked)), START + 10 * MINUTE)
    assert (decision.kind, decision.phase, decision.page) == (DecisionKind.WARN, phase, True)
    again = step(decision.state, Event(TICK, seen(locked)), START + 19 * MINUTE)
    assert not again.page


def test_rollout_that_can_not_begin_is_told_after_an_hour_or_so() -> None:
    pending = rollout_in(Phase.PENDING)
    reading = seen(BOOTSTRAP, unreadable=("describe alarms: denied",))
    soon = step(state_of(pending), Event(TICK, reading), START + 9 * MINUTE)
    assert (soon.page, soon.kind) == (False, DecisionKind.HOLD)
    late = START + POLICY.provision_timeout
    told = step(soon.state, Event(TICK, reading), late)
    assert (told.kind, told.phase, told.page) == (DecisionKind.WARN, Phase.PENDING, True)
    assert "describe alarms: denied" in told.reason


def test_broken_endpoint_is_told_between_rollouts_too() -> None:
    broken = seen(replace(BOOTSTRAP, status="Failed"))
    told = step(state_of(None), Event(TICK, broken), START)
    assert (told.kind, told.page) == (DecisionKind.WARN, True)
    again = step(told.state, Event(TICK, broken), START + MINUTE)
    assert (again.kind, again.page) == (DecisionKind.HOLD, False)


def test_throttling_is_no_failed_try_of_an_update() -> None:
    bringing = rollout_in(Phase.PROVISIONING)
    intent = intent_for(bringing, BOOTSTRAP)
    assert intent is not None
    bringing = replace(bringing, intent=replace(intent, attempts=9, begun=True))
    short = seen(replace(BOOTSTRAP, failure="InsufficientInstanceCapacity"))
    decision = step(state_of(bringing), Event(TICK, short), START + MINUTE)
    assert (decision.phase, decision.act) == (Phase.PROVISIONING, True)


def test_evidence_alarm_of_the_rollout_before_rolls_no_new_one_back() -> None:
    ringing = AlarmReading("steelyard/completion/evidence", "evidence", 4.6, 5.0, None)
    bringing = rollout_in(Phase.PROVISIONING)
    bringing = replace(bringing, intent=intent_for(bringing, BOOTSTRAP))
    updating = seen(replace(BOOTSTRAP, status="Updating"), alarms=(ringing,))
    decision = step(state_of(bringing), Event(TICK, updating), START + MINUTE)
    assert decision.phase is Phase.PROVISIONING


@pytest.mark.parametrize("changes", [{"config": "hotfix"}, {"config": CONFIG}])
def test_stable_is_never_said_to_be_on_somebody_elses_config(changes: dict[str, Any]) -> None:
    settled = rollout_in(Phase.ROLLING_BACK)
    there = replace(live(), **changes)
    if changes["config"] == "hotfix":
        there = HOTFIX
    after = START + POLICY.settle + timedelta(minutes=1)
    decision = step(state_of(settled), Event(TICK, seen(there)), after)
    assert decision.phase is Phase.ROLLED_BACK
    assert decision.state.stable is not None
    expected = CONFIG if changes["config"] == CONFIG else "completion-bootstrap"
    assert decision.state.stable.config == expected
