"""What one look at the world means: harm, drift, failures, and what must not be taken for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from steelyard.rollout.intents import MAX_ATTEMPTS
from steelyard.rollout.machine import step
from steelyard.rollout.model import DecisionKind, Phase, Rollout
from steelyard.rollout.observation import AlarmReading, CommandName, Event, Hint, Live
from tests.unit.rollout.scenes import (
    BOOTSTRAP,
    CANARY,
    MINUTE,
    POLICY,
    SOON,
    STABLE,
    START,
    WORSE,
    alarm,
    command,
    decide,
    intent_after,
    live,
    live_of,
    rollout_in,
    seen,
    state_of,
    with_intent,
)


@pytest.mark.parametrize(
    ("reading", "phase"),
    [
        (alarm(canary=22.0, stable=0.1), Phase.ROLLING_BACK),
        (alarm(canary=22.0, stable=None), Phase.ROLLING_BACK),
        (alarm(canary=5.0, stable=4.9), Phase.ROLLING_BACK),
        (alarm(canary=None, stable=0.1), Phase.ROLLING_BACK),
        (alarm(canary=22.0, stable=23.0), Phase.RAMPING),
        (alarm(canary=0.1, stable=23.0), Phase.RAMPING),
        (alarm(canary=0.1, stable=0.1), Phase.PAUSED),
        (alarm(canary=0.1, stable=None), Phase.PAUSED),
    ],
    ids=["alone", "no_stable", "at_threshold", "unreadable", "both", "stable", "forced", "forced2"],
)
def test_alarm_means_what_its_metric_says_when_read_again(
    reading: AlarmReading, phase: Phase
) -> None:
    rollout = rollout_in(Phase.RAMPING)
    assert decide(rollout, seen(live_of(rollout), alarms=(reading,))).phase is phase


def test_shared_incident_holds_and_says_so() -> None:
    rollout = rollout_in(Phase.RAMPING)
    decision = decide(rollout, seen(live_of(rollout), alarms=(alarm(22.0, 23.0),)))
    assert decision.kind is DecisionKind.HOLD
    assert "is in ALARM on both variants" in decision.reason


def test_alarm_on_the_evidence_alone_rolls_back() -> None:
    reading = AlarmReading("steelyard/completion/evidence", "evidence", 4.6, 5.0, None)
    rollout = rollout_in(Phase.RAMPING)
    decision = decide(rollout, seen(live_of(rollout), alarms=(reading,)))
    assert decision.phase is Phase.ROLLING_BACK
    assert decision.reason == "evidence: canary 5, threshold 4.6 on the canary alone"


@pytest.mark.parametrize("phase", [Phase.RAMPING, Phase.HOLDBACK, Phase.PAUSED])
def test_worse_rolls_back_from_wherever_the_canary_has_traffic(phase: Phase) -> None:
    rollout = rollout_in(phase)
    decision = decide(rollout, seen(live_of(rollout), batches=(WORSE,)))
    assert (decision.kind, decision.phase) == (DecisionKind.ROLL_BACK, Phase.ROLLING_BACK)
    assert decision.act


def test_harm_overrules_a_person_who_promotes_in_the_same_minute() -> None:
    rollout = rollout_in(Phase.RAMPING)
    event = Event(command(CommandName.PROMOTE), seen(live_of(rollout), batches=(WORSE,)))
    decision = step(state_of(rollout), event, SOON)
    assert decision.phase is Phase.ROLLING_BACK
    assert decision.state.done_keys == ("k1",)


def test_update_that_sagemaker_rolled_back_silently_is_seen() -> None:
    begun = with_intent(Phase.PROVISIONING, begun=True)
    decision = decide(begun, seen(replace(BOOTSTRAP, failure="image not found")))
    assert decision.phase is Phase.ROLLING_BACK
    assert "rolled back silently to completion-bootstrap: image not found" in decision.reason


def test_update_that_never_began_is_tried_again() -> None:
    decision = decide(with_intent(Phase.PROVISIONING), seen(BOOTSTRAP))
    assert (decision.phase, decision.act) == (Phase.PROVISIONING, True)
    assert intent_after(decision).attempts == 2


@pytest.mark.parametrize(
    ("status", "begun"),
    [("Updating", True), ("RollingBack", True), ("SystemUpdating", False), ("InService", False)],
)
def test_only_an_update_counts_as_begun_not_sagemakers_own_patching(
    status: str, *, begun: bool
) -> None:
    reading = seen(replace(BOOTSTRAP, status=status))
    decision = decide(with_intent(Phase.PROVISIONING), reading, kind="recheck")
    assert intent_after(decision).begun is begun


def test_canary_that_does_not_come_up_in_time_is_given_up() -> None:
    rollout, updating = with_intent(Phase.PROVISIONING), replace(BOOTSTRAP, status="Updating")
    just = POLICY.provision_timeout
    assert decide(rollout, seen(updating), after=just).phase is Phase.PROVISIONING
    late = decide(rollout, seen(updating), after=just + timedelta(seconds=1))
    assert late.phase is Phase.ROLLING_BACK
    assert "no canary in service after 0:10:00" in late.reason


def test_weights_that_never_come_need_a_person_after_the_last_attempt() -> None:
    unmoved = seen(live(weights={"v1": 100, CANARY: 0}))
    last = with_intent(Phase.RAMPING, begun=True, attempts=MAX_ATTEMPTS)
    assert decide(last, unmoved).phase is Phase.NEEDS_HUMAN
    earlier = with_intent(Phase.RAMPING, begun=True, attempts=MAX_ATTEMPTS - 1)
    assert decide(earlier, unmoved).act


MOVED = live(weights={"v1": 80, CANARY: 20})
FOREIGN = live("somebody-elses", {"v1": 100})


@pytest.mark.parametrize(
    ("rollout", "there", "phase"),
    [
        (rollout_in(Phase.WARMING), MOVED, Phase.NEEDS_HUMAN),
        (rollout_in(Phase.RAMPING), MOVED, Phase.NEEDS_HUMAN),
        (rollout_in(Phase.RAMPING), BOOTSTRAP, Phase.NEEDS_HUMAN),
        (rollout_in(Phase.PAUSED), MOVED, Phase.NEEDS_HUMAN),
        (with_intent(Phase.RAMPING), MOVED, Phase.RAMPING),
        (with_intent(Phase.RAMPING), FOREIGN, Phase.NEEDS_HUMAN),
        (with_intent(Phase.FINALIZING), FOREIGN, Phase.NEEDS_HUMAN),
        (with_intent(Phase.PROVISIONING, begun=True), FOREIGN, Phase.NEEDS_HUMAN),
        (with_intent(Phase.ROLLING_BACK), MOVED, Phase.ROLLING_BACK),
        (rollout_in(Phase.ROLLING_BACK), BOOTSTRAP, Phase.ROLLING_BACK),
        (rollout_in(Phase.ROLLING_BACK), replace(MOVED, config="other"), Phase.NEEDS_HUMAN),
        (rollout_in(Phase.ROLLING_BACK), FOREIGN, Phase.ROLLING_BACK),
        (rollout_in(Phase.RAMPING), replace(MOVED, status="Updating"), Phase.RAMPING),
    ],
)
def test_change_from_outside_is_detected_and_left_alone(
    rollout: Rollout, there: Live, phase: Phase
) -> None:
    decision = decide(rollout, seen(there))
    assert decision.phase is phase
    if phase is Phase.NEEDS_HUMAN:
        assert "changed from outside: Describe shows InService" in decision.reason
        assert (decision.act, decision.page) == (False, True)


def test_weights_that_move_after_a_rollback_are_taken_back_again() -> None:
    decision = decide(rollout_in(Phase.ROLLING_BACK), seen(MOVED))
    assert (decision.phase, decision.act) == (Phase.ROLLING_BACK, True)
    assert decision.reason.startswith("weights moved again: InService, completion-v2-r1")


@pytest.mark.parametrize("left", [Phase.PROVISIONING, Phase.RAMPING, Phase.ROLLING_BACK])
def test_endpoint_that_a_person_mended_another_way_is_adopted_after_a_rollback(
    left: Phase,
) -> None:
    """Once, each order led back to NEEDS_HUMAN for ever, since the config was not one of ours."""
    rollout = rollout_in(Phase.NEEDS_HUMAN, resume_to=left, latched=left is Phase.ROLLING_BACK)
    reading = seen(FOREIGN)
    event = Event(command(CommandName.ROLLBACK), reading)
    decision = step(state_of(rollout), event, SOON)
    for minute in range(2, 6):
        event = Event(Hint("tick"), reading)
        decision = step(decision.state, event, START + minute * MINUTE)
        if decision.phase is Phase.ROLLED_BACK:
            break
    assert decision.phase is Phase.ROLLED_BACK
    assert decision.state.stable == STABLE, "whose config it is, is not known here"
    alarms_gone = replace(reading, canary_alarms=False, canary_alarms_gone=True)
    tidied = step(decision.state, Event(Hint("recheck"), alarms_gone), START + 6 * MINUTE)
    adopted = step(tidied.state, Event(Hint("tick"), alarms_gone), START + 7 * MINUTE)
    assert adopted.state.stable == reading.serving


@pytest.mark.parametrize(
    ("there", "after", "phase"),
    [
        (live(), POLICY.settle, Phase.ROLLED_BACK),
        (live(), POLICY.settle - timedelta(seconds=1), Phase.ROLLING_BACK),
        (live(status="Updating"), POLICY.settle, Phase.ROLLING_BACK),
        (None, POLICY.settle, Phase.ROLLING_BACK),
    ],
    ids=["settled", "too_early", "something_under_way", "unreadable"],
)
def test_rollback_is_over_only_when_settled_and_seen(
    there: Live | None, after: timedelta, phase: Phase
) -> None:
    assert decide(rollout_in(Phase.ROLLING_BACK), seen(there), after=after).phase is phase
