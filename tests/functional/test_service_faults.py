"""Lost answers, crashes between any two lines, other writers, and what can't be read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from steelyard.errors import EndpointBusy, IllegalTransition, StaleRollout
from steelyard.rollout.model import Phase
from steelyard.rollout.observation import CommandName
from tests.functional.fake_sagemaker import refusal
from tests.functional.operator import CANARY, Operator
from tests.functional.test_ledger import chain_holds
from tests.functional.world import Killed, World, killed, lost_answer

MUTATING = {
    "CreateModel": "create_model",
    "CreateEndpointConfig": "create_config",
    "UpdateEndpoint": "update_endpoint",
    "UpdateEndpointWeightsAndCapacities": "set_weights",
    "PutMetricAlarm": "put_alarms",
    "DeleteAlarms": "delete_alarms",
}


def throttled() -> None:
    """AWS asks for patience."""
    raise refusal("ThrottlingException", "Rate exceeded", "any")


def run_to_the_end(operator: Operator) -> list[str]:
    """A good update, whatever happens to single calls; a killed process is started again."""
    operator.world.approve(2)
    for _ in range(60):
        try:
            operator.minute()
        except (Killed, StaleRollout, EndpointBusy):
            operator.world.serve()
        rollout = operator.state.rollout
        if rollout is not None and rollout.phase.is_over and rollout.intent is None:
            break
    return operator.phases()


GOOD = ["PENDING", "PROVISIONING", "WARMING", "RAMPING", "HOLDBACK", "FINALIZING", "PROMOTED"]


@pytest.mark.parametrize("operation", [*MUTATING, "PutItem"])
@pytest.mark.parametrize(
    ("when", "what"),
    [
        ("before", lost_answer),
        ("after", lost_answer),
        ("before", throttled),
        ("before", killed),
        ("after", killed),
    ],
    ids=["request_lost", "answer_lost", "throttled", "killed_before", "killed_after"],
)
def test_fault_at_any_change_costs_minutes_and_nothing_else(
    operator: Operator, world: World, operation: str, when: str, what: Callable[[], None]
) -> None:
    faults = getattr(world, when)[operation] = [what, lambda: None, what]
    assert run_to_the_end(operator) == GOOD
    assert len(faults) < 3
    assert world.endpoint.fleet.weights == {"v1": 0.0, CANARY: 100.0}
    assert world.cloudwatch.alarms == {}
    assert world.changes().count("UpdateEndpoint") == 1


def test_every_change_was_in_the_ledger_before_it_was_made(
    operator: Operator, world: World
) -> None:
    """Invariant 8: the intent that is open when a change is made has that action."""
    made: list[str] = []

    def check(operation: str) -> Callable[[], None]:
        def recorded() -> None:
            intent = operator.rollout.intent
            assert intent is not None
            assert MUTATING[operation] in [action.kind for action in intent.actions]
            made.append(operation)

        return recorded

    for operation in MUTATING:
        world.before[operation] = [check(operation)] * 20
    run_to_the_end(operator)
    assert set(made) == set(MUTATING)


def test_crash_between_recording_and_acting_is_made_good_at_the_next_tick(
    operator: Operator, world: World
) -> None:
    operator.ramping()
    world.before["UpdateEndpointWeightsAndCapacities"] = [killed]
    with pytest.raises(Killed):
        operator.order(CommandName.ROLLBACK)
    assert operator.rollout.phase is Phase.ROLLING_BACK
    assert world.share(CANARY) == pytest.approx(10)
    operator.minute()
    intent = operator.rollout.intent
    assert intent is not None
    assert intent.attempts == 2
    assert world.share(CANARY) == 0


def test_crash_between_acting_and_confirming_does_nothing_twice(
    operator: Operator, world: World
) -> None:
    operator.ramping()
    world.after["UpdateEndpointWeightsAndCapacities"] = [killed]
    with pytest.raises(Killed):
        operator.order(CommandName.ROLLBACK)
    calls = world.changes()
    operator.until(Phase.ROLLED_BACK)
    assert world.changes() == calls


def test_command_whose_message_comes_again_after_a_crash_is_carried_out_once(
    operator: Operator, world: World
) -> None:
    operator.ramping()
    world.before["UpdateEndpointWeightsAndCapacities"] = [killed]
    with pytest.raises(Killed):
        operator.order(CommandName.ROLLBACK)
    operator.order(CommandName.ROLLBACK)
    assert any(reason.startswith("done already; ") for reason in operator.reasons())
    assert world.endpoint.change is not None, "the intent is acted on at once"
    operator.until(Phase.ROLLED_BACK)
    assert operator.phases().count("ROLLING_BACK") == 1


def test_writer_who_comes_first_makes_the_other_look_again(
    operator: Operator, world: World
) -> None:
    operator.ramping()
    world.before["PutItem"] = [lambda: _other(operator)]
    assert operator.wake().phase is Phase.ROLLING_BACK
    assert operator.phases()[-1] == "ROLLING_BACK"
    assert chain_holds(operator.entries)


def test_order_that_another_writer_made_illegal_is_refused(
    operator: Operator, world: World
) -> None:
    operator.ramping()
    world.before["PutItem"] = [lambda: _other(operator)]
    with pytest.raises(IllegalTransition, match="pause is not legal in ROLLING_BACK"):
        operator.order(CommandName.PAUSE)


def _other(operator: Operator) -> None:
    """Another Lambda rolls back, just before we record what we chose."""
    command = operator.order(CommandName.ABORT, key="other")
    assert command.phase is Phase.ROLLING_BACK


def test_second_race_in_a_row_is_left_to_the_queue(operator: Operator, world: World) -> None:
    operator.ramping()

    def lost() -> None:
        raise refusal(
            "ConditionalCheckFailedException", "The conditional request failed", "PutItem"
        )

    world.before["PutItem"] = [lost, lost]
    with pytest.raises(StaleRollout):
        operator.order(CommandName.PAUSE)
    assert operator.order(CommandName.PAUSE).phase is Phase.PAUSED
