"""MiniStack on the virtual clock: what it stamps and what it waits for."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.local.running_cloud import REGION, RunningCloud, policy, receive, sent_at


def test_stamps_are_virtual(local_cloud: RunningCloud, queue: Callable[..., str]) -> None:
    url = queue("q")
    before = local_cloud.now()
    local_cloud.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    (message,) = receive(local_cloud, url)
    assert before - timedelta(seconds=1) <= sent_at(message) <= local_cloud.now()
    local_cloud.client("s3").create_bucket(
        Bucket="stamps", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    buckets = local_cloud.client("s3").list_buckets()["Buckets"]
    (made,) = [one["CreationDate"] for one in buckets if one["Name"] == "stamps"]
    assert made >= before - timedelta(seconds=1)


def test_visibility_timeout_and_delay_are_virtual(
    local_cloud: RunningCloud, queue: Callable[..., str]
) -> None:
    client = local_cloud.client("sqs")
    url = queue("q", VisibilityTimeout="60", DelaySeconds="30")
    client.send_message(QueueUrl=url, MessageBody="x")
    assert not client.receive_message(QueueUrl=url).get("Messages")
    local_cloud.wait(31)
    assert client.receive_message(QueueUrl=url)["Messages"]
    assert not client.receive_message(QueueUrl=url).get("Messages")
    local_cloud.wait(61)
    assert client.receive_message(QueueUrl=url)["Messages"]


def test_long_polling_waits_virtual_seconds(
    local_cloud: RunningCloud, queue: Callable[..., str]
) -> None:
    began = local_cloud.now()
    url = queue("q")
    assert (
        not local_cloud.client("sqs")
        .receive_message(QueueUrl=url, WaitTimeSeconds=20)
        .get("Messages")
    )
    assert timedelta(seconds=20) <= local_cloud.now() - began < timedelta(minutes=10)


def test_state_machine_waits_virtual_seconds(local_cloud: RunningCloud) -> None:
    role = local_cloud.client("iam").create_role(
        RoleName="waiting", AssumeRolePolicyDocument=json.dumps(policy())
    )["Role"]["Arn"]
    states = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 90, "End": True}}}
    client = local_cloud.client("stepfunctions")
    machine = client.create_state_machine(
        name="waiting", definition=json.dumps(states), roleArn=role
    )["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]

    def finished() -> dict[str, Any] | None:
        found: dict[str, Any] = client.describe_execution(executionArn=execution)
        return found if found["status"] == "SUCCEEDED" else None

    done = local_cloud.until(finished, 20.0)
    assert timedelta(seconds=89) <= done["stopDate"] - done["startDate"] < timedelta(minutes=30)
