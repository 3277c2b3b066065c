"""Bucket, ledger and counted labels outlive the stack and give nothing away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Resources = Callable[..., list[dict[str, Any]]]


def buckets(resources: Resources) -> dict[str, dict[str, Any]]:
    """The bucket of data and the archive."""
    found = resources("data", "AWS::S3::Bucket")
    return {"archive" if "-archive-" in str(b["Properties"]) else "data": b for b in found}


@pytest.mark.parametrize(
    ("which", "name"),
    [
        ("data", "steelyard-local-000000000000-eu-west-1"),
        ("archive", "steelyard-local-archive-000000000000-eu-west-1"),
    ],
)
def test_bucket_is_versioned_encrypted_private_and_retained(
    resources: Resources, which: str, name: str
) -> None:
    bucket = buckets(resources)[which]
    properties = bucket["Properties"]
    assert properties["BucketName"] == name
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_bucket_refuses_requests_without_tls(resources: Resources) -> None:
    policies = resources("data", "AWS::S3::BucketPolicy")
    assert len(policies) == 2
    for policy in policies:
        statement, *_ = policy["Properties"]["PolicyDocument"]["Statement"]
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_only_captured_requests_expire(resources: Resources) -> None:
    rules = buckets(resources)["data"]["Properties"]["LifecycleConfiguration"]["Rules"]
    expiring = [rule for rule in rules if "ExpirationInDays" in rule]
    assert [(rule["Prefix"], rule["ExpirationInDays"]) for rule in expiring] == [("captures/", 7)]
    assert all("NoncurrentVersionExpiration" not in r for r in rules if r not in expiring)


def tables(resources: Resources, environment: str = "local") -> dict[str, dict[str, Any]]:
    """The tables by the last part of their names."""
    found = resources("data", "AWS::DynamoDB::Table", environment)
    return {table["Properties"]["TableName"].rpartition("-")[2]: table for table in found}


@pytest.mark.parametrize(
    ("name", "keys"), [("ledger", ("endpoint", "version")), ("labels", ("key", "at"))]
)
def test_tables_have_recovery_and_outlive_the_stack(
    resources: Resources, name: str, keys: tuple[str, str]
) -> None:
    table = tables(resources)[name]
    properties = table["Properties"]
    assert properties["KeySchema"] == [
        {"AttributeName": keys[0], "KeyType": "HASH"},
        {"AttributeName": keys[1], "KeyType": "RANGE"},
    ]
    assert {a["AttributeType"] for a in properties["AttributeDefinitions"]} == {"S"}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_no_entry_of_the_ledger_ever_expires(resources: Resources) -> None:
    assert "TimeToLiveSpecification" not in tables(resources)["ledger"]["Properties"]


@pytest.mark.parametrize("name", ["ledger", "labels"])
def test_tables_are_protected_from_deletion_but_on_the_laptop(
    resources: Resources, name: str
) -> None:
    protected = {
        environment: tables(resources, environment)[name]["Properties"]["DeletionProtectionEnabled"]
        for environment in ("local", "dev", "prod")
    }
    assert protected == {"local": False, "dev": True, "prod": True}
