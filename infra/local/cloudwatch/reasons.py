"""Why an alarm is in its state, in AWS's words. Pure; only `infra/local/cloudwatch` imports it.

The forms are those of events and alarm histories that AWS and its users have published.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from infra.local.cloudwatch.evaluation import COMPARISONS, Missing, Outcome, Point, Rule, State

MOST_TOLD = 20
"""So many points are told at most: a reason has 1023 characters, its data 4000."""
CREATED = "Unchecked: Initial alarm creation"
_TREATED = {
    Missing.MISSING: "Missing",
    Missing.IGNORE: "Ignored",
    Missing.BREACHING: "Breaching",
    Missing.NOT_BREACHING: "NonBreaching",
}


def stamp(time: datetime) -> str:
    """Answer a time as alarms write it: `2026-11-24T05:44:00.000+0000`."""
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}+0000"


def at_second(second: int) -> datetime:
    """Answer a second since the epoch as an aware time."""
    return datetime.fromtimestamp(second, UTC)


def reason(rule: Rule, outcome: Outcome, state: State) -> str:
    """Answer the sentence for a change to `state`."""
    if state is State.INSUFFICIENT_DATA:
        unknown = "datapoint was" if outcome.filled == 1 else "datapoints were"
        return f"Insufficient Data: {outcome.filled} {unknown} unknown."
    shown = [
        f"{point.value} ({at_second(point.at):%d/%m/%y %H:%M:%S})"
        for point in reversed(outcome.real)
        if point.value is not None and rule.breached_by(point.value) == (state is State.ALARM)
    ]
    seen = _compared(rule, shown, state) if shown else _received(len(outcome.real), rule.periods)
    if outcome.filled or rule.to_alarm is None:
        return f"Threshold Crossed: {seen}{_filled(rule, outcome)}."
    return f"Threshold Crossed: {seen} {_transition(rule, state)}."


def _received(points: int, periods: int) -> str:
    number = "no" if points == 0 else str(points)
    received = "datapoint was" if points == 1 else "datapoints were"
    return f"{number} {received} received for {periods} period{'' if periods == 1 else 's'}"


def _filled(rule: Rule, outcome: Outcome) -> str:
    if not outcome.filled:
        return ""
    treated = "datapoint was" if outcome.filled == 1 else "datapoints were"
    return f" and {outcome.filled} missing {treated} treated as [{_TREATED[rule.missing]}]"


def _compared(rule: Rule, shown: Sequence[str], state: State) -> str:
    number = len(shown)
    if rule.to_alarm is None:
        points = "datapoint" if number == 1 else "datapoints"
    else:
        points = f"out of the last {rule.periods} datapoints"
    verb = "was" if number == 1 else "were"
    negated = "" if state is State.ALARM else " not"
    phrase = COMPARISONS[rule.comparison].phrase
    values = ", ".join(shown[:MOST_TOLD]) + (", ..." if number > MOST_TOLD else "")
    return f"{number} {points} [{values}] {verb}{negated} {phrase} the threshold ({rule.threshold})"


def _transition(rule: Rule, state: State) -> str:
    alarm = state is State.ALARM
    least = rule.least if alarm else rule.periods - rule.least + 1
    change = "OK -> ALARM" if alarm else "ALARM -> OK"
    return f"(minimum {least} datapoint{'' if least == 1 else 's'} for {change} transition)"


def reason_data(
    rule: Rule, outcome: Outcome, *, now: datetime, period: int, extra: Mapping[str, Any]
) -> str:
    """Answer StateReasonData; `extra` is the statistic and unit of an alarm on one metric."""
    real = outcome.real[-MOST_TOLD:]
    data: dict[str, Any] = {"version": "1.0", "queryDate": stamp(now)}
    if real:
        data["startDate"] = stamp(at_second(real[0].at))
    data |= extra
    data |= {
        "period": period,
        "recentDatapoints": [point.value for point in real],
        "threshold": rule.threshold,
        "evaluatedDatapoints": [_evaluated(point) for point in reversed(real)],
    }
    return json.dumps(data, separators=(",", ":"))


def _evaluated(point: Point) -> dict[str, Any]:
    return {"timestamp": stamp(at_second(point.at)), "value": point.value}
