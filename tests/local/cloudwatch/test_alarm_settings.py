"""Alarms that AWS or the local cloud would not take."""

import pytest

from infra.local.ports import AwsError, Params

from .fakes import Desk


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"Statistic": None}, "one of Statistic and ExtendedStatistic"),
        ({"ExtendedStatistic": "p99"}, "one of Statistic and ExtendedStatistic"),
        ({"Statistic": None, "ExtendedStatistic": "tm99"}, "does not emulate the statistic"),
        ({"Statistic": None, "ExtendedStatistic": "q99"}, "'q99'"),
        ({"MetricName": None}, "MetricName is required"),
        ({"Period": None}, "Period is required"),
        ({"Threshold": None}, "Threshold is required"),
        ({"EvaluationPeriods": None}, "EvaluationPeriods is required"),
        ({"ComparisonOperator": None}, "ComparisonOperator is required"),
        ({"Period": 90}, "multiple of 60"),
        ({"Period": 5}, "periods below 10 seconds"),
        ({"EvaluationPeriods": 1441}, "at most 1440 periods of 60 s"),
        ({"EvaluationPeriods": 2, "DatapointsToAlarm": 3}, "at most EvaluationPeriods, 2"),
        ({"TreatMissingData": "breach"}, "'breach'"),
        ({"EvaluateLowSampleCountPercentile": "ignore"}, "an alarm on a percentile"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "anomaly detection"),
        ({"ThresholdMetricId": "ad1"}, "ThresholdMetricId"),
        ({"EvaluationInterval": 60}, "EvaluationInterval"),
        ({"AlarmName": "a\nb"}, "control characters"),
        ({"AlarmActions": ["arn:aws:automate:eu-west-1:ec2:stop"]}, "does not emulate the action"),
        ({"Metrics": [{"Id": "m1", "Expression": "1"}]}, "can't be given together"),
    ],
)
def test_alarm_that_makes_no_sense_is_refused(desk: Desk, changes: Params, match: str) -> None:
    with pytest.raises(AwsError, match=match):
        desk.put_alarm(**changes)
    assert desk.call("DescribeAlarms")["MetricAlarms"] == []


@pytest.mark.parametrize(
    ("expression", "match"),
    [
        ("METRICS()", "one time series"),
        ("SUM(m1)", "scalar"),
        ("m1 + m3", "m3"),
        ("m1 +", "syntax"),
    ],
)
def test_expression_that_gives_no_series_is_refused(
    desk: Desk, expression: str, match: str
) -> None:
    with pytest.raises(AwsError, match=match):
        desk.put_math_alarm(expression)
