"""How an endpoint, a config or a model changes: the same statuses and numbers on both sides."""

from __future__ import annotations

import pytest

from tests.contract.stage import ARN, IN_PROGRESS, NAME, Stage, refused, variant


def test_created_endpoint_is_creating_with_a_pending_fleet_until_it_serves(stage: Stage) -> None:
    stage.model("v1")
    stage.config("c1", v1=3)
    made = stage.call("CreateEndpoint", EndpointName=NAME, EndpointConfigName="c1")
    assert made == {"EndpointArn": f"{ARN}:endpoint/{NAME}"}
    assert stage.variants() == {}
    assert stage.pending() == ("c1", {"v1": (0, 3, 0, 1)})
    assert stage.statuses() == ["Creating", "InService"]
    assert stage.variants() == {"v1": (3, 3, 1, 1)}
    assert stage.pending() is None
    assert "FailureReason" not in stage.describe()


def test_shift_shows_desired_weights_at_once_and_has_them_in_the_end(stage: Stage) -> None:
    stage.serving(v1=100, v2=0)
    stage.weights(v1=0.99, v2=0.01)
    kept = {"v1": 0.9900000095367432, "v2": 0.009999999776482582}
    assert stage.variants() == {"v1": (100, kept["v1"], 1, 1), "v2": (0, kept["v2"], 1, 1)}
    assert stage.pending() is None
    assert stage.statuses() == ["Updating", "InService"]
    assert stage.variants() == {name: (one, one, 1, 1) for name, one in kept.items()}
    assert stage.describe()["EndpointConfigName"] == "c1"


def test_variant_that_a_call_leaves_out_stays_as_it_is(stage: Stage) -> None:
    stage.serving(v1=90, v2=10)
    stage.weights(v2=0)
    stage.statuses()
    assert stage.variants() == {"v1": (90, 90, 1, 1), "v2": (0, 0, 1, 1)}


def test_count_of_one_variant_changes_alone(stage: Stage) -> None:
    stage.serving(v1=90, v2=10)
    stage.change(v1={"DesiredInstanceCount": 2})
    assert stage.variants() == {"v1": (90, 90, 1, 2), "v2": (10, 10, 1, 1)}
    assert stage.statuses() == ["Updating", "InService"]
    assert stage.variants() == {"v1": (90, 90, 2, 2), "v2": (10, 10, 1, 1)}


@pytest.mark.parametrize("retain", [True, False])
def test_update_keeps_live_numbers_only_when_told_to_retain(stage: Stage, *, retain: bool) -> None:
    stage.serving(v1=100)
    stage.weights(v1=7)
    stage.statuses()
    stage.model("v2")
    stage.call(
        "CreateEndpointConfig",
        EndpointConfigName="c2",
        ProductionVariants=[variant("v1", 3, instances=2), variant("v2", 0)],
    )
    stage.update("c2", retain=retain)
    weight, count = (7, 1) if retain else (3, 2)
    assert stage.variants() == {"v1": (7, 7, 1, 1)}
    assert stage.pending() == ("c2", {"v1": (0, weight, 0, count), "v2": (0, 0, 0, 1)})
    assert stage.describe()["EndpointConfigName"] == "c1"
    assert stage.statuses() == ["Updating", "InService"]
    assert stage.variants() == {"v1": (weight, weight, count, count), "v2": (0, 0, 1, 1)}
    assert stage.describe()["EndpointConfigName"] == "c2"
    assert stage.invokes("v2") == {"v2"}


def test_change_under_way_refuses_every_other_and_the_deletion(stage: Stage) -> None:
    stage.serving(v1=1)
    stage.config("c2", v1=1)
    stage.update("c2")
    for another in (
        lambda: stage.update("c2"),
        lambda: stage.update("c1"),
        lambda: stage.weights(v1=2),
        stage.delete,
    ):
        assert refused(another) == (*IN_PROGRESS, 400)
    assert stage.statuses() == ["Updating", "InService"]


def test_variant_of_an_older_config_is_rejected_after_an_update(stage: Stage) -> None:
    """So a call that was left over from an older rollout does nothing."""
    stage.serving(v1=99, v2=1)
    stage.config("c2", v1=1)
    stage.update("c2")
    stage.statuses()
    _, message, _ = refused(lambda: stage.weights(v2=50))
    assert message == (
        'The variant name(s) "v2" is/are not present within endpoint configuration "c2".'
    )
    assert stage.variants() == {"v1": (99, 99, 1, 1)}


def test_config_in_use_can_be_deleted_and_then_no_update_is_possible(stage: Stage) -> None:
    stage.serving(v1=1, v2=0)
    stage.config("c2", v1=1)
    assert stage.call("DeleteEndpointConfig", EndpointConfigName="c1") == {}
    missing = f'Could not find endpoint configuration "{ARN}:endpoint-config/c1".'
    assert refused(lambda: stage.update("c2")) == ("ValidationException", missing, 400)
    stage.weights(v1=9, v2=1)
    assert stage.statuses() == ["Updating", "InService"]
    assert stage.describe()["EndpointConfigName"] == "c1"
    assert stage.invokes("v1") == {"v1"}


def test_model_in_use_can_be_deleted_and_then_no_fleet_can_have_it(stage: Stage) -> None:
    stage.serving(v1=1)
    stage.config("c2", v1=2)
    assert stage.call("DeleteModel", ModelName="v1") == {}
    missing = "ValidationException", f'Could not find model "{ARN}:model/v1".', 400
    assert refused(lambda: stage.update("c2")) == missing
    assert refused(lambda: stage.config("c3", v1=1)) == missing
    assert stage.status() == "InService"
    assert stage.invokes("v1") == {"v1"}


def test_deleted_endpoint_is_deleting_and_then_gone_and_its_name_free(stage: Stage) -> None:
    stage.serving(v1=1)
    stage.delete()
    assert stage.status() == "Deleting"
    assert refused(stage.delete) == (*IN_PROGRESS, 400)
    taken = f'Cannot create already existing endpoint "{ARN}:endpoint/{NAME}".'
    again = {"EndpointName": NAME, "EndpointConfigName": "c1"}
    assert refused(lambda: stage.call("CreateEndpoint", **again))[1] == taken
    stage.pass_time(120)
    assert refused(stage.describe)[1] == f'Could not find endpoint "{ARN}:endpoint/{NAME}".'
    stage.call("CreateEndpoint", **again)
    assert stage.statuses() == ["Creating", "InService"]


def test_config_and_model_are_gone_after_their_deletion(stage: Stage) -> None:
    stage.model("v1")
    stage.config("c1", v1=1)
    stage.call("DeleteEndpointConfig", EndpointConfigName="c1")
    stage.call("DeleteModel", ModelName="v1")
    for operation, member, name in (
        ("DescribeEndpointConfig", "EndpointConfigName", "c1"),
        ("DeleteEndpointConfig", "EndpointConfigName", "c1"),
        ("DescribeModel", "ModelName", "v1"),
        ("DeleteModel", "ModelName", "v1"),
    ):
        assert refused(lambda: stage.call(operation, **{member: name}))[1].startswith(  # noqa: B023
            "Could not find "
        )
    stage.model("v1")
    stage.config("c1", v1=1)


def test_update_without_a_scaled_variant_is_refused_until_it_is_deregistered(stage: Stage) -> None:
    """Source: "Update endpoints that use auto scaling", SageMaker developer guide."""
    stage.serving(v1=1, v2=1)
    stage.config("c2", v2=1)
    stage.scaled.add("v1")
    assert refused(lambda: stage.update("c2")) == (
        "ValidationException",
        (
            "Variant 'v1' is a scalable target of Application Auto Scaling, and endpoint "
            "configuration 'c2' removes it: deregister it before."
        ),
        400,
    )
    stage.scaled.clear()
    stage.update("c2")
    assert stage.statuses() == ["Updating", "InService"]
    assert stage.variants() == {"v2": (1, 1, 1, 1)}


@pytest.mark.parametrize("status", ["PendingManualApproval", "Rejected"])
def test_package_that_is_not_approved_becomes_no_model(stage: Stage, status: str) -> None:
    package = stage.package(status)
    assert package == f"{ARN}:model-package/completion/1"
    given = {
        "ModelName": "v1",
        "ExecutionRoleArn": "arn:aws:iam::000000000000:role/steelyard-execution",
        "PrimaryContainer": {"ModelPackageName": package},
    }
    assert refused(lambda: stage.call("CreateModel", **given)) == (
        "ValidationException",
        (
            f"Model package {package} cannot be deployed: its ModelApprovalStatus is {status}, and "
            "only Approved is accepted."
        ),
        400,
    )
    other = {**given, "PrimaryContainer": {"ModelPackageName": f"{package}9"}}
    assert refused(lambda: stage.call("CreateModel", **other)) == (
        "ValidationException",
        f"ModelPackage {package}9 does not exist.",
        400,
    )
    assert refused(lambda: stage.call("DescribeModel", ModelName="v1"))[1] == (
        f'Could not find model "{ARN}:model/v1".'
    )
