"""What goes wrong, and where it leaves an endpoint: alike on both sides."""

from __future__ import annotations

import pytest

from tests.contract.stage import ARN, IN_PROGRESS, NAME, Stage, refused, variant
from tests.functional import sagemaker_refusals as words

BROKEN = (
    "InternalFailure",
    "The request processing has failed because of an unknown error.",
    500,
)


@pytest.mark.parametrize(
    ("fault", "reason"), [("silent-rollback", None), ("capacity", words.SHORT_OF_INSTANCES)]
)
def test_update_that_fails_returns_to_the_old_fleet_and_may_say_why(
    stage: Stage, fault: str, reason: str | None
) -> None:
    stage.serving(v1=9)
    stage.config("c2", v1=1)
    stage.fault(fault)
    stage.update("c2", retain=False)
    assert stage.statuses() == ["Updating", "InService"]
    described = stage.describe()
    assert described["EndpointConfigName"] == "c1"
    assert described.get("FailureReason") == reason
    assert stage.variants() == {"v1": (9, 9, 1, 1)}
    stage.update("c2", retain=False)
    assert "FailureReason" not in stage.describe(), "it vanishes with the next update"
    assert stage.statuses() == ["Updating", "InService"]
    assert stage.describe()["EndpointConfigName"] == "c2"


def test_shift_that_fails_goes_through_rolling_back_to_what_was_before(stage: Stage) -> None:
    stage.serving(v1=99, v2=1)
    stage.fault("weights-roll-back")
    stage.weights(v1=50, v2=50)
    assert stage.statuses() == ["Updating", "RollingBack", "InService"]
    assert stage.variants() == {"v1": (99, 99, 1, 1), "v2": (1, 1, 1, 1)}
    assert stage.describe()["FailureReason"] == words.WEIGHTS_UNDONE
    stage.weights(v1=50, v2=50)
    assert stage.statuses() == ["Updating", "InService"]
    assert stage.variants()["v2"] == (50, 50, 1, 1)


def test_fault_of_a_fleet_does_not_strike_a_shift(stage: Stage) -> None:
    stage.serving(v1=99, v2=1)
    stage.config("c2", v1=1)
    stage.fault("silent-rollback")
    stage.weights(v2=0)
    stage.statuses()
    assert stage.variants()["v2"] == (0, 0, 1, 1)
    stage.update("c2")
    stage.statuses()
    assert stage.describe()["EndpointConfigName"] == "c1"


def test_rollback_that_fails_leaves_a_mix_that_another_update_mends(stage: Stage) -> None:
    """Source: "Rolling Deployments", failure handling."""
    for model in ("old", "new"):
        stage.model(model)
        entry = variant("v1", 1, model=model, instances=2)
        stage.call(
            "CreateEndpointConfig", EndpointConfigName=f"c-{model}", ProductionVariants=[entry]
        )
    stage.call("CreateEndpoint", EndpointName=NAME, EndpointConfigName="c-old")
    stage.statuses()
    stage.fault("update-rollback-failed")
    stage.update("c-new")
    assert stage.statuses() == ["Updating", "UpdateRollbackFailed"]
    assert stage.describe()["EndpointConfigName"] == "c-old"
    assert stage.describe()["FailureReason"] == words.SHORT_OF_INSTANCES
    assert stage.variants() == {"v1": (1, 1, 2, 2)}
    assert stage.invokes("v1") == {"old", "new"}
    stage.update("c-old")
    assert stage.statuses() == ["Updating", "InService"]
    assert stage.invokes("v1") == {"old"}


def test_failed_endpoint_takes_its_deletion_alone(stage: Stage) -> None:
    stage.serving(v1=1)
    stage.config("c2", v1=1)
    stage.fault("update-failed")
    stage.update("c2")
    assert stage.statuses() == ["Updating", "Failed"]
    assert stage.describe()["FailureReason"] == words.SHORT_OF_INSTANCES
    in_progress = f'Cannot update in-progress endpoint "{ARN}:endpoint/{NAME}".'
    assert refused(lambda: stage.update("c2"))[1] == in_progress
    assert refused(lambda: stage.weights(v1=2))[1] == in_progress
    stage.delete()
    stage.pass_time(120)
    assert refused(stage.describe)[1].startswith("Could not find endpoint")


def test_stalled_change_is_under_way_until_its_time_has_come(stage: Stage) -> None:
    stage.serving(v1=1)
    stage.config("c2", v1=1)
    stage.update("c2")
    stage.fault("stall", endpoint=NAME, seconds=240)
    stage.pass_time(180)
    assert stage.status() == "Updating"
    assert stage.describe()["EndpointConfigName"] == "c1"
    assert stage.statuses() == ["Updating", "InService"]
    assert stage.describe()["EndpointConfigName"] == "c2"


def test_imposed_status_ends_by_itself_and_changes_nothing(stage: Stage) -> None:
    stage.serving(v1=9, v2=1)
    stage.fault("status", endpoint=NAME, status="SystemUpdating", seconds=120)
    assert stage.statuses() == ["SystemUpdating", "InService"]
    assert stage.variants() == {"v1": (9, 9, 1, 1), "v2": (1, 1, 1, 1)}
    stage.weights(v1=1)
    assert stage.statuses() == ["Updating", "InService"]


def test_change_goes_on_beneath_an_imposed_status(stage: Stage) -> None:
    stage.serving(v1=9, v2=1)
    stage.weights(v2=0)
    stage.fault("status", endpoint=NAME, status="SystemUpdating", seconds=240)
    stage.pass_time(120)
    assert stage.status() == "SystemUpdating"
    assert stage.variants()["v2"] == (0, 0, 1, 1)
    assert stage.statuses() == ["SystemUpdating", "InService"]


def test_imposed_deletion_ends_with_the_endpoint(stage: Stage) -> None:
    stage.serving(v1=1)
    stage.fault("status", endpoint=NAME, status="Deleting", seconds=60)
    assert stage.status() == "Deleting"
    stage.pass_time(120)
    assert refused(stage.describe)[1].startswith("Could not find endpoint")


def test_call_whose_answer_is_lost_was_done(stage: Stage) -> None:
    stage.serving(v1=9, v2=1)
    operation = "UpdateEndpointWeightsAndCapacities"
    stage.fault("lost-answer", operation=operation)
    assert refused(lambda: stage.weights(v2=0)) == BROKEN
    assert stage.statuses() == ["Updating", "InService"]
    assert stage.variants()["v2"] == (0, 0, 1, 1)


def test_call_that_never_arrived_was_not_done(stage: Stage) -> None:
    stage.serving(v1=9, v2=1)
    stage.fault("unavailable", operation="UpdateEndpointWeightsAndCapacities")
    assert refused(lambda: stage.weights(v2=0))[2] == 503
    assert stage.status() == "InService"
    assert stage.variants()["v2"] == (1, 1, 1, 1)


def test_delayed_call_arrives_after_a_later_one_and_undoes_it(stage: Stage) -> None:
    """Weights have no token and no compare-and-set: this is what `Policy.settle` outlasts."""
    stage.serving(v1=95, v2=5)
    stage.fault("delay", operation="UpdateEndpointWeightsAndCapacities", seconds=150)
    assert refused(lambda: stage.weights(v1=90, v2=10)) == BROKEN
    assert stage.status() == "InService"
    stage.weights(v1=100, v2=0)
    assert stage.statuses() == ["Updating", "InService"]
    assert stage.variants()["v2"] == (0, 0, 1, 1)
    stage.pass_time(100)
    assert stage.status() == "Updating"
    assert stage.statuses() == ["Updating", "InService"]
    assert stage.variants()["v2"] == (10, 10, 1, 1)


def test_delayed_call_that_meets_a_change_is_refused_and_nobody_hears_of_it(stage: Stage) -> None:
    stage.serving(v1=95, v2=5)
    stage.fault("delay", operation="UpdateEndpointWeightsAndCapacities", seconds=30)
    refused(lambda: stage.weights(v1=90, v2=10))
    stage.weights(v1=100, v2=0)
    assert stage.statuses() == ["Updating", "InService"]
    stage.pass_time(120)
    assert stage.variants()["v2"] == (0, 0, 1, 1)


def test_imposed_status_lets_nobody_in_while_a_change_goes_on_beneath_it(stage: Stage) -> None:
    stage.serving(v1=1)
    stage.config("c2", v1=1)
    stage.config("c3", v1=1)
    stage.update("c2")
    stage.fault("status", endpoint=NAME, status="UpdateRollbackFailed")
    assert refused(lambda: stage.update("c3")) == (*IN_PROGRESS, 400)
    assert refused(stage.delete) == (*IN_PROGRESS, 400)
    stage.fault("status", endpoint=NAME, status="InService")
    assert stage.statuses() == ["Updating", "InService"]
    assert stage.describe()["EndpointConfigName"] == "c2"
