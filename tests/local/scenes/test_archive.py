"""The ledger's archive on the local cloud: same templates, same function, real Object Lock."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from steelyard.aws.archive import Archive
from tests.local.running_cloud import refusal
from tests.local.scenes.stage import Stage

ENDPOINT = "garbage"  # whose ledger no other scene looks at from its beginning

# May do everything with S3, as far as its role says.
MEDDLER = """
import boto3
from botocore.exceptions import ClientError

def code(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response['Error']['Code']
    return 'done'

def handler(event, context):
    s3 = boto3.client('s3')
    named = {'Bucket': event['Bucket'], 'Key': event['Key']}
    return {
        'over': code(s3.put_object, **named, Body=b'{}'),
        'first': code(s3.put_object, **named, Body=b'{}', IfNoneMatch='*'),
        'hide': code(s3.delete_object, **named),
        'delete': code(s3.delete_object, **named, VersionId=event['version']),
    }
"""


@pytest.fixture
def archive(stage: Stage) -> Archive:
    """The archive, in which the first entry is by now."""
    stage.until_entry(ENDPOINT, lambda _: True)
    archive: Archive = stage.session.archive
    stage.cloud.until(lambda: archive.read(ENDPOINT, 1), 20)
    return archive


@pytest.fixture
def changed(stage: Stage, archive: Archive) -> Iterator[dict[str, Any]]:
    """The first entry with another reason, put back afterwards."""
    written = archive.read(ENDPOINT, 1)
    assert written is not None
    decision = json.loads(written["decision"]["S"]) | {"reason": "all was well"}
    dynamodb, table = stage.cloud.client("dynamodb"), stage.session.names.ledger
    item = written | {"decision": {"S": json.dumps(decision, sort_keys=True)}}
    dynamodb.put_item(TableName=table, Item=item)
    yield item
    dynamodb.put_item(TableName=table, Item=written)


def test_entries_are_in_the_archive_as_the_table_has_them(stage: Stage, archive: Archive) -> None:
    (first, *_) = stage.session.ledger.items(ENDPOINT)
    assert archive.read(ENDPOINT, 1) == first
    said = stage.console("history", ENDPOINT, "--verify")
    assert said.count("ok") == 4
    assert "fails" not in said


def test_archived_entry_can_be_neither_overwritten_nor_deleted_while_it_is_locked(
    stage: Stage, archive: Archive
) -> None:
    s3, bucket = stage.cloud.client("s3"), _bucket(stage)
    copy = archive.copies(ENDPOINT)[1]
    named = {"Bucket": bucket, "Key": copy.key}
    retention = s3.get_object_retention(**named)["Retention"]
    assert retention["Mode"] == "GOVERNANCE"
    assert (retention["RetainUntilDate"] - stage.cloud.now()).total_seconds() > 80_000
    assert "AccessDenied" in refusal(s3.delete_object, **named, VersionId=copy.object_version)
    # The local cloud's root is above policies, as AWS's is not; so a role tries the rest.
    stage.cloud.function("meddler", MEDDLER, "s3:*")
    answers = stage.cloud.call("meddler", {**named, "version": copy.object_version})
    assert answers == {
        "over": "AccessDenied",
        "first": "PreconditionFailed",
        "hide": "AccessDenied",
        "delete": "AccessDenied",
    }
    assert archive.copies(ENDPOINT)[1] == copy


def test_change_of_the_table_is_told_to_people_and_found_by_verify(
    stage: Stage, changed: dict[str, Any], archive: Archive
) -> None:
    stage.cloud.until(lambda: stage.pages("the ledger"), 20)
    assert f"of '{ENDPOINT}' was changed in the table" in stage.pages("the ledger")[0]
    alarm = f"{stage.session.names.ledger_alarm_prefix}tampering"
    stage.cloud.until(lambda: _state(stage, alarm) == "ALARM", 20)
    state = ["--state-dir", str(stage.cloud.state_dir)]
    result = CliRunner(env={"COLUMNS": "200"}).invoke(
        app, ["history", ENDPOINT, "--verify", *state]
    )
    assert result.exit_code == 1
    said = result.output
    assert "Entry 1 fails first, in chain" in said
    assert "changed in the table" in said
    assert archive.read(ENDPOINT, 1) != changed


def test_history_is_told_to_programs_line_by_line(stage: Stage, archive: Archive) -> None:
    assert archive.read(ENDPOINT, 1)
    said = stage.console("history", ENDPOINT, "--json")
    first = json.loads(said.splitlines()[0])
    assert (first["version"], first["decision"], first["rollout"]) == (1, "adopt", None)


def _bucket(stage: Stage) -> str:
    session = stage.session
    return str(session.names.archive(session.account, session.region))


def _state(stage: Stage, alarm: str) -> str:
    found = stage.cloud.client("cloudwatch").describe_alarms(AlarmNames=[alarm])
    return str(found["MetricAlarms"][0]["StateValue"])
