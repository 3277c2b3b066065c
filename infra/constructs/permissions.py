"""Everything that the reconciler may do, exact actions on exact resources.

Never `cloudwatch:SetAlarmState`: whoever may force an alarm could roll back at will.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import aws_iam as iam

from infra.constructs.arns import Arns
from infra.names import ModelNames, Names


def reconciler_policy(
    arns: Arns, names: Names, models: Sequence[ModelNames], topic_arn: str
) -> iam.PolicyDocument:
    """The one policy of the reconciler's role."""
    return iam.PolicyDocument(
        statements=[
            *_endpoints(arns, models),
            *_versions(arns, models),
            *_cloudwatch(arns, models),
            *_memory(arns, names),
            *_messages(arns, names, topic_arn),
        ]
    )


def _endpoints(arns: Arns, models: Sequence[ModelNames]) -> list[iam.PolicyStatement]:
    return [
        _allow(
            "Endpoints",
            "sagemaker:DescribeEndpoint",
            "sagemaker:UpdateEndpointWeightsAndCapacities",
            on=[arns.regional("sagemaker", f"endpoint/{m.endpoint}") for m in models],
        ),
        _allow(
            # Authorised on both: the endpoint, and the config that it gets.
            "UpdateEndpoints",
            "sagemaker:UpdateEndpoint",
            on=[
                arns.regional("sagemaker", resource)
                for m in models
                for resource in (f"endpoint/{m.endpoint}", f"endpoint-config/{m.endpoint}-*")
            ],
        ),
        _allow(
            "Configs",
            "sagemaker:CreateEndpointConfig",
            on=[arns.regional("sagemaker", f"endpoint-config/{m.endpoint}-*") for m in models],
        ),
        _allow(
            "Models",
            "sagemaker:CreateModel",
            on=[arns.regional("sagemaker", f"model/{m.endpoint}-*") for m in models],
        ),
        _allow(
            # Of any name: what somebody else put in charge must be read to be adopted.
            "ReadConfigs",
            "sagemaker:DescribeEndpointConfig",
            on=[arns.regional("sagemaker", "endpoint-config/*")],
        ),
        _allow("ReadModels", "sagemaker:DescribeModel", on=[arns.regional("sagemaker", "model/*")]),
        _allow(
            "ServeAs",
            "iam:PassRole",
            on=[arns.role(m.serving_role) for m in models],
            where={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
    ]


def _versions(arns: Arns, models: Sequence[ModelNames]) -> list[iam.PolicyStatement]:
    return [
        _allow(
            "Versions",
            "sagemaker:DescribeModelPackage",
            on=[arns.regional("sagemaker", f"model-package/{m.package_group}/*") for m in models],
        ),
        # Sources disagree on which resource listing is authorised, if any; it shows names alone.
        _allow("ListVersions", "sagemaker:ListModelPackages", on=["*"]),
    ]


def _cloudwatch(arns: Arns, models: Sequence[ModelNames]) -> list[iam.PolicyStatement]:
    return [
        _allow(
            # Two slashes: the variants' alarms alone, not the two that watch the reconciler.
            "VariantAlarms",
            "cloudwatch:PutMetricAlarm",
            "cloudwatch:DeleteAlarms",
            on=[arns.regional("cloudwatch", f"alarm:{m.alarm_prefix}*/*") for m in models],
        ),
        _allow(
            # Listing by prefix is authorised on all alarms of the account.
            "ReadAlarms",
            "cloudwatch:DescribeAlarms",
            on=[arns.regional("cloudwatch", "alarm:*")],
        ),
        _allow("ReadMetrics", "cloudwatch:GetMetricData", on=["*"]),  # has no resource to name
        _allow(
            "WriteMetrics",
            "cloudwatch:PutMetricData",
            on=["*"],  # has no resource to name; the namespace bounds it
            where={"StringEquals": {"cloudwatch:namespace": "Steelyard"}},
        ),
    ]


def _memory(arns: Arns, names: Names) -> list[iam.PolicyStatement]:
    return [
        _allow(
            "Ledger",
            "dynamodb:PutItem",
            "dynamodb:Query",
            on=[arns.regional("dynamodb", f"table/{names.ledger}")],
        ),
        _allow(
            "Settings",
            "ssm:GetParameter",
            on=[arns.regional("ssm", f"parameter{names.settings_prefix}/*")],
        ),
    ]


def _messages(arns: Arns, names: Names, topic_arn: str) -> list[iam.PolicyStatement]:
    return [
        _allow(
            "Events",
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
            on=[arns.regional("sqs", names.events)],
        ),
        _allow("Quarantine", "sqs:SendMessage", on=[arns.regional("sqs", names.quarantine)]),
        _allow("Pages", "sns:Publish", on=[topic_arn]),
        _allow(
            "Logs",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            on=[arns.regional("logs", f"log-group:/aws/lambda/{names.function}:*")],
        ),
        _allow(
            "Traces",
            "xray:PutTelemetryRecords",
            "xray:PutTraceSegments",
            on=["*"],  # has no resource to name
        ),
    ]


def _allow(
    sid: str, *actions: str, on: Sequence[str], where: Mapping[str, object] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid, actions=list(actions), resources=list(on), conditions=dict(where or {})
    )
