"""The ledger is copied to a bucket in which nothing can be changed, and who could is nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Resources = Callable[..., list[dict[str, Any]]]
Statements = Callable[..., dict[str, dict[str, Any]]]
ENVIRONMENTS = ("local", "dev", "prod")
BUCKET = "arn:${AWS::Partition}:s3:::steelyard-dev-archive-${AWS::AccountId}-${AWS::Region}"


def archive(resources: Resources, environment: str) -> dict[str, Any]:
    """The archive's bucket."""
    (bucket,) = (
        b
        for b in resources("data", "AWS::S3::Bucket", environment)
        if "-archive-" in b["Properties"]["BucketName"]
    )
    return bucket


@pytest.mark.parametrize(
    ("environment", "mode", "days"),
    [("local", "GOVERNANCE", 1), ("dev", "GOVERNANCE", 1), ("prod", "COMPLIANCE", 365)],
)
def test_archived_entry_is_locked_for_as_long_as_the_environment_says(
    resources: Resources, environment: str, mode: str, days: int
) -> None:
    bucket = archive(resources, environment)
    properties = bucket["Properties"]
    assert properties["ObjectLockEnabled"] is True
    rule = properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert rule == {"Mode": mode, "Days": days}
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "LifecycleConfiguration" not in properties
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nobody_writes_over_an_entry_or_deletes_one(resources: Resources, environment: str) -> None:
    denied = {
        statement["Sid"]: statement
        for policy in resources("data", "AWS::S3::BucketPolicy", environment)
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement.get("Sid")
    }
    everybody = {"AWS": "*"}
    assert {s["Effect"] for s in denied.values()} == {"Deny"}
    assert denied["WrittenOnce"]["Action"] == "s3:PutObject"
    assert denied["WrittenOnce"]["Condition"] == {"Null": {"s3:if-none-match": "true"}}
    assert denied["NeverDeleted"]["Action"] == ["s3:DeleteObject", "s3:DeleteObjectVersion"]
    assert "Condition" not in denied["NeverDeleted"]
    assert [s["Principal"] for s in denied.values()] == [everybody, everybody]


def test_archiver_may_do_exactly_this(statements: Statements) -> None:
    found = statements("rollout", "steelyard-dev-archive", "dev")
    allowed = {
        (action, resource)
        for sid, statement in found.items()
        if sid not in {"Key", "Logs", "Traces"}
        for action in statement["Action"]
        for resource in statement["Resource"]
    }
    here = "${AWS::Region}:${AWS::AccountId}"
    table = f"arn:${{AWS::Partition}}:dynamodb:{here}:table/steelyard-dev-ledger"
    (stream,) = found["Changes"]["Resource"]
    (topic,) = found["Pages"]["Resource"]
    (queue,) = found["Unarchived"]["Resource"]
    assert stream.startswith("${SsmParameterValuesteelyarddevledgerstream")
    assert topic.startswith("${Pages")
    assert queue.startswith("${ArchiverUnarchived")
    assert allowed == {
        ("dynamodb:DescribeStream", stream),
        ("dynamodb:GetRecords", stream),
        ("dynamodb:GetShardIterator", stream),
        ("dynamodb:ListStreams", "*"),
        ("dynamodb:Query", table),
        ("s3:GetObject", f"{BUCKET}/ledger/*"),
        ("s3:PutObject", f"{BUCKET}/ledger/*"),
        ("s3:ListBucket", BUCKET),
        ("sqs:SendMessage", queue),
        ("sns:Publish", topic),
        ("cloudwatch:PutMetricData", "*"),
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_only_the_archiver_may_write_into_the_archive(
    resources: Resources, environment: str
) -> None:
    writers = {
        role["Properties"]["RoleName"]
        for stack in ("registry", "serving", "rollout")
        for role in resources(stack, "AWS::IAM::Role", environment)
        if "-archive-" in str(role["Properties"]["Policies"])
    }
    assert writers == {f"steelyard-{environment}-archive"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_change_of_the_ledger_is_heard_of_with_what_was_before(
    resources: Resources, environment: str
) -> None:
    (ledger,) = (
        table["Properties"]
        for table in resources("data", "AWS::DynamoDB::Table", environment)
        if table["Properties"]["TableName"].endswith("-ledger")
    )
    assert ledger["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    (mapping,) = (
        m["Properties"]
        for m in resources("rollout", "AWS::Lambda::EventSourceMapping", environment)
        if "ledgerstream" in m["Properties"]["EventSourceArn"]
    )
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert "FilterCriteria" not in mapping
    # Far from the 24 hours after which a stream forgets.
    assert 3600 <= mapping["MaximumRecordAgeInSeconds"] <= 43_200
    assert "Unarchived" in mapping["DestinationConfig"]["OnFailure"]["Destination"]


def test_alarms_on_the_ledger_call_people_and_are_no_endpoints(resources: Resources) -> None:
    found = {
        alarm["Properties"]["AlarmName"]: alarm["Properties"]
        for alarm in resources("rollout", "AWS::CloudWatch::Alarm", "dev")
        if "_ledger" in alarm["Properties"]["AlarmName"]
    }
    prefix = "steelyard/_ledger/dev/"
    assert {
        name.removeprefix(prefix): (a["Namespace"], a["MetricName"]) for name, a in found.items()
    } == {
        "tampering": ("Steelyard", "Tampering"),
        "unarchived": ("AWS/SQS", "ApproximateAgeOfOldestMessage"),
        "behind": ("AWS/Lambda", "IteratorAge"),
    }
    for alarm in found.values():
        (action,) = alarm["AlarmActions"]
        assert action.startswith("${Pages")
    assert found[f"{prefix}tampering"]["Dimensions"] == [
        {"Name": "Ledger", "Value": "steelyard-dev-ledger"}
    ]
