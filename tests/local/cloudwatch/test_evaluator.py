"""Metric alarms over virtual time: evaluated, forced, replaced."""

import json
from datetime import timedelta

import pytest

from .fakes import INSUFFICIENT, START, TOPIC, Desk


def test_breach_is_seen_within_ten_seconds_of_the_end_of_its_minute(desk: Desk) -> None:
    desk.put_alarm()
    desk.record(60.0, minute=0)
    desk.pass_by(5 / 6)
    assert desk.alarm()["StateValue"] == INSUFFICIENT
    desk.pass_by(1 / 6)
    alarm = desk.alarm()
    assert alarm["StateValue"] == "ALARM"
    assert alarm["StateReason"] == (
        "Threshold Crossed: 1 datapoint [60.0 (24/11/26 05:40:00)] was greater than the "
        "threshold (50.0)."
    )
    assert json.loads(alarm["StateReasonData"]) == {
        "version": "1.0",
        "queryDate": "2026-11-24T05:41:00.000+0000",
        "startDate": "2026-11-24T05:40:00.000+0000",
        "statistic": "Sum",
        "period": 60,
        "recentDatapoints": [60.0],
        "threshold": 50.0,
        "evaluatedDatapoints": [{"timestamp": "2026-11-24T05:40:00.000+0000", "value": 60.0}],
    }


def test_state_follows_the_data_and_tells_each_transition_once(desk: Desk) -> None:
    desk.put_alarm()
    for number, value in enumerate([10.0, 60.0, 70.0, 10.0]):
        desk.record(value, minute=number)
    desk.pass_by(10)
    assert desk.states() == ["OK", "ALARM", "OK", INSUFFICIENT]


def test_last_points_are_evaluated_again_until_they_leave_the_range(desk: Desk) -> None:
    desk.put_alarm()
    desk.record(60.0, minute=0)
    desk.pass_by(3)
    assert desk.alarm()["StateValue"] == "ALARM"  # 2 periods beyond the only one that is needed
    desk.pass_by(1)
    assert desk.alarm()["StateValue"] == INSUFFICIENT
    assert desk.alarm()["StateReason"] == "Insufficient Data: 1 datapoint was unknown."


def test_samples_before_the_creation_of_an_alarm_count(desk: Desk) -> None:
    desk.record(60.0, minute=-1)
    desk.put_alarm()
    desk.pass_by(1 / 6)
    assert desk.alarm()["StateValue"] == "ALARM"


def test_two_of_three_needs_two(desk: Desk) -> None:
    desk.put_alarm(EvaluationPeriods=3, DatapointsToAlarm=2)
    for number, value in enumerate([60.0, 10.0, 20.0, 70.0, 10.0, 80.0]):
        desk.record(value, minute=number)
    desk.pass_by(5)
    assert desk.alarm()["StateValue"] == "OK"
    desk.pass_by(1)
    alarm = desk.alarm()
    assert alarm["StateValue"] == "ALARM"
    assert alarm["StateReason"] == (
        "Threshold Crossed: 2 out of the last 3 datapoints [80.0 (24/11/26 05:45:00), 70.0 "
        "(24/11/26 05:43:00)] were greater than the threshold (50.0) (minimum 2 datapoints for "
        "OK -> ALARM transition)."
    )


def test_missing_heartbeat_alarms_when_missing_is_breaching(desk: Desk) -> None:
    desk.put_alarm(
        Threshold=1.0, ComparisonOperator="LessThanThreshold", TreatMissingData="breaching"
    )
    desk.record(1.0, minute=0)
    desk.pass_by(3)
    assert desk.alarm()["StateValue"] == "OK"
    desk.pass_by(1)
    alarm = desk.alarm()
    assert alarm["StateValue"] == "ALARM"
    assert alarm["StateReason"] == (
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was "
        "treated as [Breaching]."
    )


def test_ignored_missing_data_keep_the_state(desk: Desk) -> None:
    desk.put_alarm(TreatMissingData="ignore")
    desk.record(60.0, minute=0)
    desk.pass_by(10)
    assert desk.states() == ["ALARM"]


def test_dynamodb_alarm_ignores_missing_data_whatever_was_asked(desk: Desk) -> None:
    desk.put_alarm(Namespace="AWS/DynamoDB", TreatMissingData="breaching")
    desk.pass_by(5)
    assert desk.states() == []


def test_alarm_reads_its_exact_dimensions_only(desk: Desk) -> None:
    desk.put_alarm()
    desk.record(60.0, minute=0, dimensions={"Variant": "stable"})
    desk.record(60.0, minute=0, dimensions={"Variant": "canary", "EndpointName": "completion"})
    desk.pass_by(2)
    assert desk.states() == []


def test_long_period_is_evaluated_every_minute_on_the_time_before_it(desk: Desk) -> None:
    desk.put_alarm(Period=300)
    desk.record(30.0, minute=2)
    desk.record(30.0, minute=6)
    desk.pass_by(7)
    alarm = desk.alarm()
    assert alarm["StateValue"] == "ALARM"
    assert "[60.0 (24/11/26 05:42:00)]" in alarm["StateReason"]


def test_short_period_is_evaluated_every_ten_seconds(desk: Desk) -> None:
    desk.put_alarm(Period=10)
    desk.call(
        "PutMetricData",
        Namespace="Test",
        MetricData=[
            {
                "MetricName": "Errors",
                "Dimensions": [{"Name": "Variant", "Value": "canary"}],
                "Value": 60.0,
                "StorageResolution": 1,
            }
        ],
    )
    desk.pass_by(1 / 6)
    assert desk.states() == ["ALARM"]


def test_expression_is_what_the_alarm_watches(desk: Desk) -> None:
    desk.put_math_alarm("m1 / m2", Threshold=0.05)
    for number, errors in enumerate([1.0, 6.0]):
        desk.record(errors, minute=number)
        desk.record(100.0, minute=number, name="Requests")
    desk.pass_by(2)
    assert desk.states() == ["OK", "ALARM"]
    assert "[0.06 (24/11/26 05:41:00)]" in desk.alarm()["StateReason"]
    assert "statistic" not in json.loads(desk.alarm()["StateReasonData"])


def test_division_by_no_requests_is_a_missing_point(desk: Desk) -> None:
    desk.put_math_alarm("m1 / m2", TreatMissingData="missing")
    desk.record(5.0, minute=0)
    desk.pass_by(2)
    assert desk.states() == []


def test_percentile_with_few_samples_keeps_the_state_if_so_asked(desk: Desk) -> None:
    stat = {"Statistic": None, "ExtendedStatistic": "p90"}
    desk.put_alarm(**stat, EvaluateLowSampleCountPercentile="ignore")
    desk.put_alarm(**stat, AlarmName="always", EvaluateLowSampleCountPercentile="evaluate")
    desk.record(*[60.0] * 99, minute=0)
    desk.pass_by(1)
    assert desk.alarm()["StateValue"] == INSUFFICIENT
    assert desk.alarm("always")["StateValue"] == "ALARM"
    desk.record(*[60.0] * 100, minute=1)
    desk.pass_by(1)
    assert desk.alarm()["StateValue"] == "ALARM"


def test_forced_state_runs_and_the_next_evaluation_sets_it_right(desk: Desk) -> None:
    desk.put_alarm(AlarmActions=[TOPIC])
    desk.record(10.0, minute=0)
    desk.pass_by(1)
    desk.call("SetAlarmState", AlarmName="errors", StateValue="ALARM", StateReason="drill")
    assert (desk.alarm()["StateValue"], desk.alarm()["StateReason"]) == ("ALARM", "drill")
    assert "StateReasonData" not in desk.alarm()
    desk.pass_by(1)
    assert desk.states() == ["OK", "ALARM", "OK"]
    assert len(desk.cloud.sns.published) == 1


def test_forcing_the_state_that_is_takes_no_action(desk: Desk) -> None:
    desk.put_alarm(InsufficientDataActions=[TOPIC])
    desk.cloud.hands.seconds = 30
    desk.call("SetAlarmState", AlarmName="errors", StateValue=INSUFFICIENT, StateReason="again")
    desk.pass_by(1 / 6)
    assert (desk.cloud.events, desk.cloud.sns.published) == ([], [])
    alarm = desk.alarm()
    assert alarm["StateUpdatedTimestamp"] == START + timedelta(seconds=30)
    assert alarm["StateTransitionedTimestamp"] == START


def test_state_that_stays_keeps_its_times_and_reason(desk: Desk) -> None:
    desk.put_alarm()
    for number in range(5):
        desk.record(60.0 + number, minute=number)
    desk.pass_by(1)
    before = desk.alarm()
    desk.pass_by(4)
    assert desk.alarm() == before
    assert before["StateTransitionedTimestamp"] == START + timedelta(minutes=1)


def test_replaced_alarm_keeps_its_state_and_is_evaluated_anew(desk: Desk) -> None:
    desk.put_alarm()
    desk.record(60.0, minute=0)
    desk.pass_by(1)
    desk.put_alarm(Threshold=100.0)
    assert (desk.alarm()["StateValue"], desk.alarm()["Threshold"]) == ("ALARM", 100.0)
    desk.pass_by(1 / 6)
    assert desk.alarm()["StateValue"] == "OK"


def test_samples_in_two_units_are_an_evaluation_error_that_passes(desk: Desk) -> None:
    desk.put_alarm()
    desk.record(60.0, minute=0, unit="Count")
    desk.record(60.0, minute=0, unit="Percent")
    desk.pass_by(1)
    alarm = desk.alarm()
    assert (alarm["StateValue"], alarm["EvaluationState"]) == (INSUFFICIENT, "EVALUATION_ERROR")
    assert "Count, Percent" in alarm["StateReason"]
    desk.pass_by(3)
    assert "EvaluationState" not in desk.alarm()
    assert desk.alarm()["StateReason"] == "Insufficient Data: 1 datapoint was unknown."


@pytest.mark.parametrize("replaced", [True, False])
def test_result_for_an_alarm_that_was_replaced_or_deleted_meanwhile_is_dropped(
    desk: Desk, *, replaced: bool
) -> None:
    desk.put_alarm()
    desk.record(60.0, minute=0)
    desk.cloud.hands.seconds = 60
    (due,) = desk.watch._book.due()
    standing = desk.watch._evaluator._standing(due)
    desk.call("DeleteAlarms", AlarmNames=["errors"])
    if replaced:
        desk.put_alarm(Threshold=100.0)
    desk.watch._book.settle(due.settings, standing)
    alarms = desk.call("DescribeAlarms")["MetricAlarms"]
    assert [alarm["StateValue"] for alarm in alarms] == [INSUFFICIENT] * replaced
