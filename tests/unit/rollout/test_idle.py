"""Between rollouts: adoption, approvals that wait, and changes from outside."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from steelyard.rollout.machine import step
from steelyard.rollout.model import Candidate, Decision, DecisionKind, EndpointState, Phase, Stable
from steelyard.rollout.observation import Event, Hint, Seen
from tests.unit.rollout.scenes import (
    BOOTSTRAP,
    CANDIDATE,
    CONFIG,
    MINUTE,
    STABLE,
    START,
    live,
    live_of,
    rollout_in,
    seen,
    state_of,
)


def decide(state: EndpointState, reading: Seen, minutes: int = 1) -> Decision:
    """The machine's answer to a tick."""
    return step(state, Event(Hint("tick"), reading), START + minutes * MINUTE)


def approved(version: int, minutes: int = 0) -> Candidate:
    """A version and when it was approved."""
    return Candidate(version, f"arn:{version}", START + timedelta(minutes=minutes))


KNOWN = EndpointState("completion", stable=STABLE)


def test_first_event_adopts_what_serves_and_calls_nobody() -> None:
    decision = decide(EndpointState("completion"), seen(BOOTSTRAP))
    assert (decision.kind, decision.page) == (DecisionKind.ADOPT, False)
    assert decision.state.stable == STABLE
    assert "v1 serves version 1 on completion-bootstrap; nothing was known" in decision.reason


def test_version_that_serves_already_is_not_rolled_out_after_adoption() -> None:
    reading = seen(BOOTSTRAP, approved=(approved(1),))
    adopted = decide(EndpointState("completion"), reading).state
    after = decide(adopted, seen(BOOTSTRAP))
    assert after.kind is DecisionKind.HOLD
    assert (after.state.waiting, after.state.rollout) == (None, None)


def test_nothing_is_adopted_while_the_endpoint_is_updating_or_unreadable() -> None:
    for reading in (seen(replace(BOOTSTRAP, status="Updating")), seen(None)):
        assert decide(EndpointState("completion"), reading).kind is DecisionKind.HOLD


def test_variant_put_in_charge_from_outside_is_adopted_and_told() -> None:
    reading = seen(live("by-hand", {"hand": 1}), serving=Stable("hand", "by-hand", None))
    decision = decide(KNOWN, reading)
    assert (decision.kind, decision.page) == (DecisionKind.ADOPT, True)
    assert decision.state.stable == Stable("hand", "by-hand", None)
    assert "expected v1" in decision.reason


def test_traffic_given_to_another_variant_from_outside_is_told_once_and_left_alone() -> None:
    split = seen(live(STABLE.config, {"v1": 90, "old": 10}), approved=(CANDIDATE,))
    first = decide(KNOWN, split)
    assert (first.kind, first.page, first.act) == (DecisionKind.WARN, True, False)
    assert first.reason.startswith("not all traffic goes to v1: InService")
    again = decide(first.state, replace(split, approved=()), minutes=2)
    assert (again.kind, again.page) == (DecisionKind.HOLD, False)
    assert again.state == replace(first.state, untold="")
    over = decide(again.state, seen(BOOTSTRAP), minutes=3)
    assert over.kind is DecisionKind.START
    assert decide(replace(over.state, rollout=None), split, minutes=4).page


def test_approval_opens_a_rollout_with_names_of_its_own() -> None:
    decision = decide(replace(KNOWN, epoch=6), seen(BOOTSTRAP, approved=(CANDIDATE,)))
    rollout = decision.state.rollout
    assert (decision.kind, decision.phase) == (DecisionKind.START, Phase.PENDING)
    assert rollout is not None
    assert (rollout.id, rollout.epoch) == ("completion-r7", 7)
    assert (rollout.canary, rollout.config) == ("v2-r7", "completion-v2-r7")
    assert decision.state.approvals_until == CANDIDATE.approved_at
    assert decision.state.waiting is None


def test_rollout_after_a_lost_ledger_takes_no_name_that_is_in_use() -> None:
    serving = Stable("v2-r6", "completion-v2-r6", 2)
    reading = seen(live(serving.config, {"v2-r6": 100, "v1": 0}), serving=serving)
    adopted = decide(EndpointState("completion"), reading)
    opened = decide(adopted.state, replace(reading, approved=(approved(3),)))
    assert opened.state.rollout is not None
    assert opened.state.rollout.canary == "v3-r7"


def test_newest_of_several_approvals_is_taken() -> None:
    both = (approved(3, minutes=2), approved(2, minutes=5))
    decision = decide(KNOWN, seen(BOOTSTRAP, approved=both))
    assert decision.state.rollout is not None
    assert decision.state.rollout.candidate.version == 2


def test_approving_what_serves_changes_nothing() -> None:
    decision = decide(KNOWN, seen(BOOTSTRAP, approved=(approved(1, minutes=1),)))
    assert (decision.kind, decision.state.rollout) == (DecisionKind.HOLD, None)
    assert decision.state.approvals_until == START + MINUTE


def test_approval_during_a_rollout_waits_and_a_newer_one_replaces_it() -> None:
    ramping = rollout_in(Phase.RAMPING)
    there = live_of(ramping)
    one = decide(state_of(ramping), seen(there, approved=(approved(3, minutes=1),)))
    two = decide(one.state, seen(there, approved=(approved(4, minutes=2),)))
    assert one.state.waiting == approved(3, minutes=1)
    assert two.state.waiting == approved(4, minutes=2)
    assert two.state.rollout is not None
    assert two.state.rollout.id == ramping.id


def test_touching_a_version_that_serves_or_rolls_does_not_drop_the_one_that_waits() -> None:
    ramping = rollout_in(Phase.RAMPING)
    waiting = state_of(ramping, waiting=approved(3))
    touched = seen(live_of(ramping), approved=(approved(2, minutes=3),))
    assert decide(waiting, touched).state.waiting == approved(3)
    both = seen(live_of(ramping), approved=(approved(4, minutes=1), approved(2, minutes=3)))
    after = decide(waiting, both).state
    assert after.waiting == approved(4, minutes=1)
    assert after.approvals_until == START + 3 * MINUTE


def test_version_that_waits_is_rolled_out_when_the_one_before_is_over() -> None:
    over = rollout_in(Phase.ROLLED_BACK)
    state = state_of(over, waiting=approved(3), stable=replace(STABLE, config=CONFIG))
    decision = decide(state, seen(live()))
    assert decision.kind is DecisionKind.START
    assert decision.state.rollout is not None
    assert decision.state.rollout.id == "completion-r2"
    assert decision.state.rollout.stable == Stable("v1", CONFIG, 1)


def test_version_that_waited_and_serves_by_now_is_not_rolled_out_against_itself() -> None:
    state = state_of(rollout_in(Phase.ROLLED_BACK), waiting=approved(1))
    decision = decide(state, seen(BOOTSTRAP))
    assert (decision.kind, decision.state.waiting) == (DecisionKind.HOLD, None)


def test_config_put_in_charge_from_outside_that_can_not_be_read_is_told_once() -> None:
    reading = seen(live("by-hand", {"hand": 1}), serving=None)
    first = decide(KNOWN, reading)
    assert (first.kind, first.page) == (DecisionKind.WARN, True)
    assert first.reason == "by-hand is live, not completion-bootstrap, and can't be read"
    assert not decide(first.state, reading, minutes=2).page


def test_no_rollout_opens_while_the_endpoint_can_not_be_read() -> None:
    for reading in (seen(None), seen(BOOTSTRAP, serving=None)):
        decision = decide(replace(KNOWN, waiting=CANDIDATE), reading)
        assert (decision.kind, decision.state.waiting) == (DecisionKind.HOLD, CANDIDATE)


def test_pending_rollout_starts_from_what_was_put_in_charge_meanwhile() -> None:
    by_hand = Stable("hand", "by-hand", 7)
    pending = rollout_in(Phase.PENDING)
    decision = decide(state_of(pending), seen(live("by-hand", {"hand": 1}), serving=by_hand))
    assert (decision.kind, decision.page) == (DecisionKind.ADOPT, True)
    assert (decision.phase_before, decision.phase) == (Phase.PENDING, Phase.PENDING)
    assert decision.state.rollout == replace(pending, stable=by_hand)
    assert decision.state.stable == by_hand


def test_rollout_that_is_over_is_not_touched_by_later_events() -> None:
    for phase in (Phase.PROMOTED, Phase.ROLLED_BACK):
        over = rollout_in(phase)
        stable = (
            Stable("v2-r1", CONFIG, 2)
            if phase is Phase.PROMOTED
            else replace(STABLE, config=CONFIG)
        )
        decision = decide(state_of(over, stable=stable), seen(live_of(over)))
        assert decision.kind is DecisionKind.HOLD
        assert decision.state.rollout == over
