"""Alarms described, tagged and deleted."""

from typing import Any

import pytest

from infra.local.ports import AwsError

from .fakes import FUNCTION, INSUFFICIENT, START, TOPIC, Desk


def test_new_alarm_waits_for_data(desk: Desk) -> None:
    desk.put_alarm()
    alarm = desk.alarm()
    assert alarm["StateValue"] == INSUFFICIENT
    assert alarm["StateReason"] == "Unchecked: Initial alarm creation"
    assert alarm["AlarmArn"] == "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:errors"
    assert alarm["StateUpdatedTimestamp"] == alarm["StateTransitionedTimestamp"] == START
    assert alarm["ActionsEnabled"]
    assert alarm["OKActions"] == []


def test_deleting_an_unknown_alarm_deletes_none(desk: Desk) -> None:
    desk.put_alarm()
    with pytest.raises(AwsError, match="no alarm 'gone'") as caught:
        desk.call("DeleteAlarms", AlarmNames=["errors", "gone"])
    assert (caught.value.code, caught.value.status) == ("ResourceNotFound", 404)
    assert desk.alarm()


def test_forcing_an_unknown_alarm_is_an_error(desk: Desk) -> None:
    with pytest.raises(AwsError, match="no alarm 'gone'"):
        desk.call("SetAlarmState", AlarmName="gone", StateValue="OK", StateReason="drill")


def test_alarms_are_found_by_name_prefix_state_and_action(desk: Desk) -> None:
    for name in ("steelyard/a/v1/errors", "steelyard/a/v2/errors", "steelyard/ab/v1/errors"):
        desk.put_alarm(AlarmName=name, AlarmActions=[TOPIC if "v1" in name else FUNCTION])

    def found(**params: Any) -> list[str]:
        alarms = desk.call("DescribeAlarms", **params)["MetricAlarms"]
        return [alarm["AlarmName"] for alarm in alarms]

    assert found(AlarmNamePrefix="steelyard/a/") == [
        "steelyard/a/v1/errors",
        "steelyard/a/v2/errors",
    ]
    assert found(AlarmNames=["steelyard/ab/v1/errors", "other"]) == ["steelyard/ab/v1/errors"]
    assert found(StateValue="ALARM") == []
    assert len(found(StateValue=INSUFFICIENT)) == 3
    assert found(ActionPrefix="arn:aws:lambda") == ["steelyard/a/v2/errors"]
    assert found(AlarmTypes=["CompositeAlarm"]) == []


def test_alarms_come_in_pages(desk: Desk) -> None:
    for number in range(5):
        desk.put_alarm(AlarmName=f"alarm-{number}")
    names: list[str] = []
    token: dict[str, str] = {}
    for _ in range(3):
        answer = desk.call("DescribeAlarms", MaxRecords=2, **token)
        names += [alarm["AlarmName"] for alarm in answer["MetricAlarms"]]
        token = {"NextToken": answer["NextToken"]} if "NextToken" in answer else {}
    assert names == [f"alarm-{number}" for number in range(5)]
    assert not token


def test_alarms_of_a_metric_are_those_of_its_exact_dimensions(desk: Desk) -> None:
    desk.put_alarm()
    desk.put_math_alarm("m1", AlarmName="math")

    def found(**params: Any) -> int:
        asked = {"Namespace": "Test", "MetricName": "Errors"} | params
        return len(desk.call("DescribeAlarmsForMetric", **asked)["MetricAlarms"])

    canary = [{"Name": "Variant", "Value": "canary"}]
    assert found(Dimensions=canary) == 1
    assert found() == 0
    assert found(Dimensions=canary, Statistic="Average") == 0


@pytest.mark.parametrize("name", ["ChildrenOfAlarmName", "ParentsOfAlarmName"])
def test_relatives_of_alarms_are_refused_loudly(desk: Desk, name: str) -> None:
    with pytest.raises(AwsError, match=name):
        desk.call("DescribeAlarms", **{name: "errors"})


def test_tags_belong_to_the_alarm_and_go_with_it(desk: Desk) -> None:
    desk.put_alarm(Tags=[{"Key": "team", "Value": "ml"}])
    arn = desk.alarm()["AlarmArn"]
    desk.put_alarm(Tags=[{"Key": "ignored", "Value": "yes"}])
    desk.call("TagResource", ResourceARN=arn, Tags=[{"Key": "env", "Value": "local"}])
    tags = [{"Key": "env", "Value": "local"}, {"Key": "team", "Value": "ml"}]
    assert desk.call("ListTagsForResource", ResourceARN=arn) == {"Tags": tags}
    desk.call("UntagResource", ResourceARN=arn, TagKeys=["team", "unknown"])
    assert desk.call("ListTagsForResource", ResourceARN=arn) == {"Tags": tags[:1]}
    desk.call("DeleteAlarms", AlarmNames=["errors"])
    with pytest.raises(AwsError, match="There is no resource"):
        desk.call("ListTagsForResource", ResourceARN=arn)
    desk.put_alarm()
    assert desk.call("ListTagsForResource", ResourceARN=arn) == {"Tags": []}


def test_disabled_actions_leave_the_event(desk: Desk) -> None:
    desk.put_alarm(AlarmActions=[TOPIC])
    desk.call("DisableAlarmActions", AlarmNames=["errors", "unknown"])
    desk.record(60.0, minute=0)
    desk.pass_by(1)
    assert desk.states() == ["ALARM"]
    assert desk.cloud.sns.published == []
    assert not desk.alarm()["ActionsEnabled"]
    desk.call("EnableAlarmActions", AlarmNames=["errors"])
    assert desk.alarm()["ActionsEnabled"]
