"""Scalable targets and policies: what is kept, what is shown, what is refused."""

from typing import Any

import pytest

from infra.local.validation import validate
from tests.local.autoscaling.fakes import METRIC, STABLE, Desk
from tests.local.sagemaker.checked_api import service_model
from tests.local.sagemaker.refusal import refused

RUNNING = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}


def targets(desk: Desk, **asked: Any) -> list[dict[str, Any]]:
    answer = desk.api("DescribeScalableTargets", **{"ServiceNamespace": "sagemaker", **asked})
    found: list[dict[str, Any]] = answer["ScalableTargets"]
    return found


def policies(desk: Desk, **asked: Any) -> list[dict[str, Any]]:
    answer = desk.api("DescribeScalingPolicies", **{"ServiceNamespace": "sagemaker", **asked})
    found: list[dict[str, Any]] = answer["ScalingPolicies"]
    return found


def test_registered_target_is_described_with_its_role_and_nothing_suspended(desk: Desk) -> None:
    desk.register(2, 5)
    [target] = targets(desk)
    assert {**target, **STABLE} == target
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 5)
    assert target["SuspendedState"] == RUNNING
    assert target["RoleARN"].endswith("/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint")
    assert "stable" not in target["ScalableTargetARN"]


def test_update_changes_only_what_it_names(desk: Desk) -> None:
    desk.register(2, 5)
    suspended = {"DynamicScalingInSuspended": True}
    desk.api("RegisterScalableTarget", SuspendedState=suspended, **STABLE)
    desk.api("RegisterScalableTarget", MaxCapacity=6, **STABLE)
    [target] = targets(desk)
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 6)
    assert target["SuspendedState"] == {**RUNNING, **suspended}


def test_deregistered_target_is_gone_with_its_policy(desk: Desk) -> None:
    desk.register()
    desk.track()
    desk.api("DeregisterScalableTarget", **STABLE)
    assert targets(desk) == policies(desk) == []
    desk.register()
    assert policies(desk) == []
    desk.api("DeregisterScalableTarget", **STABLE)
    with refused("ObjectNotFoundException", "No scalable target found", "variant/stable"):
        desk.api("DeregisterScalableTarget", **STABLE)


def test_policy_is_shown_as_it_was_put_and_keeps_its_arn(desk: Desk) -> None:
    desk.register()
    first = desk.track(10.0)
    second = desk.track(20.0, ScaleInCooldown=60)
    [policy] = policies(desk)
    assert first["PolicyARN"] == second["PolicyARN"] == policy["PolicyARN"]
    assert policy["TargetTrackingScalingPolicyConfiguration"] == {
        "TargetValue": 20.0,
        "PredefinedMetricSpecification": METRIC,
        "ScaleInCooldown": 60,
    }
    desk.api("DeleteScalingPolicy", PolicyName="steelyard", **STABLE)
    assert policies(desk) == []
    with refused("ObjectNotFoundException", "'steelyard'"):
        desk.api("DeleteScalingPolicy", PolicyName="steelyard", **STABLE)


def test_second_policy_for_the_metric_is_refused(desk: Desk) -> None:
    desk.register()
    desk.track()
    with refused("ValidationException", "Only one TargetTrackingScaling policy", "'steelyard'"):
        desk.track(name="other")


def test_policy_without_a_target_is_refused(desk: Desk) -> None:
    with refused("ObjectNotFoundException", "No scalable target registered", "variant/stable"):
        desk.track()


def test_filters_and_pages_leave_out_what_is_not_asked_for(desk: Desk) -> None:
    other = "endpoint/completion/variant/canary"
    desk.register()
    desk.register(ResourceId=other)
    desk.track()
    assert [one["ResourceId"] for one in targets(desk, ResourceIds=[other])] == [other]
    assert targets(desk, ServiceNamespace="ecs") == []
    assert policies(desk, ResourceId=other) == policies(desk, PolicyNames=["other"]) == []
    first = desk.api("DescribeScalableTargets", ServiceNamespace="sagemaker", MaxResults=1)
    rest = targets(desk, NextToken=first["NextToken"])
    assert [one["ResourceId"] for one in (*first["ScalableTargets"], *rest)] == [
        STABLE["ResourceId"],
        other,
    ]
    with refused("ValidationException", "'x'"):
        targets(desk, NextToken="x")
    with refused("ValidationException", "resource ID"):
        targets(desk, ScalableDimension=STABLE["ScalableDimension"])


@pytest.mark.parametrize(
    ("changes", "code", "parts"),
    [
        ({"MinCapacity": 3, "MaxCapacity": 2}, "ValidationException", ("3", "2")),
        ({"MinCapacity": 0}, "ValidationException", ("MinCapacity 0", "1 or more")),
        ({"ResourceId": "endpoint/x/variant/y"}, "ValidationException", ("'x'",)),
        ({"ResourceId": "endpoint/completion/variant/y"}, "ValidationException", ("'y'", "canary")),
        ({"ResourceId": "service/a/b"}, "ValidationException", ("'service/a/b'", "endpoint/<")),
        ({"ServiceNamespace": "ecs"}, "NotImplemented", ("of ecs", "of sagemaker")),
        ({"RoleARN": "arn:aws:iam::1:role/x"}, "NotImplemented", ("RoleARN", "MinCapacity")),
    ],
)
def test_registration_that_makes_no_sense_is_refused(
    desk: Desk, changes: dict[str, Any], code: str, parts: tuple[str, ...]
) -> None:
    with refused(code, *parts):
        desk.register(**{"least": 1, "most": 4, **_renamed(changes)})
    assert targets(desk) == []


def _renamed(changes: dict[str, Any]) -> dict[str, Any]:
    names = {"MinCapacity": "least", "MaxCapacity": "most"}
    return {names.get(name, name): value for name, value in changes.items()}


def test_registration_without_bounds_is_refused(desk: Desk) -> None:
    with refused("ValidationException", "MaxCapacity must be given"):
        desk.api("RegisterScalableTarget", MinCapacity=1, **STABLE)


@pytest.mark.parametrize(
    ("changes", "code", "part"),
    [
        ({"TargetValue": 0.0}, "ValidationException", "TargetValue 0.0"),
        ({"ScaleInCooldown": -1}, "ValidationException", "ScaleInCooldown -1"),
        (
            {"PredefinedMetricSpecification": {"PredefinedMetricType": "ALBRequestCountPerTarget"}},
            "NotImplemented",
            "ALBRequestCountPerTarget",
        ),
        ({"CustomizedMetricSpecification": {}}, "NotImplemented", "CustomizedMetricSpecification"),
    ],
)
def test_policy_beyond_what_is_emulated_is_refused(
    desk: Desk, changes: dict[str, Any], code: str, part: str
) -> None:
    desk.register()
    given = {"target": changes.pop("TargetValue")} if "TargetValue" in changes else {}
    with refused(code, part):
        desk.track(**given, **changes)


def test_other_policy_types_and_operations_are_refused_loudly(desk: Desk) -> None:
    desk.register()
    with refused("NotImplemented", "'StepScaling'", "TargetTrackingScaling"):
        desk.api(
            "PutScalingPolicy",
            PolicyName="steps",
            PolicyType="StepScaling",
            **STABLE,
        )
    asked = {"ServiceNamespace": "sagemaker"}
    validate(
        service_model("application-autoscaling").operation_model("DescribeScalingActivities"), asked
    )
    with refused("NotImplemented", "DescribeScalingActivities"):
        desk.service.call("DescribeScalingActivities", asked)


def test_endpoint_that_is_deleted_takes_its_targets_along(desk: Desk) -> None:
    desk.register()
    assert list(desk.service.variants("completion")) == ["stable"]
    desk.service.forget("another")
    assert list(desk.service.variants("completion")) == ["stable"]
    desk.service.forget("completion")
    assert targets(desk) == []
