"""The environment's key: made in the data stack, found by name from every other stack.

Whoever may use it is named here exactly: people and roles through a service that stores things,
and the services that act by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra.constructs.arns import Arns
from infra.environments import Environment
from infra.names import Names

# Services that encrypt and decrypt on behalf of whoever calls them.
_STORES = ("dynamodb", "s3", "secretsmanager", "sns", "sqs")
_ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
_BOTH_WAYS = ("kms:Decrypt", "kms:GenerateDataKey")


class EnvironmentKey(Construct):
    """One key for everything that an environment stores, its alias, and the parameter to find it.

    Log groups take a key's ARN alone, not an alias: hence the parameter.
    """

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        names = Names(environment.name)
        self.key = kms.Key(
            self,
            "Key",
            description=f"Steelyard {environment.name}: everything that is stored",
            alias=names.key_alias,
            enable_key_rotation=True,
            policy=_policy(Arns.of(self), environment),
            # Without it bucket and ledger, which outlive the stack, could not be read.
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        ssm.CfnParameter(
            self,
            "Parameter",
            name=names.key_parameter,
            type="String",
            value=self.key.key_arn,
            description=f"Steelyard: key of {environment.name}",
        )


def environment_key(scope: Construct, names: Names) -> kms.IKey:
    """The environment's key, in another stack than the one that makes it.

    A template parameter rather than an export: that would tie the frozen serving stack to it.
    """
    stack = cdk.Stack.of(scope)
    found = stack.node.try_find_child("EnvironmentKey")
    if isinstance(found, kms.Key):
        return found
    arn = ssm.StringParameter.value_for_string_parameter(stack, names.key_parameter)
    return kms.Key.from_key_arn(scope, "EnvironmentKey", arn)


def use_key(key_arn: str, arns: Arns, *services: str) -> iam.PolicyStatement:
    """Let a role encrypt and decrypt what it keeps in these services, and nothing by hand."""
    return iam.PolicyStatement(
        sid="Key",
        actions=list(_BOTH_WAYS),
        resources=[key_arn],
        conditions={"StringEquals": {"kms:ViaService": _via(arns, services)}},
    )


def _policy(arns: Arns, environment: Environment) -> iam.PolicyDocument:
    return iam.PolicyDocument(statements=[*_of_the_account(arns), *_of_services(arns, environment)])


def _of_the_account(arns: Arns) -> list[iam.PolicyStatement]:
    account = iam.AccountRootPrincipal()
    return [
        # Both leave it to IAM who in the account may: roles and people need a policy besides.
        _allow("Administration", account, _ADMINISTRATION),
        _allow(
            "ThroughServices",
            account,
            (
                *_BOTH_WAYS,
                "kms:Encrypt",
                "kms:DescribeKey",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
            ),
            {"StringEquals": {"kms:ViaService": _via(arns, _STORES)}},
        ),
        _allow(
            # DynamoDB reads and writes tables in the background under a grant of whoever
            # creates the table.
            "TablesInTheBackground",
            account,
            ("kms:CreateGrant",),
            {
                "StringEquals": {"kms:ViaService": _via(arns, ("dynamodb",))},
                "Bool": {"kms:GrantIsForAWSResource": "true"},
            },
        ),
    ]


def _of_services(arns: Arns, environment: Environment) -> list[iam.PolicyStatement]:
    names = Names(environment.name)
    here = {"aws:SourceAccount": arns.stack.account}
    return [
        _allow(
            "AlarmsToTopics",
            iam.ServicePrincipal("cloudwatch.amazonaws.com"),
            _BOTH_WAYS,
            {
                "StringEquals": here,
                "ArnLike": {"aws:SourceArn": arns.regional("cloudwatch", "alarm:steelyard/*")},
            },
        ),
        _allow(
            # No aws:SourceAccount or SourceArn: EventBridge's calls to KMS don't carry them
            # (Amazon SNS Developer Guide, "Key management"). The queues' policies do ask.
            "RulesToQueues",
            iam.ServicePrincipal("events.amazonaws.com"),
            _BOTH_WAYS,
            _context("aws:sqs:arn", [arns.regional("sqs", f"{names.prefix}-*")]),
        ),
        _allow(
            "Logs",
            iam.ServicePrincipal(f"logs.{arns.stack.region}.amazonaws.com"),
            (
                "kms:Encrypt",
                "kms:Decrypt",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
                "kms:GenerateDataKey",
                "kms:GenerateDataKeyWithoutPlaintext",
                "kms:DescribeKey",
            ),
            _context(
                "aws:logs:arn",
                [
                    arns.regional("logs", f"log-group:{group}*")
                    for group in names.log_prefixes(environment.endpoint_prefix)
                ],
            ),
        ),
    ]


def _context(key: str, arns: Sequence[str]) -> Mapping[str, object]:
    return {"ArnLike": {f"kms:EncryptionContext:{key}": list(arns)}}


def _via(arns: Arns, services: Sequence[str]) -> list[str]:
    return [f"{service}.{arns.stack.region}.amazonaws.com" for service in services]


def _allow(
    sid: str,
    who: iam.IPrincipal,
    actions: Sequence[str],
    where: Mapping[str, object] | None = None,
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid,
        principals=[who],
        actions=list(actions),
        resources=["*"],  # in a key's policy: this key
        conditions=dict(where or {}),
    )
