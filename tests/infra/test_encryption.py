"""One key encrypts all that an environment stores, and only those named may use it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Resources = Callable[..., list[dict[str, Any]]]
Template = Callable[..., dict[str, Any]]
Statements = Callable[..., dict[str, dict[str, Any]]]

HERE = "${AWS::Region}:${AWS::AccountId}"
BOTH_WAYS = {"kms:Decrypt", "kms:GenerateDataKey"}
# What stores something, and the property that names the key.
STORES = {
    "AWS::S3::Bucket": "BucketEncryption",
    "AWS::DynamoDB::Table": "SSESpecification",
    "AWS::SQS::Queue": "KmsMasterKeyId",
    "AWS::SNS::Topic": "KmsMasterKeyId",
    "AWS::Logs::LogGroup": "KmsKeyId",
    "AWS::SecretsManager::Secret": "KmsKeyId",
}


@pytest.fixture
def key(resources: Resources) -> dict[str, Any]:
    """The key of dev."""
    (found,) = resources("data", "AWS::KMS::Key", "dev")
    return found


@pytest.fixture
def policy(key: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The key's policy, by Sid."""
    return {s["Sid"]: s for s in key["Properties"]["KeyPolicy"]["Statement"]}


def test_key_is_rotated_and_outlives_the_stack(key: dict[str, Any], resources: Resources) -> None:
    assert key["Properties"]["EnableKeyRotation"] is True
    assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == ("Retain", "Retain")
    (alias,) = resources("data", "AWS::KMS::Alias", "dev")
    assert alias["Properties"]["AliasName"] == "alias/steelyard-dev"


@pytest.mark.parametrize("environment", ["local", "dev", "prod"])
def test_everything_that_stores_is_encrypted_with_the_key(
    template: Template, environment: str
) -> None:
    found = {}
    for stack in ("data", "registry", "serving", "rollout"):
        for name, resource in template(stack, environment)["Resources"].items():
            if resource["Type"] in STORES:
                named = resource["Properties"].get(STORES[resource["Type"]])
                found[f"{stack}.{name}"] = json.dumps(named)
    assert len(found) >= 9
    ours = ("EncryptionKey", f"SsmParameterValuesteelyard{environment}key")
    assert {name: key for name, key in found.items() if not any(o in key for o in ours)} == {}


def test_account_administers_the_key_and_uses_it_through_services_alone(
    policy: dict[str, dict[str, Any]],
) -> None:
    account = {"AWS": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
    by_account = {sid: s for sid, s in policy.items() if s["Principal"] == account}
    assert set(by_account) == {"Administration", "ThroughServices", "TablesInTheBackground"}
    assert not BOTH_WAYS & set(by_account["Administration"]["Action"])
    services = by_account["ThroughServices"]["Condition"]["StringEquals"]["kms:ViaService"]
    assert services == [
        f"{service}.${{AWS::Region}}.amazonaws.com"
        for service in ("dynamodb", "s3", "secretsmanager", "sns", "sqs")
    ]


def test_grants_are_made_by_dynamodb_alone(policy: dict[str, dict[str, Any]]) -> None:
    granting = [sid for sid, s in policy.items() if "kms:CreateGrant" in s["Action"]]
    assert granting == ["TablesInTheBackground"]
    assert policy["TablesInTheBackground"]["Condition"] == {
        "StringEquals": {"kms:ViaService": ["dynamodb.${AWS::Region}.amazonaws.com"]},
        "Bool": {"kms:GrantIsForAWSResource": "true"},
    }


def test_services_use_the_key_for_our_own_resources_alone(
    policy: dict[str, dict[str, Any]],
) -> None:
    services = {
        s["Principal"]["Service"]: (set(s["Action"]), s["Condition"]["ArnLike"])
        for s in policy.values()
        if "Service" in s["Principal"]
    }
    assert set(services) == {
        "cloudwatch.amazonaws.com",
        "events.amazonaws.com",
        "logs.${AWS::Region}.amazonaws.com",
    }
    assert services["cloudwatch.amazonaws.com"] == (
        BOTH_WAYS,
        {"aws:SourceArn": f"arn:${{AWS::Partition}}:cloudwatch:{HERE}:alarm:steelyard/*"},
    )
    assert services["events.amazonaws.com"] == (
        BOTH_WAYS,
        {
            "kms:EncryptionContext:aws:sqs:arn": [
                f"arn:${{AWS::Partition}}:sqs:{HERE}:steelyard-dev-*"
            ]
        },
    )


def test_every_log_group_is_one_that_the_logs_service_may_encrypt(
    policy: dict[str, dict[str, Any]], resources: Resources
) -> None:
    context = policy["Logs"]["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    prefixes = tuple(arn.rpartition("log-group:")[2].removesuffix("*") for arn in context)
    groups = [
        group["Properties"]["LogGroupName"]
        for stack in ("serving", "rollout")
        for group in resources(stack, "AWS::Logs::LogGroup", "dev")
    ]
    assert len(groups) >= 2
    assert [group for group in groups if not group.startswith(prefixes)] == []


@pytest.mark.parametrize(
    ("stack", "role", "services"),
    [
        ("registry", "completion-training", ["s3"]),
        ("serving", "completion-serving", ["s3"]),
        ("rollout", "reconcile", ["dynamodb", "sns", "sqs"]),
        ("rollout", "archive", ["dynamodb", "s3", "sns", "sqs"]),
    ],
)
def test_role_uses_the_key_only_where_it_keeps_something(
    statements: Statements, stack: str, role: str, services: list[str]
) -> None:
    using = statements(stack, f"steelyard-dev-{role}", "dev")["Key"]
    assert set(using["Action"]) == BOTH_WAYS
    (resource,) = using["Resource"]
    assert resource.startswith("${SsmParameterValuesteelyarddevkey")
    via = using["Condition"]["StringEquals"]["kms:ViaService"]
    assert via == [f"{service}.${{AWS::Region}}.amazonaws.com" for service in services]


@pytest.mark.parametrize("stack", ["registry", "serving", "rollout"])
def test_other_stacks_find_the_key_by_its_parameter(template: Template, stack: str) -> None:
    parameters = template(stack, "dev")["Parameters"].values()
    assert {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/steelyard/dev/key"} in list(
        parameters
    )
