"""The loser stays for a while, and goes by an update of its own or by the next rollout's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from steelyard.rollout.actions import CreateConfig, UpdateEndpoint
from steelyard.rollout.machine import step
from steelyard.rollout.model import Candidate, Decision, DecisionKind, EndpointState, Phase, Stable
from steelyard.rollout.observation import Event, Hint, Live, Seen
from tests.unit.rollout.scenes import (
    CANARY,
    CONFIG,
    POLICY,
    START,
    live,
    rollout_in,
    seen,
    state_of,
)

HOUR = timedelta(hours=1)
NEW = Stable(CANARY, CONFIG, 2)
ALONE = "completion-alone-r1"
PROMOTED = state_of(rollout_in(Phase.PROMOTED), stable=NEW)
WITH_LOSER = live(weights={"v1": 0, CANARY: 100})


def look(state: EndpointState, there: Live, hours: float, **changes: object) -> Decision:
    """The machine's answer to a tick so long after the promotion."""
    reading: Seen = seen(there, **changes)
    return step(state, Event(Hint("tick"), reading), START + hours * HOUR)


def removing() -> Decision:
    """The decision that begins the removal."""
    return look(PROMOTED, WITH_LOSER, 24)


def test_loser_is_kept_until_its_time_is_up() -> None:
    early = look(PROMOTED, WITH_LOSER, 23.9)
    assert (early.kind, early.reason) == (DecisionKind.HOLD, "nothing to do")


def test_loser_goes_by_an_update_that_keeps_stable_alone() -> None:
    decision = removing()
    assert (decision.kind, decision.phase, decision.act) == (
        DecisionKind.TIDY,
        Phase.PROMOTED,
        True,
    )
    assert decision.reason == "v1 was kept for 1 day, 0:00:00; its instances go now"
    rollout = decision.state.rollout
    assert rollout is not None
    assert rollout.intent is not None
    assert rollout.intent.actions == (
        CreateConfig(ALONE, copy_of=CONFIG, stable=CANARY, canary=None),
        UpdateEndpoint(ALONE),
    )


def test_removal_that_is_seen_is_no_change_from_outside() -> None:
    there = live(ALONE, {CANARY: 100})
    done = look(removing().state, there, 24.2)
    assert (done.kind, done.page) == (DecisionKind.HOLD, False)
    assert done.state.stable == replace(NEW, config=ALONE)
    after = look(done.state, there, 24.3, serving=done.state.stable)
    assert (after.kind, after.reason) == (DecisionKind.HOLD, "nothing to do")


def test_removal_that_fails_is_told_and_not_tried_again() -> None:
    begun = look(removing().state, replace(WITH_LOSER, status="Updating"), 24.1)
    failed = look(begun.state, WITH_LOSER, 24.2)
    assert (failed.kind, failed.page) == (DecisionKind.WARN, True)
    assert failed.reason == f"the loser stays: the update left {CONFIG} in service"
    assert failed.state.stable == NEW
    assert look(failed.state, WITH_LOSER, 99).reason == "people were told; nothing to do"


def test_next_rollout_takes_the_loser_out_when_it_comes_first() -> None:
    waiting = replace(PROMOTED, waiting=Candidate(3, "arn:3", START))
    decision = look(waiting, WITH_LOSER, 24)
    assert (decision.kind, decision.phase) == (DecisionKind.START, Phase.PENDING)


def test_approval_in_the_middle_of_the_removal_waits_for_it() -> None:
    new = Candidate(3, "arn:3", START + 24 * HOUR)
    updating = replace(WITH_LOSER, status="Updating")
    held = look(removing().state, updating, 24.1, approved=(new,))
    assert (held.phase, held.state.waiting) == (Phase.PROMOTED, new)
    done = look(held.state, live(ALONE, {CANARY: 100}), 24.2)
    started = look(done.state, live(ALONE, {CANARY: 100}), 24.3, serving=done.state.stable)
    assert (started.kind, started.phase) == (DecisionKind.START, Phase.PENDING)


def test_loser_of_a_rollback_is_the_canary() -> None:
    state = state_of(rollout_in(Phase.ROLLED_BACK), stable=Stable("v1", CONFIG, 1))
    decision = look(state, live(weights={"v1": 100, CANARY: 0}), 24)
    assert decision.reason.startswith(f"{CANARY} was kept for")
    assert decision.state.rollout is not None
    assert decision.state.rollout.intent is not None
    assert decision.state.rollout.intent.weights == {"v1": 100}


@pytest.mark.parametrize(
    ("keep", "there"),
    [(None, WITH_LOSER), (24 * HOUR, live(weights={CANARY: 100}))],
    ids=["kept for good", "gone already"],
)
def test_nothing_is_removed_when(keep: timedelta | None, there: Live) -> None:
    policy = replace(POLICY, keep_loser=keep)
    state = state_of(rollout_in(Phase.PROMOTED, policy=policy), stable=NEW)
    assert look(state, there, 1000).reason == "nothing to do"


def test_loser_that_somebody_put_in_charge_is_not_removed() -> None:
    """Once, the variant that it was put in charge of was taken out, as "the loser's" other one."""
    state = state_of(rollout_in(Phase.ROLLED_BACK), stable=Stable(CANARY, CONFIG, 2))
    assert look(state, live(weights={"v1": 0, CANARY: 100}), 1000).reason == "nothing to do"


def test_update_that_was_refused_as_busy_is_not_taken_for_failed() -> None:
    """Somebody else's update, such as a scale-out, may come in between."""
    refused = step(
        removing().state, Event(Hint("recheck"), seen(WITH_LOSER, busy=True)), START + 24 * HOUR
    )
    theirs = look(refused.state, replace(WITH_LOSER, status="Updating"), 24.1)
    again = look(theirs.state, WITH_LOSER, 24.15)
    assert (again.kind, again.act) == (DecisionKind.HOLD, True)
    done = look(again.state, live(ALONE, {CANARY: 100}), 24.4)
    assert done.state.stable == replace(NEW, config=ALONE)
