"""Statements of roles' policies. Imported by the modules that write such policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import aws_iam as iam

from infra.constructs.arns import Arns


def allow(
    sid: str, *actions: str, on: Sequence[str], where: Mapping[str, object] | None = None
) -> iam.PolicyStatement:
    """Let actions be done on resources, where conditions hold."""
    return iam.PolicyStatement(
        sid=sid, actions=list(actions), resources=list(on), conditions=dict(where or {})
    )


def logs_and_traces(arns: Arns, function: str) -> list[iam.PolicyStatement]:
    """Let a Lambda function tell what it does."""
    return [
        allow(
            "Logs",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            on=[arns.regional("logs", f"log-group:/aws/lambda/{function}:*")],
        ),
        allow(
            "Traces",
            "xray:PutTelemetryRecords",
            "xray:PutTraceSegments",
            on=["*"],  # has no resource to name
        ),
    ]
