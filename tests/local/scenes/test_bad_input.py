"""Bad input on the real queue: quarantined with its reason, and nothing waits behind it."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.local.running_cloud import ACCOUNT, REGION, receive
from tests.local.scenes.stage import Stage


def send(stage: Stage, group: str, body: str) -> None:
    client = stage.cloud.client("sqs")
    url = client.get_queue_url(QueueName=stage.session.names.events)["QueueUrl"]
    client.send_message(
        QueueUrl=url,
        MessageBody=body,
        MessageGroupId=group,
        MessageDeduplicationId=str(uuid.uuid4()),
    )


def event(account: str, kind: str, **detail: Any) -> str:
    return json.dumps({"account": account, "region": REGION, "detail-type": kind, "detail": detail})


def command(endpoint: str, rollout: str) -> dict[str, Any]:
    detail = {
        "endpoint": endpoint,
        "rollout": rollout,
        "command": "rollback",
        "actor": "a test",
        "reason": "too late",
        "key": str(uuid.uuid4()),
    }
    return {
        "Source": "steelyard",
        "DetailType": "Steelyard Command",
        "Detail": json.dumps(detail),
    }


def test_bad_input_is_quarantined_with_its_reason_and_ticks_behind_it_are_processed(
    stage: Stage, rollouts: Mapping[str, str]
) -> None:
    with stage.traffic("good"):  # until it is over, if it is not
        stage.until("good", "PROMOTED")
    alarm = {"alarmName": "steelyard/good/evidence", "state": {"value": "ALARM"}}
    send(stage, "good", "not JSON")
    send(stage, "good", event("999999999999", "CloudWatch Alarm State Change", **alarm))
    send(stage, "nobody", event(ACCOUNT, "Scheduled Event"))
    answer = stage.cloud.client("events").put_events(Entries=[command("good", rollouts["good"])])
    assert answer["FailedEntryCount"] == 0
    sent = stage.cloud.now()
    found: list[dict[str, Any]] = []

    def all_four() -> bool:
        found.extend(_quarantined(stage))
        return len(found) >= 4

    stage.cloud.until(all_four, 30)
    reasons = sorted((record["endpoint"], record["reason"]) for record in found)
    assert len(reasons) == 4, reasons
    account, over, no_json, nobody = reasons
    assert account[1].startswith(f"account: got '999999999999', accepted: {ACCOUNT}")
    assert no_json[1].startswith("not JSON: ")
    assert over[1] == "no rollout good-r1 is under way: good-r1 is PROMOTED"
    assert nobody[0] == "nobody"
    assert "nobody" in nobody[1]
    assert {record["body"] for record in found} >= {"not JSON"}
    stage.cloud.until(lambda: _heartbeats(stage, sent), 30)
    assert stage.depth(stage.session.names.dead) == 0
    assert stage.depth(stage.session.names.undelivered) == 0


def _quarantined(stage: Stage) -> list[dict[str, Any]]:
    name = stage.session.names.quarantine
    url = stage.cloud.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
    return [json.loads(message["Body"]) for message in receive(stage.cloud, url)]


def _heartbeats(stage: Stage, since: datetime) -> list[float]:
    """Signs of life for messages sent after a time: they stood behind the bad ones."""
    answer = stage.cloud.client("cloudwatch").get_metric_statistics(
        Namespace="Steelyard",
        MetricName="Heartbeat",
        Dimensions=[{"Name": "EndpointName", "Value": "good"}],
        StartTime=since,
        EndTime=stage.cloud.now(),
        Period=60,
        Statistics=["Sum"],
    )
    return [
        point["Sum"]
        for point in answer["Datapoints"]
        if point["Timestamp"] > since and point["Sum"] > 0
    ]
