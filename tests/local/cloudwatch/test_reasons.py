"""Reasons in AWS's words; the forms are those that AWS and its users have published."""

import pytest

from infra.local.cloudwatch.evaluation import Missing, Point, Rule, State, evaluate
from infra.local.cloudwatch.reasons import reason

VALUES = {"0": 1.0, "X": 9.0, "-": None}
FIVE = "(01/10/19 13:05:00)"
START = 1569934800  # 1 October 2019, 13:00 UTC


def told(marks: str, least: int | None, missing: Missing = Missing.MISSING) -> str:
    """The reason for 3 periods, the last of which starts at 13:05."""
    rule = Rule("GreaterThanOrEqualToThreshold", 5.0, 3, least, missing)
    first = START + 60 * (6 - len(marks))
    points = [Point(first + 60 * place, VALUES[mark]) for place, mark in enumerate(marks)]
    outcome = evaluate(rule, points)
    text = reason(rule, outcome, outcome.state or State.OK)
    return text.removeprefix("Threshold Crossed: ")


@pytest.mark.parametrize(
    ("marks", "least", "missing", "expected"),
    [
        (
            "XXX",
            None,
            Missing.MISSING,
            (
                f"3 datapoints [9.0 {FIVE}, 9.0 (01/10/19 13:04:00), 9.0 (01/10/19 13:03:00)] were "
                "greater than or equal to the threshold (5.0)."
            ),
        ),
        (
            "XX0",
            None,
            Missing.MISSING,
            f"1 datapoint [1.0 {FIVE}] was not greater than or equal to the threshold (5.0).",
        ),
        (
            "00X",
            1,
            Missing.MISSING,
            (
                f"1 out of the last 3 datapoints [9.0 {FIVE}] was greater than or equal to the "
                "threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition)."
            ),
        ),
        (
            "000",
            1,
            Missing.MISSING,
            (
                f"3 out of the last 3 datapoints [1.0 {FIVE}, 1.0 (01/10/19 13:04:00), 1.0 "
                "(01/10/19 13:03:00)] were not greater than or equal to the threshold (5.0) "
                "(minimum 3 datapoints for ALARM -> OK transition)."
            ),
        ),
        (
            "----0",
            None,
            Missing.BREACHING,
            (
                f"1 datapoint [1.0 {FIVE}] was not greater than or equal to the threshold (5.0) "
                "and 2 missing datapoints were treated as [Breaching]."
            ),
        ),
        (
            "----0",
            2,
            Missing.BREACHING,
            (
                "1 datapoint was received for 3 periods and 2 missing datapoints were treated as "
                "[Breaching]."
            ),
        ),
        (
            "-----",
            None,
            Missing.NOT_BREACHING,
            (
                "no datapoints were received for 3 periods and 3 missing datapoints were treated "
                "as [NonBreaching]."
            ),
        ),
        ("-----", None, Missing.MISSING, "Insufficient Data: 3 datapoints were unknown."),
    ],
)
def test_reason_reads_as_on_aws(
    marks: str, least: int | None, missing: Missing, expected: str
) -> None:
    assert told(marks, least, missing) == expected
