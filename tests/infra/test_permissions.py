"""Roles may do what they need and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Resources = Callable[..., list[dict[str, Any]]]
Statements = Callable[..., dict[str, dict[str, Any]]]

# Actions that AWS authorises on no resource; the service authorization reference lists them so.
WITHOUT_RESOURCE = {
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "cloudwatch:GetMetricData",
    "cloudwatch:ListMetrics",
    "cloudwatch:PutMetricData",
    "dynamodb:ListStreams",
    "ecr:GetAuthorizationToken",
    "sagemaker:ListModelPackages",  # sources disagree
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
ROLES = [
    ("registry", "steelyard-dev-completion-training"),
    ("serving", "steelyard-dev-completion-serving"),
    ("rollout", "steelyard-dev-reconcile"),
    ("rollout", "steelyard-dev-archive"),
]
HERE = "${AWS::Region}:${AWS::AccountId}"


def arn(service: str, resource: str) -> str:
    """An ARN as the dev templates write it."""
    return f"arn:${{AWS::Partition}}:{service}:{HERE}:{resource}"


@pytest.mark.parametrize(("stack", "role"), ROLES)
def test_no_action_has_a_wildcard(statements: Statements, stack: str, role: str) -> None:
    actions = [a for s in statements(stack, role, "dev").values() for a in s["Action"]]
    assert actions
    assert [action for action in actions if "*" in action] == []


@pytest.mark.parametrize(("stack", "role"), ROLES)
def test_only_actions_without_resources_are_allowed_on_all(
    statements: Statements, stack: str, role: str
) -> None:
    on_all = {
        action
        for statement in statements(stack, role, "dev").values()
        if "*" in statement["Resource"]
        for action in statement["Action"]
    }
    assert on_all
    assert on_all <= WITHOUT_RESOURCE


@pytest.mark.parametrize("stack", ["data", "registry", "serving", "rollout"])
def test_no_policy_comes_from_anywhere_but_the_roles_themselves(
    resources: Resources, stack: str
) -> None:
    assert resources(stack, "AWS::IAM::Policy", "dev") == []
    for_people = resources(stack, "AWS::IAM::ManagedPolicy", "dev")
    names = [policy["Properties"]["ManagedPolicyName"] for policy in for_people]
    expected = ["steelyard-dev-completion-labels-clients", "steelyard-dev-operators"]
    assert sorted(names) == (expected if stack == "rollout" else [])
    roles = resources(stack, "AWS::IAM::Role", "dev")
    assert [r for r in roles if "ManagedPolicyArns" in r["Properties"]] == []


def test_reconciler_may_do_exactly_this(statements: Statements) -> None:
    found = statements("rollout", "steelyard-dev-reconcile", "dev")
    allowed = {
        (action, resource)
        for statement in found.values()
        for action in statement["Action"]
        for resource in statement["Resource"]
    }
    endpoint = arn("sagemaker", "endpoint/dev-completion")
    configs = arn("sagemaker", "endpoint-config/dev-completion-*")
    models = arn("sagemaker", "model/dev-completion-*")
    packages = arn("sagemaker", "model-package/dev-completion/*")
    alarms = arn("cloudwatch", "alarm:steelyard/dev-completion/*/*")
    ledger = arn("dynamodb", "table/steelyard-dev-ledger")
    events = arn("sqs", "steelyard-dev-events.fifo")
    log = arn("logs", "log-group:/aws/lambda/steelyard-dev-reconcile:*")
    role = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/steelyard-dev-completion-serving"
    golden = arn("ssm", "parameter/steelyard/dev/models/dev-completion/golden")
    targets = arn("application-autoscaling", "scalable-target/*")
    tracking = arn("cloudwatch", "alarm:TargetTracking-endpoint/dev-completion/variant/*")
    scaler = (
        "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/aws-service-role/"
        "sagemaker.application-autoscaling.amazonaws.com/"
        "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    )
    topic = next(resource for action, resource in allowed if action == "sns:Publish")
    assert topic.startswith("${Pages")
    key = next(resource for action, resource in allowed if action == "kms:Decrypt")
    assert key.startswith("${SsmParameterValuesteelyarddevkey")
    assert allowed == {
        ("sagemaker:DescribeEndpoint", endpoint),
        ("sagemaker:InvokeEndpoint", endpoint),
        ("sagemaker:UpdateEndpointWeightsAndCapacities", endpoint),
        ("sagemaker:UpdateEndpoint", endpoint),
        ("sagemaker:UpdateEndpoint", configs),
        ("sagemaker:CreateEndpointConfig", configs),
        ("sagemaker:DescribeEndpointConfig", arn("sagemaker", "endpoint-config/*")),
        ("sagemaker:CreateModel", models),
        ("sagemaker:DeleteEndpointConfig", f"{configs}-r*"),
        ("sagemaker:DeleteModel", f"{models}-r*"),
        ("sagemaker:DescribeModel", arn("sagemaker", "model/*")),
        ("sagemaker:DescribeModelPackage", packages),
        ("sagemaker:ListModelPackages", "*"),
        ("iam:PassRole", role),
        ("cloudwatch:PutMetricAlarm", alarms),
        ("cloudwatch:DeleteAlarms", alarms),
        ("cloudwatch:DescribeAlarms", arn("cloudwatch", "alarm:*")),
        ("cloudwatch:GetMetricData", "*"),
        ("cloudwatch:ListMetrics", "*"),
        ("cloudwatch:PutMetricData", "*"),
        ("application-autoscaling:DescribeScalableTargets", "*"),
        ("application-autoscaling:DescribeScalingPolicies", "*"),
        ("application-autoscaling:RegisterScalableTarget", targets),
        ("application-autoscaling:DeregisterScalableTarget", targets),
        ("application-autoscaling:PutScalingPolicy", targets),
        ("cloudwatch:PutMetricAlarm", tracking),
        ("cloudwatch:DeleteAlarms", tracking),
        ("iam:CreateServiceLinkedRole", scaler),
        ("dynamodb:PutItem", ledger),
        ("dynamodb:Query", ledger),
        ("dynamodb:Query", arn("dynamodb", "table/steelyard-dev-labels")),
        ("ssm:GetParameter", arn("ssm", "parameter/steelyard/dev/models/*")),
        ("ssm:GetParametersByPath", golden),
        ("sqs:ReceiveMessage", events),
        ("sqs:DeleteMessage", events),
        ("sqs:ChangeMessageVisibility", events),
        ("sqs:GetQueueAttributes", events),
        ("sqs:SendMessage", arn("sqs", "steelyard-dev-quarantine")),
        ("sns:Publish", topic),
        ("kms:Decrypt", key),
        ("kms:GenerateDataKey", key),
        ("logs:CreateLogStream", log),
        ("logs:PutLogEvents", log),
        ("xray:PutTraceSegments", "*"),
        ("xray:PutTelemetryRecords", "*"),
    }


def test_role_is_passed_to_sagemaker_alone(statements: Statements) -> None:
    passing = statements("rollout", "steelyard-dev-reconcile", "dev")["ServeAs"]
    assert passing["Condition"] == {
        "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
    }


def test_only_instance_counts_of_sagemaker_are_scaled(statements: Statements) -> None:
    found = statements("rollout", "steelyard-dev-reconcile", "dev")
    assert found["Scaling"]["Condition"] == {
        "StringEquals": {
            "application-autoscaling:service-namespace": "sagemaker",
            "application-autoscaling:scalable-dimension": "sagemaker:variant:DesiredInstanceCount",
        }
    }
    assert found["ScalingRole"]["Condition"] == {
        "StringEquals": {"iam:AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com"}
    }


@pytest.mark.parametrize(("stack", "role"), ROLES)
def test_metrics_are_written_into_named_namespaces_alone(
    statements: Statements, stack: str, role: str
) -> None:
    (writing,) = (
        statement
        for statement in statements(stack, role, "dev").values()
        if "cloudwatch:PutMetricData" in statement["Action"]
    )
    assert writing["Action"] == ["cloudwatch:PutMetricData"]
    ((_, condition),) = writing["Condition"].items()
    assert set(condition) == {"cloudwatch:namespace"}
