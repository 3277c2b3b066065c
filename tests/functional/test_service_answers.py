"""What AWS answers to an action is told apart: refused for now, for good, not answered at all."""

from __future__ import annotations

from steelyard.rollout.model import Phase
from steelyard.rollout.observation import CommandName
from tests.functional.conftest import Pages
from tests.functional.operator import Operator
from tests.functional.sagemaker_refusals import refusal
from tests.functional.world import World, lost_answer


def throttled() -> None:
    """AWS asks for patience."""
    raise refusal("ThrottlingException", "Rate exceeded", "any")


def denied() -> None:
    """AWS will not do it, however often it is asked."""
    raise refusal("AccessDeniedException", "not authorized to perform this", "any")


def test_refusal_for_good_is_handed_over_within_the_same_message(
    operator: Operator, world: World
) -> None:
    operator.minute()
    world.approve(2)
    world.before["CreateModel"] = [denied]
    operator.until(Phase.NEEDS_HUMAN)
    assert "not authorized to perform this" in operator.reasons()[-2]
    assert operator.phases()[-2:] == ["PROVISIONING", "NEEDS_HUMAN"]
    assert world.changes() == []


def test_refusal_for_good_of_a_later_attempt_is_handed_over_too(
    operator: Operator, world: World
) -> None:
    operator.minute()
    world.approve(2)
    world.before["CreateModel"] = [throttled, denied]
    operator.until(Phase.PROVISIONING)
    operator.minute()
    assert operator.rollout.phase is Phase.NEEDS_HUMAN


def test_update_whose_answer_was_lost_is_known_again_when_it_is_rolled_back(
    operator: Operator, world: World
) -> None:
    operator.minute()
    world.approve(2)
    world.endpoint.fail_next_update("the container did not answer")
    world.after["UpdateEndpoint"] = [lost_answer]
    operator.until(Phase.ROLLED_BACK)
    assert any("rolled back silently" in reason for reason in operator.reasons())
    assert world.changes().count("UpdateEndpoint") == 1


def test_page_that_can_not_be_sent_keeps_no_rollback_waiting(
    operator: Operator, world: World, pages: Pages
) -> None:
    operator.ramping()
    pages.read()
    world.before["Publish"] = [lost_answer] * 20
    operator.order(CommandName.ROLLBACK)
    operator.until(Phase.ROLLED_BACK)
    assert pages.read() == []


def test_canary_gets_no_traffic_while_scaling_can_not_be_held(
    operator: Operator, world: World
) -> None:
    operator.minute()
    world.approve(2)
    operator.until(Phase.WARMING)
    world.before["DescribeScalableTargets"] = [lost_answer] * 100
    for _ in range(5):
        operator.minute()
    assert operator.rollout.phase is Phase.WARMING
    del world.before["DescribeScalableTargets"]
    operator.until(Phase.RAMPING)


def test_repeated_order_is_in_the_ledger_each_time_it_comes(operator: Operator) -> None:
    operator.ramping()
    for _ in range(2):
        operator.order(CommandName.PAUSE)
    orders = [entry.trigger for entry in operator.entries if entry.trigger["kind"] == "command"]
    assert len(orders) == 2
