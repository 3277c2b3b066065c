"""The functions of metric math. Pure; only `metric_math` imports it.

Each takes the evaluated arguments and the surroundings; a wrong argument raises `Misused`.
Source: CloudWatch user guide, "Functions supported for metric math" and "Using IF expressions".
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from infra.local.cloudwatch.series import (
    Series,
    Value,
    across,
    changes,
    filled,
    interpolated,
    over,
    repeated,
    running_sum,
)


class Misused(Exception):
    """Arguments that something does not take; becomes an AwsError that shows the expression."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression is evaluated in.

    Attributes:
        values: metrics and results of other expressions, by id.
        metrics: ids of the metrics (not of expressions), in the order of the request.
        grid: the second at which each period of the request starts.
    """

    values: Mapping[str, Value]
    metrics: Sequence[str]
    grid: range


@dataclass(frozen=True, slots=True)
class Word:
    """An argument that is a bare word or a string: REPEAT, LINEAR, "errors"."""

    text: str


Argument = Value | Word
Function = Callable[[Scope, list[Argument]], Value]


def _mean_with_gaps(values: list[float], members: int) -> float:
    # For arrays AWS counts a missing value as 0, so all members divide.
    return math.fsum(values) / members


def _reduction(function: Callable[[list[float]], float]) -> Function:
    """Make SUM and its like: a series becomes a scalar, an array becomes a series."""

    def reduce(_: Scope, arguments: list[Argument]) -> Value:
        match arguments:
            case [Series() as series]:
                return over(function, series)
            case [[*array]]:
                return across(function, array)
        raise Misused("a time series or an array of them")

    return reduce


def _average(scope: Scope, arguments: list[Argument]) -> Value:
    match arguments:
        case [[*array]]:
            return across(lambda values: _mean_with_gaps(values, len(array)), array)
    return _reduction(lambda values: math.fsum(values) / len(values))(scope, arguments)


def _datapoint_count(_: Scope, arguments: list[Argument]) -> Value:
    match arguments:
        case [Series() as series]:
            return float(len(series.points))
        case [[*array]]:
            return across(lambda values: float(len(values)), array)
    raise Misused("a time series or an array of them")


def _each(transform: Callable[[Series], Series]) -> Function:
    """Make a function that works on a series, and on each series of an array."""

    def apply(_: Scope, arguments: list[Argument]) -> Value:
        match arguments:
            case [Series() as series]:
                return transform(series)
            case [[*array]]:
                return [transform(series) for series in array]
        raise Misused("a time series or an array of them")

    return apply


def _pointwise(function: Callable[[float], float]) -> Function:
    return _each(lambda series: series.map(function))


def _fill(scope: Scope, arguments: list[Argument]) -> Value:
    match arguments:
        case [Series() as series, filler]:
            return _filled(series, filler, scope.grid)
        case [[*array], filler]:
            return [_filled(series, filler, scope.grid) for series in array]
    raise Misused("a time series or an array of them, and a filler")


def _filled(series: Series, filler: Argument, grid: range) -> Series:
    match filler:
        case Word("REPEAT"):
            return filled(series, grid, repeated(series))
        case Word("LINEAR"):
            return filled(series, grid, interpolated(series))
        case Series() as other:
            return filled(series, grid, lambda at: other.points.get(at, math.nan))
        case float() as scalar:
            return filled(series, grid, lambda _: scalar)
    raise Misused("a number, a time series, REPEAT or LINEAR as filler")


def _if(_: Scope, arguments: list[Argument]) -> Value:
    match arguments:
        case [Series() as condition, Series() | float() as then]:
            return _chosen(condition, then, Series({}))
        case [Series() as condition, Series() | float() as then, Series() | float() as otherwise]:
            return _chosen(condition, then, otherwise)
        case [float() as condition, Series() as then]:
            return then if _true(condition) else Series({}, then.label)
        case [float() as condition, Series() as then, Series() as otherwise]:
            return then if _true(condition) else otherwise
    raise Misused("IF(condition, then) or IF(condition, then, otherwise) with a time series")


def _true(condition: float) -> bool:
    return condition != 0 and not math.isnan(condition)


def _chosen(condition: Series, then: Series | float, otherwise: Series | float) -> Series:
    """Choose at each point of the condition; a missing `then` counts as 0 (user guide)."""
    points = {
        at: _at(then, at, 0.0) if _true(value) else _at(otherwise, at, math.nan)
        for at, value in condition.points.items()
    }
    return Series({at: value for at, value in points.items() if math.isfinite(value)})


def _at(value: Series | float, at: int, default: float) -> float:
    return value.points.get(at, default) if isinstance(value, Series) else value


def _metrics(scope: Scope, arguments: list[Argument]) -> Value:
    match arguments:
        case []:
            wanted = ""
        case [Word(text)]:
            wanted = text
        case _:
            raise Misused("nothing, or a string that is part of ids")
    found = [scope.values[name] for name in scope.metrics if wanted in name]
    return [series for series in found if isinstance(series, Series)]


def _time_series(scope: Scope, arguments: list[Argument]) -> Value:
    match arguments:
        case [float() as scalar]:
            return filled(Series({}), scope.grid, lambda _: scalar)
    raise Misused("a scalar")


def _metric_count(_: Scope, arguments: list[Argument]) -> Value:
    match arguments:
        case [[*array]]:
            return float(len(array))
    raise Misused("an array of time series")


FUNCTIONS: dict[str, Function] = {
    "ABS": _pointwise(abs),
    "AVG": _average,
    "CEIL": _pointwise(math.ceil),
    "DATAPOINT_COUNT": _datapoint_count,
    "DIFF": _each(lambda series: changes(series, per_second=False)),
    "FILL": _fill,
    "FLOOR": _pointwise(math.floor),
    "IF": _if,
    "LOG": _pointwise(math.log),
    "LOG10": _pointwise(math.log10),
    "MAX": _reduction(max),
    "METRICS": _metrics,
    "METRIC_COUNT": _metric_count,
    "MIN": _reduction(min),
    "RATE": _each(lambda series: changes(series, per_second=True)),
    "RUNNING_SUM": _each(running_sum),
    "SUM": _reduction(math.fsum),
    "TIME_SERIES": _time_series,
}
"""PERIOD is not among them: it asks about a metric, not about its values."""

KNOWN_ELSEWHERE = re.compile(
    "ANOMALY_DETECTION_BAND|DATE|DAY|DB_PERF_INSIGHTS|DIFF_TIME|EPOCH|FIRST|HOUR"
    "|INSIGHT_RULE_METRIC|LAMBDA|LAST|MINUTE|MONTH|REMOVE_EMPTY|SEARCH|SERVICE_QUOTA|SLICE|SORT"
    "|STDDEV|YEAR"
)
"""Functions that AWS has and this module has not."""
