"""Why rules of cdk-nag's AwsSolutions don't hold for a resource. Used by stacks and constructs.

One reason a finding, on the resource concerned. tests/infra/test_nag.py runs the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import IConstruct

_NO_RESOURCE = "AWS authorises this on no resource; conditions bound it where there are any"
_OWN_FOLDER = "the objects of one model, below its own prefix"
_OWN_LOG = "the streams of one log group; their names are made by the service"

# By statement: why its resources end in a wildcard.
_WILDCARDS: Mapping[str, str] = {
    "Archive": "entries to come: each has a new name, below one prefix",
    "CollectConfigs": "configs of ended rollouts, of one endpoint: each has a name of its own",
    "CollectModels": "models of ended rollouts, of one endpoint: each has a name of its own",
    "Configs": "configs of rollouts to come, of one endpoint: each has a new name",
    "LogInToRegistry": _NO_RESOURCE,
    "ListStreams": _NO_RESOURCE,
    "ListVersions": "sources disagree on the resource; it lists names alone",
    "Logs": _OWN_LOG,
    "Models": "models of rollouts to come, of one endpoint: each has a new name",
    "ReadAlarms": "listing by prefix is authorised on all alarms; it reads alone",
    "ReadConfigs": "what somebody else put in charge must be read to be adopted",
    "ReadMetrics": _NO_RESOURCE,
    "ReadModels": "what somebody else put in charge must be read to be adopted",
    "ReadObjects": _OWN_FOLDER,
    "ReadScaling": _NO_RESOURCE,
    "Scaling": "AWS makes up the ids of targets; conditions bound it to instance counts",
    "ScalingAlarms": "alarms of variants to come, of one endpoint; AWS makes up their names",
    "Settings": "the settings of the models of one environment",
    "Traces": _NO_RESOURCE,
    "UpdateEndpoints": "configs of rollouts to come, of one endpoint: each has a new name",
    "VariantAlarms": "alarms of variants to come, of one endpoint: each has a new name",
    "Versions": "versions to come of one model package group",
    "WriteLogs": _OWN_LOG,
    "WriteMetrics": _NO_RESOURCE,
    "WriteObjects": _OWN_FOLDER,
}


class UnexplainedWildcard(LookupError):
    """A statement's wildcard has no reason."""


def accept(construct: IConstruct, rule: str, reason: str) -> None:
    """Accept one finding on one resource.

    Args:
        rule: such as `AwsSolutions-SQS3`.
        reason: why the rule is not for this resource.
    """
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=rule, reason=reason))


def accept_wildcards(role: iam.Role, policy: iam.PolicyDocument) -> None:
    """Accept the wildcards in a role's resources, each with its statement's reason.

    Raises:
        UnexplainedWildcard: a statement has none.
    """
    reasons: dict[str, list[str]] = {}
    for statement in cdk.Stack.of(role).resolve(policy.to_json())["Statement"]:
        resources = statement["Resource"]
        for resource in resources if isinstance(resources, list) else [resources]:
            if "*" in (arn := _written(resource)):
                reasons.setdefault(arn, []).append(_reason(statement["Sid"], role))
    for arn, found in reasons.items():
        said = "; ".join(dict.fromkeys(found))
        accept(role, f"AwsSolutions-IAM5[Resource::{arn}]", said)


def _reason(sid: str, role: iam.Role) -> str:
    if sid not in _WILDCARDS:
        raise UnexplainedWildcard(
            f"{role.node.path}: statement {sid} has a wildcard, accepted: one with a reason here"
        )
    return _WILDCARDS[sid]


def _written(value: Any) -> str:
    """An ARN as cdk-nag writes it: `arn:<AWS::Partition>:s3:::name/*`."""
    match value:
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Join": ["", parts]}:
            return "".join(_written(part) for part in parts)
        case _:
            return str(value)
