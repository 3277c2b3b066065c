"""What `step` keeps track of besides the table: pauses, commands, intents, pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from steelyard.codec import encode
from steelyard.errors import IllegalTransition
from steelyard.rollout.machine import step
from steelyard.rollout.model import Decision, DecisionKind, EndpointState, Phase, Rollout, Stable
from steelyard.rollout.observation import CommandName, Event, Hint, Seen
from steelyard.rollout.plan import intent_for
from tests.unit.rollout.scenes import (
    BOOTSTRAP,
    CANARY,
    MINUTE,
    START,
    batch,
    command,
    live,
    live_of,
    rollout_in,
    seen,
    state_of,
)

SOON = START + MINUTE
AT_TEN = live(weights={"v1": 90, CANARY: 10})


def order(
    state: EndpointState, name: CommandName, reading: Seen, key: str = "k1", minutes: int = 1
) -> Decision:
    """The machine's answer to a person."""
    return step(state, Event(command(name, key), reading), START + minutes * MINUTE)


def tick(state: EndpointState, reading: Seen, minutes: int = 1) -> Decision:
    """The machine's answer to a tick."""
    return step(state, Event(Hint("tick"), reading), START + minutes * MINUTE)


def rollout_of(decision: Decision) -> Rollout:
    """The rollout after a decision."""
    assert decision.state.rollout is not None
    return decision.state.rollout


def shifting(phase: Phase = Phase.RAMPING, step_at: int = 1) -> Rollout:
    """A rollout whose shift of weights is not confirmed yet."""
    rollout = rollout_in(phase, step=step_at, weights_since=None)
    return replace(rollout, intent=intent_for(rollout, live()))


def test_pause_keeps_weights_and_resume_starts_the_step_again() -> None:
    paused = order(state_of(rollout_in(Phase.RAMPING)), CommandName.PAUSE, seen(AT_TEN))
    assert (paused.phase, paused.act, paused.page) == (Phase.PAUSED, False, True)
    assert rollout_of(paused).canary_percent == 10
    held = tick(paused.state, seen(AT_TEN), minutes=500)
    assert (held.phase, held.reason) == (Phase.PAUSED, "people were told; waits for a person")
    resumed = order(held.state, CommandName.RESUME, seen(AT_TEN), "k2", minutes=501)
    assert (resumed.kind, resumed.phase) == (DecisionKind.RESUME, Phase.RAMPING)
    assert rollout_of(resumed).step == 0
    assert rollout_of(resumed).since == START + 501 * MINUTE
    assert rollout_of(resumed).canary_requests == 0


def test_pause_in_the_middle_of_a_shift_does_not_act_but_sees_it_through() -> None:
    paused = order(state_of(shifting()), CommandName.PAUSE, seen(AT_TEN))
    assert rollout_of(paused).intent == shifting().intent
    waiting = tick(paused.state, seen(AT_TEN), minutes=2)
    assert (waiting.phase, waiting.act) == (Phase.PAUSED, False)
    arrived = tick(waiting.state, seen(live(weights={"v1": 50, CANARY: 50})), minutes=3)
    assert (arrived.phase, rollout_of(arrived).intent) == (Phase.PAUSED, None)


@pytest.mark.parametrize(
    "halted",
    [
        order(state_of(shifting()), CommandName.PAUSE, seen(AT_TEN)),
        tick(state_of(shifting()), seen(AT_TEN, refused="AccessDeniedException")),
    ],
    ids=["paused", "needs_human"],
)
def test_canary_is_weighed_on_while_a_person_is_awaited(halted: Decision) -> None:
    """Its traffic goes on, whatever became of the shift that was under way."""
    end = START + 5 * MINUTE
    reading = seen(AT_TEN, batches=(batch(end, canary=(500, 100)),), metrics_until=end)
    assert tick(halted.state, reading, minutes=5).phase is Phase.ROLLING_BACK


def test_person_may_resume_after_a_hand_over_and_the_phase_begins_anew() -> None:
    stopped = tick(state_of(shifting()), seen(AT_TEN, refused="AccessDeniedException"))
    assert stopped.phase is Phase.NEEDS_HUMAN
    resumed = order(stopped.state, CommandName.RESUME, seen(AT_TEN), minutes=9)
    assert (resumed.phase, resumed.act) == (Phase.RAMPING, True)
    intent = rollout_of(resumed).intent
    assert intent is not None
    assert (intent.weights, intent.attempts) == ({"v1": 50, CANARY: 50}, 1)


def test_pause_that_needs_a_person_still_resumes_to_the_phase_before_the_pause() -> None:
    drifted = tick(state_of(rollout_in(Phase.PAUSED)), seen(live(weights={"v1": 1, CANARY: 1})))
    assert drifted.phase is Phase.NEEDS_HUMAN
    resumed = order(drifted.state, CommandName.RESUME, seen(AT_TEN))
    assert resumed.phase is Phase.RAMPING


def test_repeated_command_does_nothing_even_when_the_rollout_is_over() -> None:
    aborted = order(state_of(rollout_in(Phase.RAMPING)), CommandName.ABORT, seen(AT_TEN))
    again = order(aborted.state, CommandName.ABORT, seen(AT_TEN))
    assert again.kind is DecisionKind.HOLD
    assert "done already; " in again.reason
    assert again.act, "the intent that is open is acted on again, as with a tick"
    assert again.state.done_keys == aborted.state.done_keys
    over = replace(aborted.state, rollout=rollout_in(Phase.ROLLED_BACK))
    assert order(over, CommandName.ABORT, seen(AT_TEN)).reason.startswith("done already; ")


def test_command_for_another_rollout_is_refused_and_changes_nothing() -> None:
    state = state_of(rollout_in(Phase.RAMPING))
    before = encode(state)
    stale = Event(command(CommandName.PROMOTE, rollout="completion-r0"), seen(AT_TEN))
    with pytest.raises(IllegalTransition, match="no rollout completion-r0 is under way"):
        step(state, stale, SOON)
    with pytest.raises(IllegalTransition, match="there is none"):
        step(EndpointState("completion"), stale, SOON)
    assert encode(state) == before


def test_keys_of_commands_are_kept_but_not_for_ever() -> None:
    state = state_of(rollout_in(Phase.RAMPING), done_keys=tuple(f"k{n}" for n in range(100, 120)))
    keys = order(state, CommandName.PAUSE, seen(AT_TEN), "new").state.done_keys
    assert (len(keys), keys[0], keys[-1]) == (20, "k101", "new")


@pytest.mark.parametrize("name", [CommandName.ROLLBACK, CommandName.ABORT])
def test_rollback_by_a_person_goes_ahead_whatever_else_was_changed(name: CommandName) -> None:
    moved = seen(live(weights={"v1": 80, CANARY: 20}))
    decision = order(state_of(rollout_in(Phase.RAMPING)), name, moved)
    assert (decision.phase, decision.act) == (Phase.ROLLING_BACK, True)


def test_start_on_an_endpoint_that_somebody_changed_is_refused() -> None:
    by_hand = seen(live("by-hand", {"hand": 1}), serving=Stable("hand", "by-hand", None))
    with pytest.raises(IllegalTransition, match="while hand on by-hand is not yet adopted"):
        order(state_of(rollout_in(Phase.PENDING)), CommandName.START, by_hand)


def test_rollback_replaces_an_open_shift_in_one_decision() -> None:
    decision = order(state_of(shifting()), CommandName.ROLLBACK, seen(AT_TEN))
    intent = rollout_of(decision).intent
    assert intent is not None
    assert intent.weights == {"v1": 100, CANARY: 0}
    assert rollout_of(decision).latched


def test_rollback_during_an_update_waits_for_the_endpoint() -> None:
    updating = seen(replace(AT_TEN, status="Updating"))
    decision = order(state_of(shifting()), CommandName.ROLLBACK, updating)
    assert (decision.phase, decision.act) == (Phase.ROLLING_BACK, False)
    assert tick(decision.state, updating, minutes=2).act is False
    assert tick(decision.state, seen(AT_TEN), minutes=3).act is True


def test_abort_before_the_canary_is_there_ends_without_a_call() -> None:
    provisioning = rollout_in(Phase.PROVISIONING)
    provisioning = replace(provisioning, intent=intent_for(provisioning, BOOTSTRAP))
    decision = order(state_of(provisioning), CommandName.ABORT, seen(BOOTSTRAP))
    assert (decision.phase, decision.act) == (Phase.ROLLING_BACK, False)
    confirmed = tick(decision.state, seen(BOOTSTRAP), minutes=2)
    assert rollout_of(confirmed).intent is None
    over = tick(confirmed.state, seen(BOOTSTRAP), minutes=4)
    assert over.phase is Phase.ROLLED_BACK
    assert over.state.stable == rollout_in(Phase.PENDING).stable


def test_abort_while_the_endpoint_is_unreadable_ends_well_without_the_canary() -> None:
    provisioning = rollout_in(Phase.PROVISIONING)
    provisioning = replace(provisioning, intent=intent_for(provisioning, BOOTSTRAP))
    blind = order(state_of(provisioning), CommandName.ABORT, seen(None))
    assert blind.act is False
    confirmed = tick(blind.state, seen(BOOTSTRAP), minutes=2)
    assert (confirmed.act, rollout_of(confirmed).intent) == (False, None)


def test_recheck_after_an_action_does_not_act_again() -> None:
    state = state_of(shifting())
    again = step(state, Event(Hint("recheck"), seen(AT_TEN)), SOON)
    assert (again.act, again.state) == (False, state)
    assert tick(state, seen(AT_TEN)).act


def test_tick_that_brings_nothing_leaves_the_state_alone() -> None:
    for phase in (Phase.WARMING, Phase.PAUSED, Phase.NEEDS_HUMAN, Phase.ROLLING_BACK):
        rollout = rollout_in(phase)
        decision = step(
            state_of(rollout), Event(Hint("tick"), seen(live_of(rollout))), START + timedelta(0, 30)
        )
        assert (decision.kind, decision.state) == (DecisionKind.HOLD, state_of(rollout))


def test_alarms_that_can_not_be_deleted_are_told_and_block_no_later_rollout() -> None:
    over = rollout_in(Phase.ROLLED_BACK)
    over = replace(over, intent=intent_for(over, live()))
    refused = tick(state_of(over), seen(live(), refused="AccessDeniedException"))
    assert (refused.kind, refused.page) == (DecisionKind.WARN, True)
    assert (refused.phase, rollout_of(refused).intent) == (Phase.ROLLED_BACK, None)


def test_metrics_are_read_on_from_where_they_were_read() -> None:
    state = state_of(rollout_in(Phase.RAMPING), metrics_until=START)
    until = START + 3 * MINUTE
    assert tick(state, seen(AT_TEN, metrics_until=until)).state.metrics_until == until
    assert tick(state, seen(AT_TEN)).state.metrics_until == START
