"""What looks alike in Describe's answer, and isn't: shares, states, reasons for a failure."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from steelyard.rollout.machine import step
from steelyard.rollout.model import Decision, Phase, Rollout
from steelyard.rollout.observation import Event, Hint, Live, Seen
from steelyard.rollout.plan import intent_for, splits_as
from tests.unit.rollout.scenes import (
    BOOTSTRAP,
    CANARY,
    MINUTE,
    START,
    alarm,
    live,
    live_of,
    rollout_in,
    seen,
    state_of,
)


def ticked(rollout: Rollout, reading: Seen) -> tuple[Decision, Rollout]:
    """What a minute later is decided, and the rollout from there on."""
    decision = step(state_of(rollout), Event(Hint("tick"), reading), START + MINUTE)
    assert decision.state.rollout is not None
    return decision, decision.state.rollout


def as_float32(weight: float) -> float:
    """The weight as SageMaker keeps it."""
    (kept,) = struct.unpack("f", struct.pack("f", weight))
    return float(kept)


@pytest.mark.parametrize(("stable", "canary"), [(0.9, 0.1), (0.09, 0.01), (2.7, 0.3)])
def test_same_share_in_fractions_is_no_change_from_outside(stable: float, canary: float) -> None:
    shown = live(weights={"v1": as_float32(stable), CANARY: as_float32(canary)})
    assert splits_as(shown, {"v1": 90, CANARY: 10})


def test_hundredth_of_a_percent_more_is_a_change_from_outside() -> None:
    shown = live(weights={"v1": as_float32(0.8999), CANARY: as_float32(0.1001)})
    assert not splits_as(shown, {"v1": 90, CANARY: 10})


def test_share_that_a_third_variant_takes_is_a_change_from_outside() -> None:
    shown = live(weights={"v1": 90, CANARY: 10, "v9": 1})
    assert not splits_as(shown, {"v1": 90, CANARY: 10})


def bringing_up() -> Rollout:
    """A rollout whose update SageMaker was seen at work on."""
    rollout = rollout_in(Phase.PROVISIONING)
    intent = intent_for(rollout, BOOTSTRAP)
    assert intent is not None
    return replace(rollout, intent=replace(intent, begun=True))


def back_on_stable(failure: str) -> Live:
    """The endpoint after an update that came to nothing."""
    return replace(BOOTSTRAP, failure=failure)


@pytest.mark.parametrize(
    ("failure", "phase"),
    [
        ("Unable to provision requested ML compute capacity", Phase.PROVISIONING),
        ("InsufficientInstanceCapacity", Phase.PROVISIONING),
        ("The container did not pass the ping health check", Phase.ROLLING_BACK),
        ("", Phase.ROLLING_BACK),
    ],
)
def test_update_that_came_to_nothing_speaks_against_the_candidate_unless_instances_were_short(
    failure: str, phase: Phase
) -> None:
    reading = seen(back_on_stable(failure), canary_alarms=True)
    _, after = ticked(bringing_up(), reading)
    assert after.phase is phase


@pytest.mark.parametrize("status", ["Failed", "OutOfService", "UpdateRollbackFailed", "Deleting"])
def test_endpoint_that_only_a_person_can_mend_is_handed_over(status: str) -> None:
    rollout = rollout_in(Phase.RAMPING, weights_since=START)
    decision, after = ticked(rollout, seen(replace(live_of(rollout), status=status)))
    assert after.phase is Phase.NEEDS_HUMAN
    assert status in decision.reason
    assert decision.page


def test_person_who_was_called_about_a_condemned_canary_is_not_called_each_minute() -> None:
    rollout = rollout_in(Phase.NEEDS_HUMAN, resume_to=Phase.ROLLING_BACK, latched=True)
    broken = replace(live(weights={"v1": 100, CANARY: 0}), status="Failed")
    decision, after = ticked(rollout, seen(broken, alarms=(alarm(None),)))
    assert after.phase is Phase.NEEDS_HUMAN
    assert not decision.page
