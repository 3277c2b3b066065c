"""What people ask of a rollout, and approvals that come while one is under way."""

from __future__ import annotations

import pytest

from steelyard.errors import IllegalTransition
from steelyard.rollout.model import DecisionKind, Phase
from steelyard.rollout.observation import CommandName, Hint
from tests.functional.fake_sagemaker import refusal
from tests.functional.operator import CANARY, Operator
from tests.functional.world import MINUTE, World

ABORT, PAUSE, PROMOTE = CommandName.ABORT, CommandName.PAUSE, CommandName.PROMOTE
RESUME, ROLLBACK, START = CommandName.RESUME, CommandName.ROLLBACK, CommandName.START


@pytest.mark.parametrize("name", [ROLLBACK, ABORT])
def test_person_rolls_back_and_the_ledger_says_who_and_why(
    operator: Operator, world: World, name: CommandName
) -> None:
    operator.ramping()
    assert operator.order(name).phase is Phase.ROLLING_BACK
    entry = next(e for e in operator.entries if e.trigger["kind"] == "command")
    assert entry.trigger["actor"] == "arn:aws:iam::0:user/ada"
    assert entry.trigger["reason"] == "says so"
    assert entry.decision["reason"] == "arn:aws:iam::0:user/ada: says so"
    operator.until(Phase.ROLLED_BACK)
    assert world.endpoint.fleet.weights == {"v1": 100.0, CANARY: 0.0}


def test_pause_keeps_the_share_and_resume_goes_on_to_the_end(
    operator: Operator, world: World
) -> None:
    operator.ramping()
    assert operator.order(PAUSE).phase is Phase.PAUSED
    for _ in range(10):
        operator.minute()
    assert operator.rollout.phase is Phase.PAUSED
    assert world.share(CANARY) == pytest.approx(10)
    assert operator.order(RESUME, key="k2").phase is Phase.RAMPING
    operator.until(Phase.PROMOTED)


def test_harm_during_a_pause_rolls_back(operator: Operator) -> None:
    operator.ramping()
    operator.order(PAUSE)
    operator.until(Phase.ROLLING_BACK, bad={CANARY: 0.2})


def test_person_promotes_without_waiting_for_the_steps_that_are_left(
    operator: Operator, world: World
) -> None:
    operator.ramping()
    assert operator.order(PROMOTE).phase is Phase.FINALIZING
    operator.until(Phase.PROMOTED)
    assert world.share(CANARY) == 100


def test_repeated_command_is_recorded_and_does_nothing(operator: Operator, world: World) -> None:
    operator.ramping()
    operator.order(PAUSE)
    paused = operator.rollout
    again = operator.order(PAUSE)
    assert (again.kind, again.reason) == (DecisionKind.HOLD, "done already; waits for a person")
    assert operator.rollout == paused
    operator.order(RESUME, key="k2")
    world.now += MINUTE
    assert operator.order(PAUSE).reason.startswith("done already; ")
    assert operator.rollout.phase is Phase.RAMPING


@pytest.mark.parametrize(
    ("name", "rollout"), [(ROLLBACK, "completion-r0"), (RESUME, "completion-r1")]
)
def test_stale_or_illegal_command_changes_nothing(
    operator: Operator, world: World, name: CommandName, rollout: str
) -> None:
    operator.ramping()
    before, changes = operator.entries, world.changes()
    with pytest.raises(IllegalTransition):
        operator.order(name, rollout=rollout)
    assert (operator.entries, world.changes()) == (before, changes)


def test_command_for_a_rollout_that_is_over_is_illegal(operator: Operator, world: World) -> None:
    world.approve(2)
    operator.until(Phase.PROMOTED)
    with pytest.raises(IllegalTransition, match="completion-r1 is PROMOTED"):
        operator.order(ROLLBACK)
    with pytest.raises(IllegalTransition):
        operator.order(ROLLBACK, rollout="completion-r2")


def test_approved_version_waits_while_the_endpoint_is_patched(
    operator: Operator, world: World
) -> None:
    operator.wake()
    world.endpoint.status = "SystemUpdating"
    world.approve(2)
    for _ in range(3):
        operator.minute()
    assert operator.state.waiting is not None
    assert (operator.state.rollout, world.changes()) == (None, [])
    world.endpoint.status = ""
    operator.until(Phase.PROVISIONING)


def test_person_starts_what_waits_for_an_alarm(operator: Operator, world: World) -> None:
    """The alarm on the evidence may still ring from the rollout before."""
    world.approve(2)
    operator.wake()
    world.before["DescribeAlarms"] = [_throttled] * 3
    assert operator.wake().phase is Phase.PENDING
    assert operator.order(START).phase is Phase.PROVISIONING


def _throttled() -> None:
    raise refusal("ThrottlingException", "Rate exceeded", "DescribeAlarms")


def test_approval_during_a_rollout_waits_and_a_newer_one_replaces_it(
    operator: Operator, world: World
) -> None:
    operator.ramping()
    world.approve(3)
    operator.wake(Hint("approval"))
    world.now += MINUTE
    world.approve(4)
    operator.wake(Hint("approval"))
    assert operator.rollout.candidate.version == 2
    assert operator.state.waiting is not None
    assert operator.state.waiting.version == 4
    operator.until(Phase.PROMOTED)
    operator.minute()
    assert (operator.rollout.id, operator.rollout.candidate.version) == ("completion-r2", 4)


def test_approving_what_serves_is_no_rollout(operator: Operator, world: World) -> None:
    operator.wake()
    world.approve(1)
    for _ in range(3):
        operator.minute()
    assert (operator.state.rollout, world.changes()) == (None, [])


def test_approval_withdrawn_before_the_model_is_made_ends_the_rollout(
    operator: Operator, world: World
) -> None:
    """Once, the refusal was blamed on the rollback too, and a person was called for nothing."""
    operator.wake()
    world.approve(2)
    world.after["ListModelPackages"] = [
        lambda: None,
        lambda: world.sagemaker.packages[_package(2)].update(ModelApprovalStatus="Rejected"),
    ]
    world.serve()
    operator.until(Phase.ROLLED_BACK)
    assert world.changes() == []
    assert "is Rejected now; accepted: Approved" in " ".join(operator.reasons())
    assert "NEEDS_HUMAN" not in operator.phases()


def _package(version: int) -> str:
    return f"arn:aws:sagemaker:eu-west-1:000000000000:model-package/completion/{version}"


def test_variant_put_in_charge_by_hand_is_adopted(operator: Operator, world: World) -> None:
    world.approve(2)
    operator.until(Phase.PROMOTED)
    world.endpoint.fleet.weights = {"v1": 100.0, CANARY: 0.0}
    operator.wake()
    assert "adopt" in [entry.decision["kind"] for entry in operator.entries[-2:]]
    assert operator.state.stable is not None
    assert operator.state.stable.version == 1
    assert world.share("v1") == 100
