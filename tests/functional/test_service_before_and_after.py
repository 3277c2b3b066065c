"""What the service does before and after a canary has traffic: golden requests, scaling, losers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from steelyard.rollout.golden import Answer
from steelyard.rollout.model import Phase
from steelyard.rollout.observation import CommandName
from tests.functional.conftest import GoldenAnswers
from tests.functional.operator import CANARY, Operator, with_sight
from tests.functional.settings import POLICY
from tests.functional.world import World, lost_answer

RIGHT = Answer("adds", "right", "", 0.2)
WRONG = Answer("adds", "wrong", "expected /sum equals 4, got 5", 0.2)
BAD = {CANARY: 0.2}


def suspended(world: World) -> dict[str, bool]:
    """Whether scaling out is suspended, by variant that is registered."""
    return {
        resource.rsplit("/", 1)[-1]: target["SuspendedState"]["DynamicScalingOutSuspended"]
        for resource, target in world.autoscaling.targets.items()
    }


def test_canary_that_answers_garbage_never_sees_a_user(
    operator: Operator, world: World, golden: GoldenAnswers
) -> None:
    golden.next = (WRONG,)
    world.approve(2)
    operator.until(Phase.ROLLED_BACK)
    assert set(golden.asked) == {CANARY}
    assert "RAMPING" not in operator.phases()
    assert not any(
        variant == CANARY
        for (_, _, dimensions) in world.cloudwatch.samples
        for name, variant in dimensions
        if name == "VariantName"
    )


def test_golden_requests_are_asked_again_after_the_cold_pass_and_only_while_warming_up(
    operator: Operator, world: World, golden: GoldenAnswers
) -> None:
    golden.next = (replace(RIGHT, seconds=3.0),)
    world.approve(2)
    operator.until(Phase.RAMPING)
    asked = len(golden.asked)
    assert asked >= 2
    assert operator.rollout.cold_start == timedelta(seconds=3)
    operator.until(Phase.PROMOTED)
    assert len(golden.asked) == asked
    entered = next(e for e in operator.entries if e.decision["phase"] == "RAMPING")
    assert entered.seen["golden"][0]["outcome"] == "right"


def test_stable_scales_between_rollouts_and_its_successor_after_a_promotion(
    operator: Operator, world: World
) -> None:
    operator.minute()
    assert suspended(world) == {"v1": False}
    world.approve(2)
    operator.until(Phase.PROVISIONING)
    assert suspended(world) == {"v1": True}
    operator.until(Phase.PROMOTED)
    assert suspended(world) == {CANARY: False}


def test_scaling_is_suspended_before_the_update_that_it_could_lock_out(
    operator: Operator, world: World
) -> None:
    operator.minute()
    world.approve(2)
    operator.until(Phase.WARMING)
    asked = [call.operation for call in world.calls]
    before = asked[: asked.index("CreateModel")]
    assert before.count("RegisterScalableTarget") == 2  # to scale at all, and to rest


@pytest.mark.parametrize("how", ["evidence", "order", "silent"])
def test_scaling_comes_back_after_every_end_of_a_rollout(
    operator: Operator, world: World, how: str
) -> None:
    operator.minute()
    world.approve(2)
    if how == "silent":
        world.endpoint.fail_next = "no reason"
        operator.until(Phase.ROLLED_BACK)
    elif how == "evidence":
        operator.until(Phase.ROLLED_BACK, bad=BAD)
    else:
        operator.until(Phase.RAMPING)
        operator.order(CommandName.ROLLBACK)
        operator.until(Phase.ROLLED_BACK)
    assert suspended(world) == {"v1": False}


def test_scaling_call_that_was_lost_delays_no_rollback_and_is_made_up_for(
    operator: Operator, world: World
) -> None:
    operator.minute()
    world.approve(2)
    operator.until(Phase.RAMPING)
    world.before["RegisterScalableTarget"] = [lost_answer] * 3
    operator.order(CommandName.ROLLBACK)
    assert operator.rollout.phase is Phase.ROLLING_BACK
    operator.until(Phase.ROLLED_BACK)
    for _ in range(4):
        operator.minute()
    assert suspended(world) == {"v1": False}


def test_loser_goes_by_an_update_of_its_own_and_scaling_rests_meanwhile(
    operator: Operator, world: World
) -> None:
    policy = replace(POLICY, keep_loser=timedelta(minutes=5))
    operator.reconciler = with_sight(operator.reconciler, policy=policy)
    operator.minute()
    world.approve(2)
    operator.until(Phase.PROMOTED)
    assert set(world.endpoint.fleet.weights) == {"v1", CANARY}
    rested = False
    for _ in range(30):
        operator.minute()
        rested = rested or suspended(world) == {CANARY: True}
    assert rested
    assert world.endpoint.fleet.weights == {CANARY: 100.0}
    assert world.endpoint.fleet.config == "completion-alone-r1"
    assert suspended(world) == {CANARY: False}
    assert operator.state.stable is not None
    assert operator.state.stable.config == "completion-alone-r1"
    world.approve(3)
    operator.until(Phase.PROMOTED)
    assert operator.rollout.id == "completion-r2"
