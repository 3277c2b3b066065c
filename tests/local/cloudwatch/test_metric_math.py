"""Metric math against direct computation and AWS's documented examples."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.cloudwatch.math_functions import Scope
from infra.local.cloudwatch.metric_math import parse
from infra.local.cloudwatch.series import Series, Value
from infra.local.ports import AwsError

GRID = range(0, 300, 60)
Row = list[float | None]


def series(row: Row) -> Series:
    """A series of one point a minute; None where there is none."""
    pairs = zip(range(0, 60 * len(row), 60), row, strict=True)
    return Series({at: float(value) for at, value in pairs if value is not None})


def row(result: Series | list[Series]) -> Row:
    assert isinstance(result, Series)
    return [result.points.get(at) for at in GRID]


def calculate(text: str, **metrics: Row) -> Series | list[Series]:
    values: dict[str, Value] = {name: series(values) for name, values in metrics.items()}
    scope = Scope(values, list(metrics), GRID)
    return parse(text).evaluate(scope, dict.fromkeys(metrics, 60))


NUMBER = st.integers(-9, 9).map(float)
ROW = st.lists(st.none() | NUMBER, min_size=5, max_size=5)


@given(ROW, ROW, st.sampled_from("+-*"))
def test_operator_counts_a_missing_point_as_zero_beside_an_existing_one(
    left: Row, right: Row, sign: str
) -> None:
    expected = [
        None if x is None and y is None else eval(f"({x or 0.0}) {sign} ({y or 0.0})")  # noqa: S307
        for x, y in zip(left, right, strict=True)
    ]
    assert row(calculate(f"m1 {sign} m2", m1=left, m2=right)) == expected


@given(ROW, NUMBER)
def test_scalar_makes_no_point_where_there_is_none(left: Row, scalar: float) -> None:
    expected = [None if x is None else x + scalar for x in left]
    assert (
        row(calculate(f"m1 + {scalar}" if scalar >= 0 else f"m1 - {-scalar}", m1=left)) == expected
    )


@given(ROW, ROW)
def test_division_by_zero_drops_the_point(left: Row, right: Row) -> None:
    expected = [(x or 0.0) / y if y else None for x, y in zip(left, right, strict=True)]
    assert row(calculate("m1 / m2", m1=left, m2=right)) == expected


@given(ROW, ROW, ROW)
def test_reductions_of_an_array_take_the_points_of_each_time(a: Row, b: Row, c: Row) -> None:
    present = [[v for v in each if v is not None] for each in zip(a, b, c, strict=True)]
    metrics = {"m1": a, "m2": b, "m3": c}
    for name, function in (("SUM", sum), ("MIN", min), ("MAX", max)):
        expected = [function(each) if each else None for each in present]
        assert row(calculate(f"{name}([m1, m2, m3])", **metrics)) == expected
        assert row(calculate(f"{name}(METRICS())", **metrics)) == expected
    averages = [sum(each) / 3 if each else None for each in present]
    assert row(calculate("AVG(METRICS())", **metrics)) == pytest.approx(averages)


@given(ROW)
def test_reduction_of_a_series_is_a_scalar_of_its_points(values: Row) -> None:
    present = [v for v in values if v is not None]
    total = row(calculate("m1 * 0 + SUM(m1)", m1=values))
    assert total == [None if v is None else sum(present) for v in values]
    mean = row(calculate("m1 * 0 + AVG(m1)", m1=values))
    assert mean == pytest.approx(
        [None if v is None else sum(present) / len(present) for v in values]
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [  # the examples of the user guide, "Comparison and logical operators"
        ("metric1 < metric2", [0, 0, 1, 0, None]),
        ("metric1 >= 30", [1, 0, 0, 0, None]),
        ("metric1 > 15 AND metric2 > 15", [1, 0, 0, 0, None]),
        ("metric1 > 15 && metric2 > 15", [1, 0, 0, 0, None]),
        ("metric1 == 20 OR metric2 == 20", [1, 1, 1, 0, None]),
        ("metric1 == 20 || metric2 != 20", [0, 1, 0, 0, None]),
    ],
)
def test_comparisons_give_the_documented_results(text: str, expected: Row) -> None:
    metrics: dict[str, Row] = {
        "metric1": [30, 20, 0, 0, None],
        "metric2": [20, None, 20, None, None],
    }
    assert row(calculate(text, **metrics)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [  # the examples of the user guide, "Using IF expressions"
        ("IF(metric1, metric2, metric3)", [30, 0, 20, None, None]),
        ("IF(metric1, 5, metric3)", [5, 5, 20, None, None]),
        ("IF(metric1, metric2, 5)", [30, 0, 5, 5, None]),
        ("IF(metric1, metric2)", [30, 0, None, None, None]),
        ("IF(1, metric2, metric3)", [30, None, 0, 0, 30]),
        ("IF(0, metric2, metric3)", [0, 0, 20, None, 20]),
        ("IF(0, metric2)", [None, None, None, None, None]),
        ("IF(metric2 < 10, 1, 2)", [2, None, 1, 1, 2]),
    ],
)
def test_if_gives_the_documented_results(text: str, expected: Row) -> None:
    metrics: dict[str, Row] = {
        "metric1": [1, 1, 0, 0, None],
        "metric2": [30, None, 0, 0, 30],
        "metric3": [0, 0, 20, None, 20],
    }
    assert row(calculate(text, **metrics)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FILL(m1, 0)", [0, 2, 0, 0, 8]),
        ("FILL(m1, REPEAT)", [None, 2, 2, 2, 8]),
        ("FILL(m1, LINEAR)", [None, 2, 4, 6, 8]),
        ("FILL(m2, LINEAR)", [None, None, 7, None, None]),
        ("FILL(m1, MIN(m1))", [2, 2, 2, 2, 8]),
        ("FILL(m1, m2)", [None, 2, 7, None, 8]),
        ("RUNNING_SUM(m1)", [None, 2, None, None, 10]),
        ("DIFF(m1)", [None, None, None, None, 6]),
        ("RATE(m1)", [None, None, None, None, 6 / 180]),
        ("m1 / PERIOD(m1)", [None, 2 / 60, None, None, 8 / 60]),
        ("m1 / METRIC_COUNT(METRICS())", [None, 1, None, None, 4]),
        ("m1 / DATAPOINT_COUNT(m1)", [None, 1, None, None, 4]),
        ("DATAPOINT_COUNT(METRICS())", [None, 1, 1, None, 1]),
        ("TIME_SERIES(MAX(m1))", [8, 8, 8, 8, 8]),
        ("ABS(-m1)", [None, 2, None, None, 8]),
        ("CEIL(m1 / 3)", [None, 1, None, None, 3]),
        ("FLOOR(m1 / 3)", [None, 0, None, None, 2]),
        ("LOG(m1)", [None, math.log(2), None, None, math.log(8)]),
        ("LOG10(m1 - 2)", [None, None, None, None, math.log10(6)]),
        ("m1 ^ 2 ^ 0.5", [None, 2**2**0.5, None, None, 8**2**0.5]),
        ("(0 - m1) ^ 0.5", [None, None, None, None, None]),
        ("10 ^ (m1 * 1000)", [None, None, None, None, None]),
        ("2 + m1 * 3 ^ 2", [None, 20, None, None, 74]),
        ("SUM(100 / [m1, 4])", None),
        ("SUM(-METRICS())", [None, -2, -7, None, -8]),
        ("SUM(METRICS('1'))", [None, 2, None, None, 8]),
        ('SUM([METRICS("1"), METRICS("2")])', [None, 2, 7, None, 8]),
    ],
)
def test_function_gives_the_expected_row(text: str, expected: Row | None) -> None:
    metrics: dict[str, Row] = {"m1": [None, 2, None, None, 8], "m2": [None, None, 7, None, None]}
    if expected is None:
        with pytest.raises(AwsError, match="array"):
            calculate(text, **metrics)
    else:
        assert row(calculate(text, **metrics)) == pytest.approx(expected)


def test_arithmetic_on_an_array_gives_an_array() -> None:
    result = calculate("METRICS() * 100", m1=[1] * 5, m2=[2] * 5)
    assert isinstance(result, list)
    assert [row(each) for each in result] == [[100.0] * 5, [200.0] * 5]


def test_ids_that_python_reserves_are_ids_like_others() -> None:
    metrics: dict[str, Row] = {"in": [1] * 5, "not": [2] * 5, "lambda": [3] * 5}
    assert row(calculate("in + not + lambda", **metrics)) == [6.0] * 5
