"""Statistics over the samples of one period. Pure; only `infra/local/cloudwatch` imports it.

Source: CloudWatch user guide, "CloudWatch statistics definitions".
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from infra.local.cloudwatch.errors import invalid_value, not_emulated


@dataclass(slots=True)
class Summary:
    """Samples of one metric, one unit and one stretch of time.

    Attributes:
        count, total, low, high: number of samples, their sum, the least and the greatest.
        values: how often each value was seen; None when some samples are only known as a
            statistic set (or were forgotten with age), so that no rank can be told.
    """

    count: float = 0.0
    total: float = 0.0
    low: float = math.inf
    high: float = -math.inf
    values: dict[float, float] | None = field(default_factory=dict)

    def add(self, value: float, weight: float = 1.0) -> None:
        """Count `value` `weight` times."""
        self.count += weight
        self.total += value * weight
        self.low = min(self.low, value)
        self.high = max(self.high, value)
        if self.values is not None:
            self.values[value] = self.values.get(value, 0.0) + weight

    def add_set(self, count: float, total: float, low: float, high: float) -> None:
        """Count a statistic set; it stands for raw samples only if they were all equal."""
        if low == high and math.isclose(total, low * count, rel_tol=1e-9, abs_tol=1e-12):
            self.add(low, count)
            return
        self.merge(Summary(count, total, low, high, None))

    def merge(self, other: "Summary") -> None:
        """Count all that `other` counted; without single values unless both have them."""
        self.count += other.count
        self.total += other.total
        self.low = min(self.low, other.low)
        self.high = max(self.high, other.high)
        if self.values is None or other.values is None:
            self.values = None
            return
        for value, weight in other.values.items():
            self.values[value] = self.values.get(value, 0.0) + weight


Statistic = Callable[[Summary], float | None]
"""A statistic of a period with at least one sample; None when it can't be told (no data)."""

SIMPLE: dict[str, Statistic] = {
    "SampleCount": lambda summary: summary.count,
    "Sum": lambda summary: summary.total,
    "Average": lambda summary: summary.total / summary.count,
    "Minimum": lambda summary: summary.low,
    "Maximum": lambda summary: summary.high,
}

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100(?:\.0{1,10})?)")
_NUMBER = r"-?(?:\d+(?:\.\d+)?|\.\d+)"
_RANGE = re.compile(rf"(TC|PR|TM|TS)\(({_NUMBER})?:({_NUMBER})?\)")
_KNOWN_ELSEWHERE = re.compile(
    rf"(?:tm|tc|ts|wm)\d+(?:\.\d+)?|IQM|(?:TM|TC|TS|WM)\((?:{_NUMBER}%?)?:(?:{_NUMBER}%?)?\)"
)

ACCEPTED = (
    "one of SampleCount, Sum, Average, Minimum, Maximum, a percentile such as p99.9, "
    "or TC, PR, TM or TS with absolute bounds such as TC(100:200)"
)


def parse(text: str, parameter: str = "Stat") -> Statistic:
    """Answer the statistic that `text` names.

    Raises:
        AwsError: unknown, or known to AWS only.
    """
    simple = SIMPLE.get(text)
    if simple is not None:
        return simple
    percent = percentile(text)
    if percent is not None:
        return lambda summary: _ranked(summary, percent)
    bounds = _RANGE.fullmatch(text)
    if bounds is not None:
        return _ranged(text, parameter, *bounds.groups())
    if _KNOWN_ELSEWHERE.fullmatch(text):
        raise not_emulated(f"the statistic {text!r}; {parameter} takes {ACCEPTED}")
    raise invalid_value(parameter, text, ACCEPTED)


def percentile(text: str) -> Fraction | None:
    """Answer the per cent of a percentile such as `p99.9`; None for any other statistic."""
    match = _PERCENTILE.fullmatch(text)
    return None if match is None else Fraction(match[1])


def least_samples(percent: Fraction) -> Fraction:
    """Answer how many samples a percentile needs to be significant.

    Source: user guide, "Percentile-based alarms and low data samples": 10/(1-p) from the median
    up, 10/p below it; p0 and p100 are outside the rule.
    """
    share = percent / 100
    rare = 1 - share if share >= Fraction(1, 2) else share
    return Fraction(10) / rare if rare else Fraction(0)


def _raw(summary: Summary) -> dict[float, float] | None:
    # AWS has no rank statistics for a metric with negative values (user guide).
    return None if summary.low < 0 else summary.values


def _ranked(summary: Summary, percent: Fraction) -> float | None:
    """Nearest rank: the least value that at least `percent` of the samples don't exceed."""
    values = _raw(summary)
    if values is None:
        return None
    # Exact before it is rounded once: 0.07 * 100 as floats would ask for an eighth sample.
    needed = float(percent * Fraction(summary.count) / 100)
    seen = 0.0
    for value in sorted(values):
        seen += values[value]
        if seen >= needed:
            return value
    return summary.high


def _ranged(
    text: str, parameter: str, kind: str, lower: str | None, upper: str | None
) -> Statistic:
    above = -math.inf if lower is None else float(lower)
    upto = math.inf if upper is None else float(upper)
    if (lower is None and upper is None) or above >= upto:
        raise invalid_value(parameter, text, "a lower bound, an upper bound above it, or both")
    return lambda summary: _in_range(kind, summary, above, upto)


def _in_range(kind: str, summary: Summary, above: float, upto: float) -> float | None:
    """Statistics of the samples in (above, upto]: the lower bound is exclusive (user guide)."""
    values = _raw(summary)
    if values is None:
        return None
    inside = [(value, weight) for value, weight in values.items() if above < value <= upto]
    count = math.fsum(weight for _, weight in inside)
    if kind == "TC":
        return count
    if kind == "PR":
        return 100 * count / summary.count
    total = math.fsum(value * weight for value, weight in inside)
    if kind == "TS":
        return total
    return total / count if count else None
