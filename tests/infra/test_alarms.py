"""The per-variant alarms say what the file says, in CloudWatch's own terms."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from infra.alarms import variant_alarms
from infra.model_file import Alarms

TOPIC = "arn:aws:sns:eu-west-1:000000000000:steelyard-local-pages"
ALARMS = Alarms(
    error_rate_percent=2.5,
    p99_latency=timedelta(milliseconds=1500),
    datapoints_to_alarm=3,
    evaluation_periods=5,
)


@pytest.fixture(scope="module")
def definitions() -> dict[str, dict[str, Any]]:
    """The definitions by metric."""
    return {d["metric"]: d for d in variant_alarms(ALARMS, "chat", TOPIC)}


@pytest.mark.parametrize("metric", ["errors", "slow"])
def test_definition_is_what_put_metric_alarm_takes(
    definitions: dict[str, dict[str, Any]], metric: str
) -> None:
    service = botocore.session.get_session().get_service_model("cloudwatch")
    accepted = service.operation_model("PutMetricAlarm").input_shape
    assert accepted is not None
    arguments = {k: v for k, v in definitions[metric].items() if k != "metric"}
    report = ParamValidator().validate(arguments | {"AlarmName": "x"}, accepted)
    assert report.generate_report() == ""


def test_errors_are_a_percentage_of_requests(definitions: dict[str, dict[str, Any]]) -> None:
    alarm = definitions["errors"]
    returned, *inputs = alarm["Metrics"]
    assert (returned["Expression"], returned["ReturnData"]) == ("100*e/i", True)
    assert alarm["Threshold"] == 2.5
    assert {
        m["Id"]: (m["MetricStat"]["Metric"]["MetricName"], m["MetricStat"]["Stat"]) for m in inputs
    } == {"e": ("Invocation5XXErrors", "Sum"), "i": ("Invocations", "Sum")}
    assert {(m["MetricStat"]["Period"], m["ReturnData"]) for m in inputs} == {(60, False)}


def test_latency_is_a_percentile_in_microseconds(definitions: dict[str, dict[str, Any]]) -> None:
    alarm = definitions["slow"]
    assert (alarm["MetricName"], alarm["ExtendedStatistic"]) == ("ModelLatency", "p99")
    assert (alarm["Threshold"], alarm["Period"]) == (1_500_000.0, 60)


@pytest.mark.parametrize("metric", ["errors", "slow"])
def test_alarm_needs_m_of_n_minutes_and_calls_people(
    definitions: dict[str, dict[str, Any]], metric: str
) -> None:
    alarm = definitions[metric]
    assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (3, 5)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert alarm["AlarmActions"] == [TOPIC]


@pytest.mark.parametrize("metric", ["errors", "slow"])
def test_missing_data_is_neither_healthy_nor_harm(
    definitions: dict[str, dict[str, Any]], metric: str
) -> None:
    assert definitions[metric]["TreatMissingData"] == "missing"


@pytest.mark.parametrize(("metric", "places"), [("errors", 2), ("slow", 1)])
def test_variant_is_left_open_in_each_metrics_dimensions(
    definitions: dict[str, dict[str, Any]], metric: str, places: int
) -> None:
    open_dimension = {"Name": "VariantName", "Value": "{variant}"}
    text = json.dumps(definitions[metric])
    assert text.count(json.dumps(open_dimension)) == places
    assert text.count("{variant}") == places
