"""What the service writes can be decided again, from the ledger alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cli.past import past_of
from cli.replay_path import differs, follow
from steelyard.codec import encode
from steelyard.rollout.model import DecisionKind, Phase
from steelyard.rollout.observation import CommandName
from tests.functional.operator import CANARY, Operator
from tests.functional.settings import POLICY
from tests.functional.world import World

ROLLOUT = "completion-r1"


def play(operator: Operator, end: Phase) -> None:
    """A rollout to its end; on the way to a promotion a person holds it up."""
    if end is Phase.ROLLED_BACK:
        operator.ramping()
        operator.until(end, bad={CANARY: 0.2})
        return
    operator.ramping()
    operator.order(CommandName.PAUSE)
    operator.minute()
    operator.order(CommandName.RESUME, key="k2")
    operator.until(end)


@pytest.mark.parametrize("end", [Phase.PROMOTED, Phase.ROLLED_BACK])
def test_rollout_of_the_service_is_decided_again_exactly(operator: Operator, end: Phase) -> None:
    play(operator, end)
    past = past_of(operator.entries, ROLLOUT)
    asked = tuple(follow(past, POLICY))
    assert asked[-1].turn.did.phase is end
    assert len(asked) > 10
    for one in asked:
        assert encode(one.decision.state) == one.turn.entry.state
        assert not differs(one)


def test_more_patient_policy_would_have_stayed_where_the_service_moved_on(
    operator: Operator, world: World
) -> None:
    world.approve(2)
    operator.until(Phase.PROMOTED)
    past = past_of(operator.entries, ROLLOUT)
    *same, parted = follow(past, replace(POLICY, least_requests=10**6))
    assert not any(one.parts for one in same)
    assert (parted.turn.did.percent, parted.would.percent) == (50, 10)
    assert parted.decision.kind is DecisionKind.HOLD
    assert parted.decision.reason.startswith("lacks samples: ")
