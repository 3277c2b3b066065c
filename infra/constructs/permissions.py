"""Everything that the reconciler may do, exact actions on exact resources.

Never `cloudwatch:SetAlarmState`: whoever may force an alarm could roll back at will.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from infra.constructs.arns import Arns
from infra.constructs.encryption import use_key
from infra.constructs.statements import allow, logs_and_traces
from infra.names import ModelNames, Names

_SCALER = "sagemaker.application-autoscaling.amazonaws.com"
_SCALERS_ROLE = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
_INSTANCE_COUNTS = {
    "application-autoscaling:service-namespace": "sagemaker",
    "application-autoscaling:scalable-dimension": "sagemaker:variant:DesiredInstanceCount",
}


def reconciler_policy(
    arns: Arns, names: Names, models: Sequence[ModelNames], *, topic_arn: str, key_arn: str
) -> iam.PolicyDocument:
    """The one policy of the reconciler's role."""
    return iam.PolicyDocument(
        statements=[
            *_endpoints(arns, models),
            *_models(arns, models),
            *_versions(arns, models),
            *_cloudwatch(arns, models),
            *_scaling(arns, models),
            *_memory(arns, names, models),
            *_messages(arns, names, topic_arn),
            use_key(key_arn, arns, "dynamodb", "sns", "sqs"),
        ]
    )


def _endpoints(arns: Arns, models: Sequence[ModelNames]) -> list[iam.PolicyStatement]:
    return [
        allow(
            "Endpoints",
            "sagemaker:DescribeEndpoint",
            # For golden requests. No condition can bind it to a variant: there is a key for
            # TargetModel, none for TargetVariant (service authorization reference).
            "sagemaker:InvokeEndpoint",
            "sagemaker:UpdateEndpointWeightsAndCapacities",
            on=[arns.regional("sagemaker", f"endpoint/{m.endpoint}") for m in models],
        ),
        allow(
            # Authorised on both: the endpoint, and the config that it gets.
            "UpdateEndpoints",
            "sagemaker:UpdateEndpoint",
            on=[
                arns.regional("sagemaker", resource)
                for m in models
                for resource in (f"endpoint/{m.endpoint}", f"endpoint-config/{m.endpoint}-*")
            ],
        ),
        allow(
            "Configs",
            "sagemaker:CreateEndpointConfig",
            on=[arns.regional("sagemaker", f"endpoint-config/{m.endpoint}-*") for m in models],
        ),
        allow(
            # Those that rollouts made; what CDK made at first is CDK's.
            "CollectConfigs",
            "sagemaker:DeleteEndpointConfig",
            on=[arns.regional("sagemaker", f"endpoint-config/{m.endpoint}-*-r*") for m in models],
        ),
        allow(
            # Of any name: what somebody else put in charge must be read to be adopted.
            "ReadConfigs",
            "sagemaker:DescribeEndpointConfig",
            on=[arns.regional("sagemaker", "endpoint-config/*")],
        ),
    ]


def _models(arns: Arns, models: Sequence[ModelNames]) -> list[iam.PolicyStatement]:
    return [
        allow(
            "Models",
            "sagemaker:CreateModel",
            on=[arns.regional("sagemaker", f"model/{m.endpoint}-*") for m in models],
        ),
        allow(
            "CollectModels",
            "sagemaker:DeleteModel",
            on=[arns.regional("sagemaker", f"model/{m.endpoint}-*-r*") for m in models],
        ),
        allow("ReadModels", "sagemaker:DescribeModel", on=[arns.regional("sagemaker", "model/*")]),
        allow(
            "ServeAs",
            "iam:PassRole",
            on=[arns.role(m.serving_role) for m in models],
            where={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
    ]


def _versions(arns: Arns, models: Sequence[ModelNames]) -> list[iam.PolicyStatement]:
    return [
        allow(
            "Versions",
            "sagemaker:DescribeModelPackage",
            on=[arns.regional("sagemaker", f"model-package/{m.package_group}/*") for m in models],
        ),
        # Sources disagree on which resource listing is authorised, if any; it shows names alone.
        allow("ListVersions", "sagemaker:ListModelPackages", on=["*"]),
    ]


def _cloudwatch(arns: Arns, models: Sequence[ModelNames]) -> list[iam.PolicyStatement]:
    return [
        allow(
            # Two slashes: the variants' alarms alone, not the two that watch the reconciler.
            "VariantAlarms",
            "cloudwatch:PutMetricAlarm",
            "cloudwatch:DeleteAlarms",
            on=[arns.regional("cloudwatch", f"alarm:{m.alarm_prefix}*/*") for m in models],
        ),
        allow(
            # Listing by prefix is authorised on all alarms of the account.
            "ReadAlarms",
            "cloudwatch:DescribeAlarms",
            on=[arns.regional("cloudwatch", "alarm:*")],
        ),
        allow(
            "ReadMetrics",
            "cloudwatch:GetMetricData",
            "cloudwatch:ListMetrics",  # shows which instances have metrics of their own
            on=["*"],  # have no resource to name
        ),
        allow(
            "WriteMetrics",
            "cloudwatch:PutMetricData",
            on=["*"],  # has no resource to name; the namespace bounds it
            where={"StringEquals": {"cloudwatch:namespace": "Steelyard"}},
        ),
    ]


def _scaling(arns: Arns, models: Sequence[ModelNames]) -> list[iam.PolicyStatement]:
    """Of every model: one that no longer asks for autoscaling must be rid of its targets.

    Application Auto Scaling also tries whether its caller may do what it will do itself: describe
    the endpoint and its config, change its capacity, and keep the two alarms of a policy.
    Sources: the service's authorization reference; "Permissions validation for API calls on
    target resources" in its user guide; "Auto scaling prerequisites" in SageMaker's.
    """
    alarms = [f"alarm:TargetTracking-endpoint/{m.endpoint}/variant/*" for m in models]
    return [
        allow(
            "ReadScaling",
            "application-autoscaling:DescribeScalableTargets",
            "application-autoscaling:DescribeScalingPolicies",
            on=["*"],  # have no resource to name
        ),
        allow(
            # AWS makes up the id in a target's ARN, so only these conditions can bound it.
            "Scaling",
            "application-autoscaling:DeregisterScalableTarget",
            "application-autoscaling:PutScalingPolicy",
            "application-autoscaling:RegisterScalableTarget",
            on=[arns.regional("application-autoscaling", "scalable-target/*")],
            where={"StringEquals": _INSTANCE_COUNTS},
        ),
        allow(
            # AWS names them `TargetTracking-<resource id>-AlarmHigh-<uuid>` and `...-AlarmLow-...`.
            "ScalingAlarms",
            "cloudwatch:PutMetricAlarm",
            "cloudwatch:DeleteAlarms",
            on=[arns.regional("cloudwatch", alarm) for alarm in alarms],
        ),
        allow(
            # The account's first registration makes the role that AWS scales with.
            "ScalingRole",
            "iam:CreateServiceLinkedRole",
            on=[arns.role(f"aws-service-role/{_SCALER}/{_SCALERS_ROLE}")],
            where={"StringEquals": {"iam:AWSServiceName": _SCALER}},
        ),
    ]


def _memory(arns: Arns, names: Names, models: Sequence[ModelNames]) -> list[iam.PolicyStatement]:
    return [
        allow(
            "Ledger",
            "dynamodb:PutItem",
            "dynamodb:Query",
            on=[arns.regional("dynamodb", f"table/{names.ledger}")],
        ),
        allow(
            "Labels",
            "dynamodb:Query",
            on=[arns.regional("dynamodb", f"table/{names.labels}")],
        ),
        allow(
            "Settings",
            "ssm:GetParameter",
            on=[arns.regional("ssm", f"parameter{names.settings_prefix}/*")],
        ),
        allow(
            # Authorised on the path itself, not on the parameters below it.
            "Goldens",
            "ssm:GetParametersByPath",
            on=[arns.regional("ssm", f"parameter{m.golden_path}") for m in models],
        ),
    ]


def _messages(arns: Arns, names: Names, topic_arn: str) -> list[iam.PolicyStatement]:
    return [
        allow(
            "Events",
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
            on=[arns.regional("sqs", names.events)],
        ),
        allow("Quarantine", "sqs:SendMessage", on=[arns.regional("sqs", names.quarantine)]),
        allow("Pages", "sns:Publish", on=[topic_arn]),
        *logs_and_traces(arns, names.function),
    ]
