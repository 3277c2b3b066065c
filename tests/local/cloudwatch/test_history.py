"""The history of alarms, within AWS's limits."""

import json
from datetime import timedelta

import pytest

from infra.local.ports import AwsError

from .fakes import START, TOPIC, Desk


def alarmed(desk: Desk) -> None:
    """Put an alarm and let it go off."""
    desk.put_alarm()
    desk.record(60.0, minute=0)
    desk.pass_by(1)


def test_history_tells_configuration_and_transitions_newest_first(desk: Desk) -> None:
    alarmed(desk)
    desk.put_alarm(Threshold=55.0)
    desk.call("DeleteAlarms", AlarmNames=["errors"])
    items = desk.call("DescribeAlarmHistory", AlarmName="errors")["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in items] == [
        'Alarm "errors" deleted',
        'Alarm "errors" updated',
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        'Alarm "errors" created',
    ]
    data = json.loads(items[2]["HistoryData"])
    assert data["oldState"]["stateValue"] == "INSUFFICIENT_DATA"
    assert data["newState"]["stateReasonData"]["recentDatapoints"] == [60.0]


def test_history_is_filtered_and_paged(desk: Desk) -> None:
    alarmed(desk)
    desk.put_alarm(AlarmName="other")

    def found(**params: object) -> list[str]:
        items = desk.call("DescribeAlarmHistory", **params)["AlarmHistoryItems"]
        return [item["HistorySummary"] for item in items]

    assert len(found()) == 3
    assert len(found(AlarmName="other")) == 1
    assert found(EndDate=START) == ['Alarm "errors" created']
    assert len(found(StartDate=START + timedelta(seconds=1))) == 2
    assert found(ScanBy="TimestampAscending", MaxRecords=1) == ['Alarm "errors" created']
    assert found(AlarmTypes=["CompositeAlarm"]) == []
    with pytest.raises(AwsError, match="AlarmContributorId"):
        found(AlarmContributorId="1")


def test_history_is_kept_for_two_weeks(desk: Desk) -> None:
    desk.put_alarm()
    desk.cloud.hands.seconds = 14 * 86400 + 1
    desk.put_alarm(Threshold=1.0)
    items = desk.call("DescribeAlarmHistory")["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in items] == ['Alarm "errors" updated']


def test_history_of_long_reason_data_is_cut_to_the_limit_and_says_so(desk: Desk) -> None:
    desk.put_alarm()
    forced = {"StateReason": "drill", "StateReasonData": "x" * 4000}
    for state in ("OK", "ALARM"):
        desk.call("SetAlarmState", AlarmName="errors", StateValue=state, **forced)
    history = desk.call("DescribeAlarmHistory", HistoryItemType="StateUpdate")
    (newest, _) = history["AlarmHistoryItems"]
    assert json.loads(newest["HistoryData"]) == {"version": "1.0", "truncated": True}


def test_long_reason_stays_within_the_limits_of_aws(desk: Desk) -> None:
    desk.put_alarm(EvaluationPeriods=100, AlarmActions=[TOPIC])
    for number in range(100):
        desk.record(1e6 / 3 + number, minute=number)
    desk.pass_by(101)
    alarm = desk.alarm()
    assert alarm["StateValue"] == "ALARM"
    assert len(alarm["StateReason"]) <= 1023
    assert len(alarm["StateReasonData"]) <= 4000
    history = desk.call("DescribeAlarmHistory", HistoryItemType="StateUpdate")
    assert len(history["AlarmHistoryItems"][0]["HistoryData"]) <= 4095
