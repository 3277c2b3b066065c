"""What metric math refuses: it is never guessed, and never run as Python."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.cloudwatch.math_functions import Scope
from infra.local.cloudwatch.metric_math import parse
from infra.local.cloudwatch.series import Series
from infra.local.ports import AwsError


def calculate(text: str) -> None:
    """Evaluate on five minutes of m1, all 1, and an empty m2."""
    ones = Series(dict.fromkeys(range(0, 300, 60), 1.0))
    scope = Scope({"m1": ones, "m2": Series({})}, ["m1", "m2"], range(0, 300, 60))
    parse(text).evaluate(scope, {"m1": 60, "m2": 60})


@pytest.mark.parametrize("function", ["STDDEV", "SORT", "SEARCH", "ANOMALY_DETECTION_BAND", "DAY"])
def test_function_that_only_aws_has_is_refused_by_name(function: str) -> None:
    with pytest.raises(AwsError, match=f"does not emulate the metric math function {function}"):
        parse(f"{function}(m1)")


def test_metrics_insights_query_is_refused() -> None:
    with pytest.raises(AwsError, match="does not emulate Metrics Insights"):
        parse('SELECT AVG(CPUUtilization) FROM "AWS/EC2"')


@pytest.mark.parametrize(
    "text",
    [
        "",
        "m1 +",
        "m1 m2",
        "m1 ** 2",
        "m1[0]",
        "(m1, m2)",
        "m1 if m2",
        "m1.real",
        "f'{m1}'",
        "m1; m2",
        "__import__('os')",
        "SUM(*m1)",
        "SUM(m1=2)",
        "SUM(m1)(m2)",
        "m1 := 2",
        "~m1",
        "+m1",
        "m1 % 2",
        "not m1",
        "sum(m1)",
        "EVAL(m1)",
        "m1 < m2 < m1",
        "(" * 300 + "m1" + ")" * 300,
        "µ1 + 1",
        "m1\\",
        "m1 @ m2",
        "'m1",
        "{m1}",
        "[m1 for m1 in m2]",
        "-" * 2000 + "m1",
    ],
)
def test_anything_else_than_metric_math_is_refused(text: str) -> None:
    with pytest.raises(AwsError):
        calculate(text)


@pytest.mark.parametrize("text", ["5", "SUM(m1)", "1 > 0", "PERIOD(m1)", "9" * 400])
def test_scalar_result_is_refused(text: str) -> None:
    with pytest.raises(AwsError, match=r"not valid|scalar"):
        calculate(text)


@pytest.mark.parametrize(
    "text",
    [
        "METRICS() + METRICS()",
        "FILL(m1)",
        "FILL(m1, NONSENSE)",
        "IF(1, 2, 3)",
        "ABS(5)",
        "ABS('m1')",
        "[1, m1]",
        "PERIOD(m1 + 1)",
        "TIME_SERIES(m1)",
        "METRICS(m1)",
        "SUM(m1, m1)",
        "REPEAT + m1",
    ],
)
def test_wrong_operands_are_refused_with_the_expression(text: str) -> None:
    with pytest.raises(AwsError) as caught:
        calculate(text)
    assert repr(text) in caught.value.message


@given(st.text("m12 +-*/^()[],.<>=&|ANDORIFSUM'\"", max_size=40))
def test_no_text_makes_anything_but_a_result_or_an_aws_error(text: str) -> None:
    try:
        calculate(text)
    except AwsError:
        return
