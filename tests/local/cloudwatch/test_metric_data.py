"""PutMetricData: what is stored, and what is refused."""

from typing import Any

import pytest

from infra.local.ports import AwsError, Params

from .fakes import CANARY, STABLE, START, Desk, minute


def put(desk: Desk, **datum: Any) -> None:
    desk.call("PutMetricData", Namespace="Test", MetricData=[{"MetricName": "Errors"} | datum])


def test_value_values_and_statistic_set_add_up(desk: Desk) -> None:
    put(desk, Value=1.0, Timestamp=minute(0))
    put(desk, Values=[2.0, 4.0], Counts=[3.0, 1.0], Timestamp=minute(0.5))
    statistic_set = {"SampleCount": 2.0, "Sum": 9.0, "Minimum": 4.0, "Maximum": 5.0}
    put(desk, StatisticValues=statistic_set, Timestamp=minute(0.9))
    stats = ["SampleCount", "Sum", "Minimum", "Maximum"]
    found = desk.call(
        "GetMetricStatistics",
        Namespace="Test",
        MetricName="Errors",
        StartTime=minute(0),
        EndTime=minute(1),
        Period=60,
        Statistics=stats,
    )
    (point,) = found["Datapoints"]
    assert [point[stat] for stat in stats] == [7, 20, 1, 5]
    assert (point["Timestamp"], point["Unit"], found["Label"]) == (START, "None", "Errors")


def test_sample_without_timestamp_is_stamped_by_the_virtual_clock(desk: Desk) -> None:
    desk.cloud.hands.seconds = 200
    put(desk, Value=1.0, Dimensions=CANARY)
    found = desk.call(
        "GetMetricStatistics",
        Namespace="Test",
        MetricName="Errors",
        Dimensions=CANARY,
        StartTime=minute(0),
        EndTime=minute(10),
        Period=60,
        Statistics=["Sum"],
    )
    assert [point["Timestamp"] for point in found["Datapoints"]] == [minute(3)]


@pytest.mark.parametrize(
    ("datum", "code"),
    [
        ({}, "InvalidParameterCombination"),
        ({"Value": 1.0, "Values": [1.0]}, "InvalidParameterCombination"),
        ({"Value": 2.0**361}, "InvalidParameterValue"),
        ({"Values": []}, "InvalidParameterValue"),
        ({"Values": [1.0] * 151}, "InvalidParameterValue"),
        ({"Values": [1.0, 2.0], "Counts": [1.0]}, "InvalidParameterValue"),
        ({"Values": [1.0], "Counts": [0.0]}, "InvalidParameterValue"),
        ({"Value": 1.0, "Timestamp": minute(-14 * 1440 - 1)}, "InvalidParameterValue"),
        ({"Value": 1.0, "Timestamp": minute(121)}, "InvalidParameterValue"),
        ({"Value": 1.0, "StorageResolution": 10}, "InvalidParameterValue"),
        ({"Value": 1.0, "Dimensions": CANARY + STABLE}, "InvalidParameterValue"),
        (
            {"StatisticValues": {"SampleCount": 1.0, "Sum": 1.0, "Minimum": 2.0, "Maximum": 1.0}},
            "InvalidParameterValue",
        ),
    ],
)
def test_sample_that_is_not_acceptable_is_refused_and_nothing_is_stored(
    desk: Desk, datum: Params, code: str
) -> None:
    good = {"MetricName": "Good", "Value": 1.0}
    data = [good, {"MetricName": "Errors"} | datum]
    with pytest.raises(AwsError) as caught:
        desk.call("PutMetricData", Namespace="Test", MetricData=data)
    assert caught.value.code == code
    assert desk.call("ListMetrics")["Metrics"] == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_value_that_is_no_finite_number_is_refused(desk: Desk, value: float) -> None:
    with pytest.raises(AwsError, match="finite number"):
        desk.watch.call(
            "PutMetricData",
            {"Namespace": "Test", "MetricData": [{"MetricName": "Errors", "Value": value}]},
        )
    with pytest.raises(AwsError, match="finite number"):
        desk.record(value)


def test_sample_two_weeks_ago_or_two_hours_ahead_is_stored(desk: Desk) -> None:
    put(desk, Value=1.0, Timestamp=minute(-14 * 1440))
    put(desk, Value=1.0, Timestamp=minute(120))


def test_entities_are_refused_loudly(desk: Desk) -> None:
    with pytest.raises(AwsError, match="EntityMetricData"):
        desk.call(
            "PutMetricData",
            Namespace="Test",
            EntityMetricData=[{"MetricData": [{"MetricName": "Errors", "Value": 1.0}]}],
        )
