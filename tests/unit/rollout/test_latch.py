"""The rollback's latch: once it is set, nothing takes it back."""

from __future__ import annotations

import pytest

from steelyard.errors import IllegalTransition
from steelyard.rollout.machine import step
from steelyard.rollout.model import Phase
from steelyard.rollout.observation import CommandName, Event, Hint
from tests.unit.rollout.scenes import (
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


def test_latch_is_still_in_the_ledger_when_the_rollback_is_over() -> None:
    rollout = rollout_in(Phase.ROLLING_BACK, weights_since=START - POLICY.settle, latched=True)
    event = Event(Hint("tick"), seen(live_of(rollout)))
    after = step(state_of(rollout), event, START).state.rollout
    assert after is not None
    assert after.phase is Phase.ROLLED_BACK
    assert after.latched


@pytest.mark.parametrize("left", [Phase.RAMPING, Phase.HOLDBACK, Phase.FINALIZING, None])
def test_person_who_resumes_a_rollback_gets_a_rollback(left: Phase | None) -> None:
    rollout = rollout_in(Phase.NEEDS_HUMAN, resume_to=left, latched=True)
    event = Event(command(CommandName.RESUME), seen(live_of(rollout)))
    after = step(state_of(rollout), event, START + MINUTE).state.rollout
    assert after is not None
    assert after.phase is Phase.ROLLING_BACK
    assert after.intent is None or after.intent.weights[after.canary] == 0


@pytest.mark.parametrize("name", [CommandName.PROMOTE, CommandName.PAUSE, CommandName.START])
def test_order_that_would_keep_the_canary_in_traffic_is_refused_in_mid_rollback(
    name: CommandName,
) -> None:
    rollout = rollout_in(Phase.ROLLING_BACK, step=1, latched=True)
    event = Event(command(name), seen(live_of(rollout)))
    with pytest.raises(IllegalTransition, match=f"{name} is not legal in ROLLING_BACK"):
        step(state_of(rollout), event, START + MINUTE)


def test_hold_begins_again_when_a_late_call_has_moved_the_weights() -> None:
    rollout = rollout_in(Phase.ROLLING_BACK, weights_since=START, latched=True)
    shifted = live(weights={"v1": 90, rollout.canary: 10}, config=rollout.config)
    event = Event(Hint("tick"), seen(shifted))
    after = step(state_of(rollout), event, START + POLICY.settle).state.rollout
    assert after is not None
    assert after.phase is Phase.ROLLING_BACK
    assert after.weights_since is None
    assert after.intent is not None
    assert after.intent.weights[after.canary] == 0
