"""Streams of tables on the local cloud: order, partial failures, and what is given up."""

import json
from collections.abc import Callable

from tests.local.running_cloud import RunningCloud, arn_of, receive

# Fails on `bad`, tells the queue what it did, in order.
SOURCE = """
import boto3

def handler(event, context):
    sqs = boto3.client('sqs')
    for record in event['Records']:
        if record['dynamodb']['Keys']['key']['S'].startswith('bad'):
            return {'batchItemFailures': [
                {'itemIdentifier': record['dynamodb']['SequenceNumber']}]}
        old = record['dynamodb'].get('OldImage', {}).get('said', {}).get('S', '')
        new = record['dynamodb'].get('NewImage', {}).get('said', {}).get('S', '')
        sqs.send_message(QueueUrl='%s', MessageBody=f"{record['eventName']} {old}>{new}")
    return {'batchItemFailures': []}
"""


def stream_to(cloud: RunningCloud, name: str, told: str, **mapping: object) -> Callable[..., None]:
    """A table whose changes a function tells to a queue; `put(key, text)` changes it."""
    dynamodb = cloud.client("dynamodb")
    table = dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    cloud.function(name, SOURCE % told, "sqs:*")
    cloud.client("lambda").create_event_source_mapping(
        EventSourceArn=table["LatestStreamArn"],
        FunctionName=name,
        StartingPosition="TRIM_HORIZON",
        FunctionResponseTypes=["ReportBatchItemFailures"],
        **mapping,
    )

    def put(key: str, text: str) -> None:
        dynamodb.put_item(TableName=name, Item={"key": {"S": key}, "said": {"S": text}})

    return put


def heard(cloud: RunningCloud, url: str, count: int) -> list[str]:
    """The first so many messages."""
    found: list[str] = []

    def enough() -> bool:
        found.extend(message["Body"] for message in receive(cloud, url))
        return len(found) >= count

    cloud.until(enough)
    return found


def test_changes_come_in_order_with_what_was_before(
    local_cloud: RunningCloud, queue: Callable[..., str]
) -> None:
    told = queue("told")
    put = stream_to(local_cloud, "stream-changes", told)
    put("a", "one")
    put("a", "two")
    put("b", "three")
    assert heard(local_cloud, told, 3) == ["INSERT >one", "MODIFY one>two", "INSERT >three"]


def test_failed_record_holds_up_those_behind_it_until_it_is_given_up(
    local_cloud: RunningCloud, queue: Callable[..., str]
) -> None:
    told, given_up = queue("told"), queue("given-up")
    put = stream_to(
        local_cloud,
        "stream-failing",
        told,
        MaximumRetryAttempts=2,
        DestinationConfig={"OnFailure": {"Destination": arn_of(given_up)}},
    )
    put("a", "one")
    put("bad", "two")
    assert heard(local_cloud, told, 1) == ["INSERT >one"]
    (message,) = local_cloud.until(lambda: receive(local_cloud, given_up))
    condition = json.loads(message["Body"])["requestContext"]["condition"]
    put("b", "three")
    assert condition == "RetryAttemptsExhausted"
    assert heard(local_cloud, told, 1) == ["INSERT >three"]
