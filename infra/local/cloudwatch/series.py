"""Time series and arithmetic on them, point by point. Pure; only `infra/local/cloudwatch`.

A missing point is treated as 0 when another operand has a point at that time, and a result that
is no finite number (such as a division by zero) is dropped. Source: CloudWatch user guide,
"Basic arithmetic functions" and "Comparison and logical operators".
"""

import math
from bisect import bisect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Series:
    """Values by the second at which their period starts; `label` names it in results."""

    points: dict[int, float]
    label: str = ""

    def map(self, function: Callable[[float], float]) -> "Series":
        """Apply `function` to each point."""
        values = ((at, _attempt(function, x)) for at, x in self.points.items())
        return Series(_finite(values), self.label)

    def in_order(self) -> list[tuple[int, float]]:
        """Answer the points, oldest first."""
        return sorted(self.points.items())


Value = float | Series | list[Series]
"""A scalar (NaN when it has no value), a time series, or an array of them."""

Operator = Callable[[float, float], float]


def _attempt(function: Callable[..., float], *operands: float) -> float:
    try:
        result = function(*operands)
    except (ZeroDivisionError, OverflowError, ValueError):
        return math.nan
    # A fractional power of a negative number is complex in Python.
    return math.nan if isinstance(result, complex) else float(result)


def _finite(points: Iterable[tuple[int, float]]) -> dict[int, float]:
    return {at: value for at, value in points if math.isfinite(value)}


def combine(operator: Operator, left: Value, right: Value) -> Value | None:
    """Apply an operator; None for two arrays, which don't go together."""
    if isinstance(left, list):
        if isinstance(right, list):
            return None
        return [_paired(operator, each, right) for each in left]
    if isinstance(right, list):
        return [_paired(operator, left, each) for each in right]
    if isinstance(left, float) and isinstance(right, float):
        return _attempt(operator, left, right)
    return _paired(operator, left, right)


def _paired(operator: Operator, left: Series | float, right: Series | float) -> Series:
    sides = [side for side in (left, right) if isinstance(side, Series)]
    times = {at for side in sides for at in side.points}
    values = ((at, _attempt(operator, _at(left, at), _at(right, at))) for at in times)
    return Series(_finite(values), sides[0].label)


def _at(side: Series | float, at: int) -> float:
    return side.points.get(at, 0.0) if isinstance(side, Series) else side


def across(function: Callable[[list[float]], float], array: list[Series]) -> Series:
    """Reduce an array to one series: at each time, `function` of the points that exist."""
    times = {at for series in array for at in series.points}
    present = ((at, [s.points[at] for s in array if at in s.points]) for at in times)
    return Series(_finite((at, _attempt_list(function, values)) for at, values in present))


def over(function: Callable[[list[float]], float], series: Series) -> float:
    """Reduce a series to a scalar; NaN when it has no points."""
    values = list(series.points.values())
    return _attempt_list(function, values) if values else math.nan


def _attempt_list(function: Callable[[list[float]], float], values: list[float]) -> float:
    return _attempt(lambda: float(function(values)))


def changes(series: Series, *, per_second: bool) -> Series:
    """Answer each point's difference to the point before it, or its rate of change."""
    ordered = series.in_order()
    return Series(
        {
            at: (value - before) / ((at - earlier) if per_second else 1)
            for (earlier, before), (at, value) in pairwise(ordered)
        },
        series.label,
    )


def running_sum(series: Series) -> Series:
    """Answer the sum of each point and all before it."""
    total = 0.0
    sums: dict[int, float] = {}
    for at, value in series.in_order():
        total += value
        sums[at] = total
    return Series(_finite(sums.items()), series.label)


def filled(series: Series, grid: range, filler: Callable[[int], float]) -> Series:
    """Answer the series with `filler` where the grid has no point."""
    gaps = _finite((at, filler(at)) for at in grid if at not in series.points)
    return Series(series.points | gaps, series.label)


def repeated(series: Series) -> Callable[[int], float]:
    """Make a filler of the last point before the gap; none before the first point."""
    ordered = series.in_order()
    times = [at for at, _ in ordered]

    def filler(at: int) -> float:
        place = bisect(times, at)
        return ordered[place - 1][1] if place else math.nan

    return filler


def interpolated(series: Series) -> Callable[[int], float]:
    """Make a filler on the line between the points around the gap; none beyond the ends."""
    ordered = series.in_order()
    times = [at for at, _ in ordered]

    def filler(at: int) -> float:
        place = bisect(times, at)
        if not 0 < place < len(ordered):
            return math.nan
        (start, first), (end, last) = ordered[place - 1], ordered[place]
        return first + (last - first) * (at - start) / (end - start)

    return filler
