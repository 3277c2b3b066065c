"""Composite alarms over the states of others."""

import json
from typing import Any

import pytest

from infra.local.ports import AwsError

from .fakes import TOPIC, Desk


def put(desk: Desk, rule: str = "ALARM(errors) OR ALARM(slow)", **more: Any) -> None:
    desk.call("PutCompositeAlarm", **{"AlarmName": "either", "AlarmRule": rule} | more)


def force(desk: Desk, name: str, state: str) -> None:
    desk.call("SetAlarmState", AlarmName=name, StateValue=state, StateReason="drill")
    desk.watch._notifier.deliver_waiting()


@pytest.fixture
def pair(desk: Desk) -> Desk:
    """A desk with the alarms `errors` and `slow`."""
    desk.put_alarm()
    desk.put_alarm(AlarmName="slow", MetricName="Latency")
    return desk


def test_new_composite_is_decided_at_once(pair: Desk) -> None:
    put(pair)
    alarm = pair.alarm("either")
    assert alarm["StateValue"] == "OK"
    assert (
        alarm["StateReason"]
        == f"{alarm['AlarmArn']} was created and its alarm rule evaluates to OK"
    )
    triggering = json.loads(alarm["StateReasonData"])["triggeringAlarms"]
    assert [each["arn"].rpartition(":")[2] for each in triggering] == ["errors", "slow"]


def test_composite_follows_its_children(pair: Desk) -> None:
    put(pair)
    force(pair, "errors", "ALARM")
    alarm = pair.alarm("either")
    assert alarm["StateValue"] == "ALARM"
    assert alarm["StateReason"] == (
        "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:errors transitioned to ALARM at Tuesday "
        "24 November, 2026 05:40:00 UTC"
    )
    force(pair, "slow", "ALARM")
    force(pair, "errors", "OK")
    assert pair.alarm("either")["StateValue"] == "ALARM"
    force(pair, "slow", "OK")
    assert pair.alarm("either")["StateValue"] == "OK"


def test_composite_of_composites_follows_too_and_the_child_is_told_first(pair: Desk) -> None:
    put(pair)
    put(pair, "NOT ALARM(either)", AlarmName="healthy")
    pair.watch._notifier.deliver_waiting()
    pair.cloud.events.clear()
    force(pair, "errors", "ALARM")
    told = [(e[2]["alarmName"], e[2]["state"]["value"]) for e in pair.cloud.events]
    assert told == [("errors", "ALARM"), ("either", "ALARM"), ("healthy", "OK")]


def test_replaced_rule_is_decided_again(pair: Desk) -> None:
    put(pair)
    put(pair, "NOT ALARM(errors)")
    alarm = pair.alarm("either")
    assert alarm["StateValue"] == "ALARM"
    assert alarm["StateReason"].endswith("was updated and its alarm rule evaluates to ALARM")


def test_forced_composite_stays_until_a_child_changes(pair: Desk) -> None:
    put(pair)
    force(pair, "either", "ALARM")
    pair.pass_by(3)
    assert pair.alarm("either")["StateValue"] == "ALARM"
    force(pair, "slow", "OK")
    assert pair.alarm("either")["StateValue"] == "OK"


def test_composite_notifies_with_its_rule_and_children(pair: Desk) -> None:
    put(pair, AlarmActions=[TOPIC], AlarmDescription="one of two")
    force(pair, "errors", "ALARM")
    (notice,) = pair.cloud.sns.published
    message = json.loads(notice["Message"])
    assert message["AlarmRule"] == "ALARM(errors) OR ALARM(slow)"
    assert "Trigger" not in message
    (child,) = message["TriggeringChildren"]
    assert child["Arn"].endswith(":alarm:errors")
    assert child["State"] == {"Value": "ALARM", "Timestamp": "2026-11-24T05:40:00.000+0000"}
    detail = pair.cloud.events[-1][2]
    assert detail["configuration"] == {
        "alarmRule": "ALARM(errors) OR ALARM(slow)",
        "description": "one of two",
    }


def test_child_can_not_be_deleted_without_its_composite(pair: Desk) -> None:
    put(pair)
    with pytest.raises(AwsError, match="read by composite alarms"):
        pair.call("DeleteAlarms", AlarmNames=["errors"])
    pair.call("DeleteAlarms", AlarmNames=["either", "errors"])
    assert [a["AlarmName"] for a in pair.call("DescribeAlarms")["MetricAlarms"]] == ["slow"]


def test_composites_are_described_only_when_asked_for(pair: Desk) -> None:
    put(pair)
    assert pair.call("DescribeAlarms")["CompositeAlarms"] == []
    both = pair.call("DescribeAlarms", AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    assert (len(both["MetricAlarms"]), len(both["CompositeAlarms"])) == (2, 1)


@pytest.mark.parametrize(
    ("rule", "more", "match"),
    [
        ("ALARM(gone)", {}, "'gone', which does not exist"),
        ("ALARM(either)", {}, "read each other"),
        ("ALARM(healthy)", {}, "read each other"),
        ("ALARM(errors", {}, "syntax error"),
        ("TRUE", {"AlarmName": "errors"}, "is a MetricAlarm already"),
        ("TRUE", {"ActionsSuppressor": "errors"}, "ActionsSuppressor"),
    ],
)
def test_composite_that_makes_no_sense_is_refused(
    pair: Desk, rule: str, more: dict[str, str], match: str
) -> None:
    put(pair)
    put(pair, "ALARM(either)", AlarmName="healthy")
    with pytest.raises(AwsError, match=match):
        put(pair, rule, **more)
