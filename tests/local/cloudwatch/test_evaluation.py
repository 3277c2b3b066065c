"""Evaluation of data points, held against AWS's published tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.cloudwatch.evaluation import Missing, Outcome, Point, Rule, State, evaluate

OK, ALARM, UNKNOWN, KEEP = State.OK, State.ALARM, State.INSUFFICIENT_DATA, None
TREATMENTS = (Missing.MISSING, Missing.IGNORE, Missing.BREACHING, Missing.NOT_BREACHING)

# Each row: the 5 points of the evaluation range, the most recent on the right (0 within the
# threshold, X beyond it, - missing); how many must be filled in; the state for each treatment.
# Source: CloudWatch user guide, "How alarm state is evaluated when data is missing".
THREE_OF_THREE = [
    ("0-X-X", 0, (OK, OK, OK, OK)),
    ("0----", 2, (OK, OK, OK, OK)),
    ("-----", 3, (UNKNOWN, KEEP, ALARM, OK)),
    ("0XX-X", 0, (ALARM, ALARM, ALARM, ALARM)),
    ("--X--", 2, (ALARM, KEEP, ALARM, OK)),
]
TWO_OF_THREE = [
    ("0-X-X", 0, (ALARM, ALARM, ALARM, ALARM)),
    ("00X0X", 0, (ALARM, ALARM, ALARM, ALARM)),
    ("0-X--", 1, (OK, OK, ALARM, OK)),
    ("----0", 2, (OK, OK, ALARM, OK)),
    ("---X-", 2, (ALARM, KEEP, ALARM, OK)),
]
# "Avoiding premature transitions to alarm state": these don't alarm yet. That the state is then
# INSUFFICIENT_DATA, or stays, is in an earlier edition of the same table.
PREMATURE = [
    ("----X", 2, (UNKNOWN, KEEP, ALARM, OK)),
    ("---X-", 2, (UNKNOWN, KEEP, ALARM, OK)),
    ("---X0", 1, (OK, OK, OK, OK)),
    ("--X-0", 1, (OK, OK, OK, OK)),
]
ROWS = [
    *((points, 3, filled, states) for points, filled, states in THREE_OF_THREE + PREMATURE),
    *((points, 2, filled, states) for points, filled, states in TWO_OF_THREE),
]
CASES = [
    pytest.param(points, least, treatment, filled, state, id=f"{points}, {least} of 3, {treatment}")
    for points, least, filled, states in ROWS
    for treatment, state in zip(TREATMENTS, states, strict=True)
]
VALUES = {"0": 1.0, "X": 9.0, "-": None}


def points(text: str) -> list[Point]:
    return [Point(60 * place, VALUES[mark]) for place, mark in enumerate(text)]


def rule(periods: int, least: int | None, missing: Missing) -> Rule:
    return Rule("GreaterThanThreshold", 5.0, periods, least, missing)


@pytest.mark.parametrize(("text", "least", "treatment", "filled", "state"), CASES)
def test_missing_data_is_treated_as_in_the_published_tables(
    text: str, least: int, treatment: Missing, filled: int, state: State | None
) -> None:
    outcome = evaluate(rule(3, least, treatment), points(text))
    assert (outcome.state, outcome.filled) == (state, filled)


def test_evaluation_range_of_three_periods_is_five_as_published() -> None:
    assert rule(3, None, Missing.MISSING).range == 5


def test_points_of_the_range_beyond_the_periods_are_not_needed_when_none_is_missing() -> None:
    outcome = evaluate(rule(3, None, Missing.BREACHING), points("XX000"))
    assert outcome == Outcome(OK, tuple(points("XX000")[2:]), 0)


def test_most_recent_existing_points_are_taken_from_farther_back() -> None:
    outcome = evaluate(rule(3, None, Missing.NOT_BREACHING), points("0XX-X"))
    assert [point.at for point in outcome.real] == [60, 120, 240]


@pytest.mark.parametrize(
    ("comparison", "value", "state"),
    [
        ("GreaterThanThreshold", 5.0, OK),
        ("GreaterThanThreshold", 5.1, ALARM),
        ("GreaterThanOrEqualToThreshold", 5.0, ALARM),
        ("GreaterThanOrEqualToThreshold", 4.9, OK),
        ("LessThanThreshold", 5.0, OK),
        ("LessThanThreshold", 4.9, ALARM),
        ("LessThanOrEqualToThreshold", 5.0, ALARM),
        ("LessThanOrEqualToThreshold", 5.1, OK),
    ],
)
def test_value_at_the_threshold_is_compared_exactly(
    comparison: str, value: float, state: State
) -> None:
    watched = Rule(comparison, 5.0, 1, None, Missing.MISSING)
    assert evaluate(watched, [Point(0, value)]).state is state


MARKS = st.text("0X-", min_size=1, max_size=12)


@given(MARKS, st.data(), st.sampled_from(TREATMENTS))
def test_with_enough_points_only_the_last_n_decide(
    text: str, data: st.DataObject, treatment: Missing
) -> None:
    existing = text.replace("-", "")
    periods = data.draw(st.integers(1, max(1, len(existing))))
    least = data.draw(st.integers(1, periods))
    if len(existing) >= periods:
        expected = ALARM if existing[-periods:].count("X") >= least else OK
        assert evaluate(rule(periods, least, treatment), points(text)).state is expected


@given(MARKS, st.integers(1, 5), st.integers(1, 5))
def test_breaching_never_says_less_and_not_breaching_never_more_than_missing(
    text: str, periods: int, least: int
) -> None:
    least = min(least, periods)
    states = {t: evaluate(rule(periods, least, t), points(text)).state for t in TREATMENTS}
    if states[Missing.MISSING] is ALARM:
        assert states[Missing.BREACHING] is ALARM
    if states[Missing.NOT_BREACHING] is ALARM:
        assert set(states.values()) == {ALARM}


@given(st.integers(1, 8), st.integers(1, 8))
def test_no_data_at_all_is_never_ok_unless_asked_for(periods: int, least: int) -> None:
    nothing = points("-" * (periods + 2))
    least = min(least, periods)
    states = [evaluate(rule(periods, least, t), nothing).state for t in TREATMENTS]
    assert states == [UNKNOWN, KEEP, ALARM, OK]
