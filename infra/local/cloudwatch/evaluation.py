"""What a metric alarm's data points say about its state. Pure; only `infra/local/cloudwatch`.

Source: CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data" and
"Avoiding premature transitions to alarm state"; its tables are rows of a test.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

EXTRA_PERIODS = 2
"""Periods that are looked at beyond the EvaluationPeriods. AWS's tables have 5 for 3; that it is
so for other numbers is inferred: 8 of 8 periods of 900 s were seen to alarm on missing data
150 minutes, which is 10 periods, after the last sample."""


class State(StrEnum):
    """The states of an alarm."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class Missing(StrEnum):
    """What TreatMissingData may say."""

    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


class Comparison(NamedTuple):
    """A comparison with the threshold, and how reasons put it."""

    breaches: Callable[[float, float], bool]
    phrase: str


COMPARISONS: Mapping[str, Comparison] = {
    "GreaterThanThreshold": Comparison(operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": Comparison(operator.ge, "greater than or equal to"),
    "LessThanThreshold": Comparison(operator.lt, "less than"),
    "LessThanOrEqualToThreshold": Comparison(operator.le, "less than or equal to"),
}


class Point(NamedTuple):
    """A period: the second at which it starts, and its value, None when missing."""

    at: int
    value: float | None


@dataclass(frozen=True, slots=True)
class Rule:
    """When an alarm is to go off.

    Attributes:
        comparison: a key of COMPARISONS.
        periods: EvaluationPeriods, N.
        to_alarm: DatapointsToAlarm, M; None when it was not given, which means N.
    """

    comparison: str
    threshold: float
    periods: int
    to_alarm: int | None
    missing: Missing

    @property
    def least(self) -> int:
        """How many breaching points make an alarm, M."""
        return self.to_alarm or self.periods

    @property
    def range(self) -> int:
        """How many periods are looked at."""
        return self.periods + EXTRA_PERIODS

    def breached_by(self, value: float) -> bool:
        """Whether a value is on the wrong side of the threshold."""
        return COMPARISONS[self.comparison].breaches(value, self.threshold)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one evaluation.

    Attributes:
        state: None to stay in the current state.
        real: the existing points that were evaluated, oldest first.
        filled: how many missing points had to be filled in.
    """

    state: State | None
    real: tuple[Point, ...]
    filled: int


def evaluate(rule: Rule, points: Sequence[Point]) -> Outcome:
    """Answer what the points of the evaluation range (oldest first) say."""
    existing = [point for point in points if point.value is not None]
    real = tuple(existing[-rule.periods :])
    filled = rule.periods - len(real)
    breaching = sum(rule.breached_by(point.value) for point in real if point.value is not None)
    return Outcome(_state(rule, points, len(real), breaching, filled), real, filled)


def _state(
    rule: Rule, points: Sequence[Point], real: int, breaching: int, filled: int
) -> State | None:
    if filled and rule.missing is Missing.BREACHING:
        breaching += filled
    if breaching >= rule.least:
        return State.ALARM
    if not filled or rule.missing in (Missing.BREACHING, Missing.NOT_BREACHING) or breaching < real:
        return State.OK
    # Only breaching points are left, or none, and too few of them.
    if rule.missing is Missing.IGNORE:
        return None
    return State.ALARM if _old_enough(rule, points) else State.INSUFFICIENT_DATA


def _old_enough(rule: Rule, points: Sequence[Point]) -> bool:
    """Whether the oldest existing point is at least as old as the points that an alarm needs.

    A younger one may be followed by a good one: `- - - - X` waits, `- - X - -` alarms.
    """
    ages = (len(points) - place for place, point in enumerate(points) if point.value is not None)
    return next(ages, 0) >= rule.least
