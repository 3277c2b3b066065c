"""When stable may scale: a pure function of what the ledger holds."""

from __future__ import annotations

import pytest

from steelyard.rollout.model import EndpointState, Phase
from steelyard.rollout.plan import intent_for, removal_of_loser
from steelyard.rollout.scaling import wanted
from tests.unit.rollout.scenes import STABLE, rollout_in, state_of


def test_nothing_is_wanted_before_stable_is_known() -> None:
    assert wanted(EndpointState("completion")) is None


@pytest.mark.parametrize("phase", list(Phase))
def test_stable_scales_unless_a_rollout_is_under_way(phase: Phase) -> None:
    free = phase is Phase.PENDING or phase.is_over
    standing = "active" if free else "suspended"
    assert wanted(state_of(rollout_in(phase))) == {STABLE.variant: standing}


def test_stable_does_not_scale_while_the_loser_is_removed() -> None:
    intent = removal_of_loser(rollout_in(Phase.ROLLED_BACK), STABLE)
    rollout = rollout_in(Phase.ROLLED_BACK, intent=intent)
    assert wanted(state_of(rollout)) == {STABLE.variant: "suspended"}


def test_deleting_alarms_does_not_hold_scaling_up() -> None:
    over = rollout_in(Phase.PROMOTED)
    tidying = rollout_in(Phase.PROMOTED, intent=intent_for(over, None))
    assert wanted(state_of(tidying)) == {STABLE.variant: "active"}


def test_person_who_is_called_before_an_update_finds_stable_scaling() -> None:
    called = rollout_in(Phase.NEEDS_HUMAN, resume_to=Phase.PENDING, step=-1)
    assert wanted(state_of(called)) == {STABLE.variant: "active"}
