"""GetMetricData: queries, metric math, pages."""

from datetime import UTC
from typing import Any

import pytest

from infra.local.ports import AwsError, Params

from .fakes import CANARY, STABLE, Desk, minute


def query(name: str, stat: str = "Sum", dimensions: Any = CANARY, **more: Any) -> Params:
    metric = {"Namespace": "Test", "MetricName": "Errors", "Dimensions": dimensions}
    return {"Id": name, "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}} | more


def get(desk: Desk, *queries: Params, **more: Any) -> list[Params]:
    params = {"StartTime": minute(0), "EndTime": minute(10), "ScanBy": "TimestampAscending"} | more
    answer = desk.call("GetMetricData", MetricDataQueries=list(queries), **params)
    return list(answer["MetricDataResults"])


def values(desk: Desk, *queries: Params, **more: Any) -> dict[str, list[float]]:
    return {result["Id"]: result["Values"] for result in get(desk, *queries, **more)}


def test_queries_answer_each_minute_of_the_exact_metric(desk: Desk) -> None:
    desk.record(1.0, 2.0, minute=0)
    desk.record(4.0, minute=2)
    desk.record(9.0, minute=2, dimensions={"Variant": "stable"})
    result = get(desk, query("m1"))[0]
    assert (result["Timestamps"], result["Values"]) == ([minute(0), minute(2)], [3.0, 4.0])
    assert (result["Label"], result["StatusCode"]) == ("Errors", "Complete")
    assert values(desk, query("m1", dimensions=STABLE)) == {"m1": [9.0]}
    assert values(desk, query("m1", dimensions=[])) == {"m1": []}


def test_bands_of_latency_make_a_histogram(desk: Desk) -> None:
    desk.record(5.0, 10.0, 15.0, 20.0, 30.0)
    bands = ["TC(:10)", "TC(10:20)", "TC(20:)"]
    found = values(desk, *[query(f"b{n}", band) for n, band in enumerate(bands)])
    assert found == {"b0": [2.0], "b1": [2.0], "b2": [1.0]}


def test_points_come_newest_first_unless_asked_otherwise(desk: Desk) -> None:
    desk.record(1.0, minute=0)
    desk.record(2.0, minute=1)
    assert values(desk, query("m1"), ScanBy="TimestampDescending") == {"m1": [2.0, 1.0]}
    params = {"StartTime": minute(0), "EndTime": minute(10)}
    answer = desk.call("GetMetricData", MetricDataQueries=[query("m1")], **params)
    assert answer["MetricDataResults"][0]["Values"] == [2.0, 1.0]


def test_start_is_rounded_down_to_the_minute_and_the_end_is_exclusive(desk: Desk) -> None:
    for number in range(4):
        desk.record(float(number), minute=number)
    assert values(desk, query("m1"), StartTime=minute(1.9), EndTime=minute(3)) == {"m1": [1, 2]}


def test_expression_reads_metrics_and_other_expressions(desk: Desk) -> None:
    desk.record(1.0, minute=0)
    desk.record(10.0, minute=0, dimensions={"Variant": "stable"})
    queries: list[Params] = [
        {"Id": "e2", "Expression": "e1 * 100", "Label": "per cent"},
        {"Id": "e1", "Expression": "m1 / m2", "ReturnData": False},
        query("m1", ReturnData=False),
        query("m2", dimensions=STABLE, ReturnData=False),
    ]
    (result,) = get(desk, *queries)
    assert (result["Id"], result["Label"], result["Values"]) == ("e2", "per cent", [10.0])


def test_all_metrics_are_those_of_the_request_without_expressions(desk: Desk) -> None:
    desk.record(1.0, minute=0)
    queries: list[Params] = [
        {"Id": "a", "Expression": "m1 * 10"},
        {"Id": "b", "Expression": "SUM(METRICS())"},
        query("m1", ReturnData=False),
        query("m2", "SampleCount", ReturnData=False),
    ]
    assert values(desk, *queries) == {"a": [10.0], "b": [2.0]}


def test_filled_series_has_a_point_for_each_period_of_the_range(desk: Desk) -> None:
    desk.record(1.0, minute=1)
    found = values(desk, query("m1"), {"Id": "e1", "Expression": "FILL(m1, 0)"}, EndTime=minute(3))
    assert found["e1"] == [0.0, 1.0, 0.0]


def test_array_of_series_gives_a_result_for_each(desk: Desk) -> None:
    desk.record(1.0, minute=0)
    queries = [
        query("m1", Label="canary", ReturnData=False),
        query("m2", dimensions=STABLE, Label="stable", ReturnData=False),
        {"Id": "e1", "Expression": "METRICS() * 2", "Label": "twice"},
    ]
    results = [(r["Id"], r["Label"], r["Values"]) for r in get(desk, *queries)]
    assert results == [("e1", "twice canary", [2.0]), ("e1", "twice stable", [])]


def test_results_come_in_pages_of_so_many_points(desk: Desk) -> None:
    for number in range(5):
        desk.record(float(number), minute=number)
    queries = [query("m1"), query("m2", "SampleCount")]
    pages: list[list[tuple[str, list[float], str]]] = []
    token: dict[str, str] = {}
    while True:
        answer = desk.call(
            "GetMetricData",
            MetricDataQueries=queries,
            StartTime=minute(0),
            EndTime=minute(10),
            ScanBy="TimestampAscending",
            MaxDatapoints=4,
            **token,
        )
        results = answer["MetricDataResults"]
        pages.append([(r["Id"], r["Values"], r["StatusCode"]) for r in results])
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert pages == [
        [("m1", [0, 1, 2, 3], "PartialData")],
        [("m1", [4], "Complete"), ("m2", [1, 1, 1], "PartialData")],
        [("m2", [1, 1], "Complete")],
    ]


E1 = {"Id": "e1", "Expression": "m1 + 1"}


@pytest.mark.parametrize(
    ("queries", "match"),
    [
        ([], "1 to 500"),
        ([query(f"m{n}") for n in range(501)], "501 queries"),
        ([query("M1")], "lowercase letter"),
        ([query("m1"), query("m1")], "used by two queries"),
        ([E1], "unknown ids .m1"),
        ([{"Id": "e1", "Expression": "e2"}, {"Id": "e2", "Expression": "e1"}], "a cycle"),
        ([query("m1", Expression="m2")], "one of MetricStat and Expression"),
        ([{"Id": "m1"}], "one of MetricStat and Expression"),
        ([query("m1", "Avg")], "'Avg' for parameter Stat"),
        ([query("m1", AccountId="111111111111")], "another account"),
        ([query("m1", Label="${MAX}")], "dynamic labels"),
        ([query("m1", Period=300)], "two Periods"),
        ([query("m1"), E1 | {"Period": 300}], "different periods"),
        ([query("m1"), {"Id": "e1", "Expression": "SUM(m1)"}], "scalar"),
        ([{"Id": "m1", "MetricStat": {"Metric": {}, "Period": 60, "Stat": "Sum"}}], "no Namespace"),
    ],
)
def test_queries_that_make_no_sense_are_refused(
    desk: Desk, queries: list[Params], match: str
) -> None:
    with pytest.raises(AwsError, match=match):
        get(desk, *queries)


def test_samples_in_two_units_are_an_error_unless_one_is_named(desk: Desk) -> None:
    desk.record(1.0, unit="Count")
    desk.record(2.0, unit="Percent")
    with pytest.raises(AwsError, match="Count, Percent"):
        get(desk, query("m1"))
    named = query("m1")
    named["MetricStat"]["Unit"] = "Percent"
    assert values(desk, named) == {"m1": [2.0]}


def test_times_of_answers_are_aware(desk: Desk) -> None:
    desk.record(1.0)
    (at,) = get(desk, query("m1"))[0]["Timestamps"]
    assert at.tzinfo is UTC


@pytest.mark.parametrize(
    ("fine", "period", "expected"),
    [
        (True, 10, [1.0, 5.0, 9.0]),
        (True, 30, [6.0, 9.0]),
        (True, 60, [15.0]),
        (False, 10, [15.0]),
    ],
)
def test_periods_below_a_minute_show_what_was_recorded_finely(
    desk: Desk, *, fine: bool, period: int, expected: list[float]
) -> None:
    for minutes, value in ((0.0, 1.0), (0.25, 5.0), (0.9, 9.0)):
        desk.record(value, minute=minutes, fine=fine)
    asked = query("m1")
    asked["MetricStat"]["Period"] = period
    assert values(desk, asked) == {"m1": expected}
