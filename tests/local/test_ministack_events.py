"""EventBridge on the local cloud: schedules, delivery, dead letters, refusals."""

import itertools
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.local.running_cloud import (
    ACCOUNT,
    REGION,
    RunningCloud,
    arn_of,
    receive,
    refusal,
    sent_at,
)


def rule(cloud: RunningCloud, name: str, target: dict[str, Any], **when: str) -> None:
    cloud.client("events").put_rule(Name=name, **when)
    cloud.client("events").put_targets(Rule=name, Targets=[{"Id": "one", **target}])


def test_rate_rule_fires_once_a_virtual_minute_into_its_group(
    local_cloud: RunningCloud, queue: Callable[..., str]
) -> None:
    url = queue("ticks.fifo")
    target = {"Arn": arn_of(url), "SqsParameters": {"MessageGroupId": "completion"}}
    created = local_cloud.now()
    rule(local_cloud, "ticks", target, ScheduleExpression="rate(1 minute)")
    ticks: list[dict[str, Any]] = []

    def three() -> bool:
        ticks.extend(receive(local_cloud, url))
        return len(ticks) >= 3

    local_cloud.until(three)
    local_cloud.client("events").disable_rule(Name="ticks")
    moments = [created, *(sent_at(tick) for tick in ticks[:3])]
    gaps = [after - before for before, after in itertools.pairwise(moments)]
    # Never sooner; a busy machine may be late.
    assert min(gaps) > timedelta(seconds=58)
    assert {tick["Attributes"]["MessageGroupId"] for tick in ticks} == {"completion"}
    assert json.loads(ticks[0]["Body"])["detail-type"] == "Scheduled Event"


def test_equal_messages_to_a_fifo_queue_vanish_as_on_aws(
    local_cloud: RunningCloud, queue: Callable[..., str]
) -> None:
    url = queue("same.fifo")
    target = {"Arn": arn_of(url), "SqsParameters": {"MessageGroupId": "g"}, "Input": '{"a":1}'}
    rule(local_cloud, "same", target, EventPattern='{"source":["same"]}')
    entry = {"Source": "same", "DetailType": "t", "Detail": "{}"}
    local_cloud.client("events").put_events(Entries=[entry, entry, entry])
    assert len(receive(local_cloud, url)) == 1


@pytest.mark.parametrize(
    ("suffix", "attributes", "reason"),
    [
        ("no-group.fifo", {}, "MessageGroupId"),
        ("closed", {"Policy": ""}, "policy"),
        ("small", {"MaximumMessageSize": "1024"}, "1024"),
    ],
)
def test_undeliverable_event_goes_to_the_targets_dead_letter_queue(
    local_cloud: RunningCloud,
    queue: Callable[..., str],
    suffix: str,
    attributes: dict[str, str],
    reason: str,
) -> None:
    url, dead = queue(suffix, **attributes), queue(f"{suffix[:5]}-dead")
    target = {"Arn": arn_of(url), "DeadLetterConfig": {"Arn": arn_of(dead)}}
    rule(local_cloud, f"dead-{suffix}", target, EventPattern=f'{{"source":["{suffix}"]}}')
    entry = {"Source": suffix, "DetailType": "t", "Detail": json.dumps({"long": "x" * 2000})}
    local_cloud.client("events").put_events(Entries=[entry])
    (message,) = receive(local_cloud, dead)
    assert json.loads(message["Body"])["source"] == suffix
    told = message["MessageAttributes"]
    assert told["TARGET_ARN"]["StringValue"] == arn_of(url)
    assert told["RULE_ARN"]["StringValue"].endswith(f"rule/dead-{suffix}")
    assert reason in told["ERROR_MESSAGE"]["StringValue"]


@pytest.mark.parametrize("what", ["lambda:{}:function:f", "sns:{}:topic"])
def test_dead_letters_of_a_target_that_is_no_queue_are_refused(
    local_cloud: RunningCloud, what: str
) -> None:
    events = local_cloud.client("events")
    events.put_rule(Name="direct", EventPattern='{"source":["x"]}')
    arn = f"arn:aws:{what.format(f'{REGION}:{ACCOUNT}')}"
    target = {"Id": "1", "Arn": arn, "DeadLetterConfig": {"Arn": arn_of("x/y")}}
    assert arn in refusal(events.put_targets, Rule="direct", Targets=[target])


def test_target_that_would_never_be_reached_is_refused(local_cloud: RunningCloud) -> None:
    events = local_cloud.client("events")
    events.put_rule(Name="nowhere", EventPattern='{"source":["x"]}')
    target = {"Id": "1", "Arn": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/s"}
    assert "kinesis" in refusal(events.put_targets, Rule="nowhere", Targets=[target])


def test_only_aws_itself_sends_events_of_aws(local_cloud: RunningCloud) -> None:
    entry = {"Source": "aws.sagemaker", "DetailType": "forged", "Detail": "{}"}
    answer = local_cloud.client("events").put_events(Entries=[entry])
    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"


def test_events_of_our_services_arrive(
    local_cloud: RunningCloud, queue: Callable[..., str]
) -> None:
    url = queue("alarms")
    pattern = {"source": ["aws.cloudwatch"], "detail": {"alarmName": ["contract"]}}
    rule(local_cloud, "alarms", {"Arn": arn_of(url)}, EventPattern=json.dumps(pattern))
    cloudwatch = local_cloud.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="contract",
        Namespace="n",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName="contract", StateValue="ALARM", StateReason="test")
    (message, *_) = local_cloud.until(lambda: receive(local_cloud, url))
    assert json.loads(message["Body"])["detail"]["state"]["value"] == "ALARM"
