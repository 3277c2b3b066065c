"""The bucket and the ledger outlive the stack and give nothing away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Resources = Callable[..., list[dict[str, Any]]]


def test_bucket_is_versioned_encrypted_private_and_retained(resources: Resources) -> None:
    (bucket,) = resources("data", "AWS::S3::Bucket")
    properties = bucket["Properties"]
    assert properties["BucketName"] == "steelyard-local-000000000000-eu-west-1"
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_bucket_refuses_requests_without_tls(resources: Resources) -> None:
    (policy,) = resources("data", "AWS::S3::BucketPolicy")
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_only_captured_requests_expire(resources: Resources) -> None:
    (bucket,) = resources("data", "AWS::S3::Bucket")
    rules = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    expiring = [rule for rule in rules if "ExpirationInDays" in rule]
    assert [(rule["Prefix"], rule["ExpirationInDays"]) for rule in expiring] == [("captures/", 7)]
    assert all("NoncurrentVersionExpiration" not in r for r in rules if r not in expiring)


def test_ledger_is_keyed_by_endpoint_and_version_with_recovery(resources: Resources) -> None:
    (table,) = resources("data", "AWS::DynamoDB::Table")
    properties = table["Properties"]
    assert properties["TableName"] == "steelyard-local-ledger"
    assert properties["KeySchema"] == [
        {"AttributeName": "endpoint", "KeyType": "HASH"},
        {"AttributeName": "version", "KeyType": "RANGE"},
    ]
    assert {a["AttributeType"] for a in properties["AttributeDefinitions"]} == {"S"}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_ledger_is_protected_from_deletion_but_on_the_laptop(resources: Resources) -> None:
    protected = {}
    for environment in ("local", "dev", "prod"):
        (table,) = resources("data", "AWS::DynamoDB::Table", environment)
        protected[environment] = table["Properties"]["DeletionProtectionEnabled"]
    assert protected == {"local": False, "dev": True, "prod": True}
