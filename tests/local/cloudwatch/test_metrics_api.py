"""ListMetrics and GetMetricStatistics."""

from typing import Any

import pytest

from infra.local.ports import AwsError, Params

from .fakes import CANARY, STABLE, START, Desk, minute


def put(desk: Desk, **datum: Any) -> None:
    desk.call("PutMetricData", Namespace="Test", MetricData=[{"MetricName": "Errors"} | datum])


def test_metrics_are_listed_by_exact_name_and_contained_dimensions(desk: Desk) -> None:
    for dimensions in (CANARY, STABLE, [*CANARY, {"Name": "EndpointName", "Value": "e"}]):
        put(desk, Value=1.0, Dimensions=dimensions)
    desk.call("PutMetricData", Namespace="Test/2", MetricData=[{"MetricName": "E", "Value": 1.0}])

    def listed(**params: Any) -> int:
        return len(desk.call("ListMetrics", **params)["Metrics"])

    assert listed() == 4
    assert listed(Namespace="Test") == 3
    assert listed(MetricName="Error") == 0
    assert listed(Dimensions=[{"Name": "Variant"}]) == 3
    assert listed(Dimensions=CANARY) == 2
    assert listed(Dimensions=[*CANARY, {"Name": "EndpointName"}]) == 1


def test_list_of_metrics_comes_in_pages(desk: Desk) -> None:
    for number in range(501):
        desk.record(1.0, name=f"m{number:03}")
    first = desk.call("ListMetrics")
    second = desk.call("ListMetrics", NextToken=first["NextToken"])
    assert (len(first["Metrics"]), len(second["Metrics"])) == (500, 1)
    assert "NextToken" not in second


def test_foreign_token_is_refused(desk: Desk) -> None:
    with pytest.raises(AwsError, match="was not given out here") as caught:
        desk.call("ListMetrics", NextToken="next")
    assert caught.value.code == "InvalidNextToken"


def test_recently_active_metrics_have_a_sample_in_three_hours(desk: Desk) -> None:
    desk.record(1.0, minute=-181, name="Old")
    desk.record(1.0, minute=-179, name="New")
    (metric,) = desk.call("ListMetrics", RecentlyActive="PT3H")["Metrics"]
    assert metric["MetricName"] == "New"


def test_statistics_are_answered_for_each_unit_by_itself(desk: Desk) -> None:
    put(desk, Value=1.0, Unit="Count")
    put(desk, Value=0.5, Unit="Percent")
    found = desk.call(
        "GetMetricStatistics",
        Namespace="Test",
        MetricName="Errors",
        StartTime=minute(0),
        EndTime=minute(1),
        Period=60,
        Statistics=["Sum"],
        ExtendedStatistics=["p50"],
    )
    assert [(p["Unit"], p["Sum"]) for p in found["Datapoints"]] == [("Count", 1), ("Percent", 0.5)]
    assert found["Datapoints"][0]["ExtendedStatistics"] == {"p50": 1.0}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Statistics": None}, "MissingParameter"),
        ({"Period": 90}, "InvalidParameterValue"),
        ({"Period": 5}, "NotImplemented"),
        ({"EndTime": START}, "InvalidParameterValue"),
        ({"EndTime": minute(1441)}, "InvalidParameterCombination"),
        ({"ExtendedStatistics": ["median"]}, "InvalidParameterValue"),
    ],
)
def test_request_for_statistics_that_makes_no_sense_is_refused(
    desk: Desk, changes: Params, code: str
) -> None:
    params = {
        "Namespace": "Test",
        "MetricName": "Errors",
        "StartTime": START,
        "EndTime": minute(1),
        "Period": 60,
        "Statistics": ["Sum"],
    } | changes
    with pytest.raises(AwsError) as caught:
        desk.call("GetMetricStatistics", **{k: v for k, v in params.items() if v is not None})
    assert caught.value.code == code
