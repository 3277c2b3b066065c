"""What the service does before and after a canary has traffic: golden requests, scaling, losers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from steelyard.rollout.golden import Answer
from steelyard.rollout.model import Phase
from steelyard.rollout.observation import CommandName
from tests.functional.conftest import GoldenAnswers
from tests.functional.operator import CANARY, Operator, with_sight
from tests.functional.settings import POLICY
from tests.functional.test_service_faults import throttled
from tests.functional.world import MINUTE, World, lost_answer

RIGHT = Answer("adds", "right", "", 0.2)
WRONG = Answer("adds", "wrong", "expected /sum equals 4, got 5", 0.2)
BAD = {CANARY: 0.2}


def scale_out(world: World) -> None:
    """Somebody else's change gets in first, and takes some minutes."""
    world.endpoint.begin(world.endpoint.fleet, world.now, 2 * MINUTE, shifts=True)


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


def by_evidence(operator: Operator, _golden: GoldenAnswers) -> None:
    operator.until(Phase.ROLLING_BACK, bad=BAD)


def by_a_silent_rollback(operator: Operator, _golden: GoldenAnswers) -> None:
    operator.world.endpoint.fail_next_update("no reason")


def by_garbage(_operator: Operator, golden: GoldenAnswers) -> None:
    golden.next = (WRONG,)


def by_time(operator: Operator, _golden: GoldenAnswers) -> None:
    operator.world.endpoint.fail_next_update("InsufficientInstanceCapacity")
    operator.until(Phase.PROVISIONING)
    operator.world.before["UpdateEndpoint"] = [throttled] * 99


def by_an_order(name: CommandName, phase: Phase) -> Callable[[Operator, GoldenAnswers], None]:
    def end(operator: Operator, _golden: GoldenAnswers) -> None:
        operator.until(phase)
        operator.order(name)

    return end


def by_a_person_called(operator: Operator, _golden: GoldenAnswers) -> None:
    operator.ramping()
    operator.world.endpoint.fleet.weights["v1"] = 1.0
    operator.until(Phase.NEEDS_HUMAN)
    operator.order(CommandName.ABORT)


ENDS: Mapping[str, Callable[[Operator, GoldenAnswers], None]] = {
    "evidence": by_evidence,
    "silent": by_a_silent_rollback,
    "garbage": by_garbage,
    "time": by_time,
    "abort while provisioning": by_an_order(CommandName.ABORT, Phase.PROVISIONING),
    "rollback": by_an_order(CommandName.ROLLBACK, Phase.RAMPING),
    "abort in holdback": by_an_order(CommandName.ABORT, Phase.HOLDBACK),
    "needs a person": by_a_person_called,
}


@pytest.mark.parametrize("how", ENDS)
def test_scaling_comes_back_after_every_rollback(
    operator: Operator, world: World, golden: GoldenAnswers, how: str
) -> None:
    operator.minute()
    world.approve(2)
    ENDS[how](operator, golden)
    operator.until(Phase.ROLLED_BACK)
    assert suspended(world) == {"v1": False}


def test_scaling_comes_back_on_the_canary_after_a_promotion_by_hand(
    operator: Operator, world: World
) -> None:
    operator.minute()
    world.approve(2)
    operator.ramping()
    operator.order(CommandName.PROMOTE)
    operator.until(Phase.PROMOTED)
    assert suspended(world) == {CANARY: False}


def test_canary_gets_no_traffic_while_scaling_can_not_be_suspended(
    operator: Operator, world: World
) -> None:
    """A change of counts would lock the endpoint while a rollback waits."""
    operator.minute()
    world.approve(2)
    world.before["RegisterScalableTarget"] = [throttled] * 20
    operator.until(Phase.WARMING)
    for _ in range(4):
        operator.minute()
    assert operator.rollout.phase is Phase.WARMING
    assert suspended(world) == {"v1": False}
    world.before["RegisterScalableTarget"] = []
    operator.until(Phase.RAMPING)
    assert suspended(world) == {"v1": True}


def test_update_that_met_a_scale_out_is_tried_again_and_the_candidate_kept(
    operator: Operator, world: World
) -> None:
    """Once, somebody else's update was taken for ours, and its end for a silent rollback."""
    operator.minute()
    world.approve(2)
    world.before["UpdateEndpoint"] = [lambda: scale_out(world)]
    operator.until(Phase.PROMOTED)
    assert operator.rollout.candidate.version == 2


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
