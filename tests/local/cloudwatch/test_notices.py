"""What a transition sets off: event, SNS, Lambda, history; in AWS's shapes and in order."""

import json
import re

from .fakes import FUNCTION, SINGLE, TOPIC, Desk

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")
ARN = "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:errors"


def alarmed(desk: Desk, **more: object) -> None:
    """Put an alarm and let it go off."""
    desk.put_alarm(AlarmDescription="too many errors", **more)
    desk.record(60.0, minute=0)
    desk.pass_by(1)


def test_event_has_the_documented_shape(desk: Desk) -> None:
    alarmed(desk)
    (event,) = desk.cloud.events
    source, detail_type, detail, resources = event
    assert (source, detail_type) == ("aws.cloudwatch", "CloudWatch Alarm State Change")
    assert resources == [ARN]
    assert detail.keys() == {"alarmName", "state", "previousState", "configuration"}
    assert detail["alarmName"] == "errors"
    assert detail["state"].keys() == {"value", "reason", "reasonData", "timestamp"}
    assert detail["state"]["value"] == "ALARM"
    assert detail["state"]["timestamp"] == "2026-11-24T05:41:00.000+0000"
    assert json.loads(detail["state"]["reasonData"])["threshold"] == 50.0
    assert detail["previousState"] == {
        "value": "INSUFFICIENT_DATA",
        "reason": "Unchecked: Initial alarm creation",
        "timestamp": "2026-11-24T05:40:00.000+0000",
    }
    (metric,) = detail["configuration"]["metrics"]
    assert detail["configuration"]["description"] == "too many errors"
    assert re.fullmatch(r"[0-9a-f-]{36}", metric.pop("id"))
    assert metric == {
        "metricStat": {
            "metric": {
                "namespace": "Test",
                "name": "Errors",
                "dimensions": {"Variant": "canary"},
            },
            "period": 60,
            "stat": "Sum",
        },
        "returnData": True,
    }
    json.dumps(detail)


def test_event_of_an_expression_lists_its_queries(desk: Desk) -> None:
    stat = {
        "Metric": {"Namespace": "Test", "MetricName": "Errors"},
        "Period": 60,
        "Stat": "p99",
        "Unit": "Count",
    }
    metrics = [
        {"Id": "e1", "Expression": "m1 * 2", "Label": "twice"},
        {"Id": "m1", "MetricStat": stat, "ReturnData": False},
    ]
    desk.put_alarm(**dict.fromkeys(SINGLE), Metrics=metrics, AlarmActions=[TOPIC])
    desk.call("SetAlarmState", AlarmName="errors", StateValue="ALARM", StateReason="drill")
    desk.watch._notifier.deliver_waiting()
    assert desk.cloud.events[0][2]["configuration"]["metrics"] == [
        {"id": "e1", "expression": "m1 * 2", "label": "twice", "returnData": True},
        {
            "id": "m1",
            "metricStat": {
                "metric": {"namespace": "Test", "name": "Errors", "dimensions": {}},
                "period": 60,
                "stat": "p99",
                "unit": "Count",
            },
            "returnData": False,
        },
    ]
    trigger = json.loads(desk.cloud.sns.published[0]["Message"])["Trigger"]
    assert [query["Id"] for query in trigger["Metrics"]] == ["e1", "m1"]
    assert trigger["Metrics"][1]["MetricStat"]["Metric"]["Dimensions"] == []
    assert "MetricName" not in trigger


def test_sns_message_has_the_fields_of_aws(desk: Desk) -> None:
    alarmed(desk, AlarmActions=[TOPIC], DatapointsToAlarm=1)
    (notice,) = desk.cloud.sns.published
    assert notice["TopicArn"] == TOPIC
    assert notice["Subject"] == 'ALARM: "errors" in EU (Ireland)'
    message = json.loads(notice["Message"])
    times = [
        message.pop(name) for name in ("StateChangeTime", "AlarmConfigurationUpdatedTimestamp")
    ]
    assert all(STAMP.fullmatch(each) for each in times)
    assert "60.0" in message.pop("NewStateReason")
    assert message == {
        "AlarmName": "errors",
        "AlarmDescription": "too many errors",
        "AWSAccountId": "000000000000",
        "NewStateValue": "ALARM",
        "Region": "EU (Ireland)",
        "AlarmArn": ARN,
        "OldStateValue": "INSUFFICIENT_DATA",
        "OKActions": [],
        "AlarmActions": [TOPIC],
        "InsufficientDataActions": [],
        "Trigger": {
            "MetricName": "Errors",
            "Namespace": "Test",
            "StatisticType": "Statistic",
            "Statistic": "SUM",
            "Unit": None,
            "Dimensions": [{"value": "canary", "name": "Variant"}],
            "Period": 60,
            "EvaluationPeriods": 1,
            "DatapointsToAlarm": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 50.0,
            "TreatMissingData": "missing",
            "EvaluateLowSampleCountPercentile": "",
        },
    }


def test_lambda_is_invoked_with_the_documented_payload(desk: Desk) -> None:
    alarmed(desk, AlarmActions=[FUNCTION])
    ((function, payload),) = desk.cloud.invoked
    assert function == FUNCTION
    assert payload.pop("alarmData") == desk.cloud.events[0][2]
    assert payload == {
        "source": "aws.cloudwatch",
        "alarmArn": ARN,
        "accountId": "000000000000",
        "time": "2026-11-24T05:41:00.000+0000",
        "region": "eu-west-1",
    }


def test_actions_are_those_of_the_new_state(desk: Desk) -> None:
    topics = {state: f"{TOPIC}-{state}" for state in ("ok", "alarm", "unknown")}
    desk.put_alarm(
        OKActions=[topics["ok"]],
        AlarmActions=[topics["alarm"]],
        InsufficientDataActions=[topics["unknown"]],
    )
    for number, value in enumerate([60.0, 10.0]):
        desk.record(value, minute=number)
    desk.pass_by(6)
    told = [notice["TopicArn"].rpartition("-")[2] for notice in desk.cloud.sns.published]
    assert told == ["alarm", "ok", "unknown"]


def test_alarm_that_stays_on_never_fires_again(desk: Desk) -> None:
    desk.put_alarm(AlarmActions=[TOPIC])
    for number in range(10):
        desk.record(60.0, minute=number)
    desk.pass_by(10)
    assert len(desk.cloud.sns.published) == len(desk.cloud.events) == 1


def test_action_that_fails_is_told_in_the_history_and_stops_no_other(desk: Desk) -> None:
    gone = "arn:aws:sns:eu-west-1:000000000000:gone"
    alarmed(desk, AlarmActions=[gone, TOPIC])
    assert [notice["TopicArn"] for notice in desk.cloud.sns.published] == [TOPIC]
    items = desk.call("DescribeAlarmHistory", HistoryItemType="Action")["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in items] == [
        f"Successfully executed action {TOPIC}",
        f"Failed to execute action {gone}",
    ]
    assert "LookupError" in items[1]["HistoryData"]
