"""CloudWatch whose metrics are kept by the minute: quick, and its alarms evaluate. For tests.

Calls, errors and alarms are those of the functional tests' fake.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from math import ceil
from typing import Any

from tests.functional.fake_cloudwatch import FakeCloudWatch, Points

MINUTE = timedelta(minutes=1)
Values = tuple[tuple[float, int], ...]
"""Values of one metric in one minute, and how often each came."""
_BAND = re.compile(r"TC\((\d*):(\d*)\)")


@dataclass
class QuickCloudWatch(FakeCloudWatch):
    """The service.

    Attributes:
        table: values by namespace, metric and variant (empty: none), and by minute.
    """

    table: dict[tuple[str, str, str], dict[datetime, Values]] = field(default_factory=dict)

    def keep(self, variant: str, metric: str, minute: datetime, values: Values) -> None:
        """What SageMaker publishes about a variant's minute."""
        self.table.setdefault(("AWS/SageMaker", metric, variant), {})[minute] = values

    def evaluate(self) -> list[tuple[str, str, str]]:
        """Set each alarm's state by its metric: those that changed, before and after."""
        changed = []
        for name, alarm in self.alarms.items():
            before, after = alarm["StateValue"], self._state(alarm)
            if before != after:
                alarm["StateValue"] = after
                changed.append((name, before, after))
        return changed

    def _state(self, alarm: Mapping[str, Any]) -> str:
        period = MINUTE * (alarm.get("Period", 60) // 60)
        end = self.now().replace(second=0, microsecond=0)
        span = end - period * alarm["EvaluationPeriods"] - MINUTE / 2, end
        points = self._of_alarm(alarm, span)
        if not points:  # TreatMissingData: missing
            return "INSUFFICIENT_DATA"
        at_once = alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        limit = alarm["Threshold"]
        bad = sum(v > limit or (at_once and v == limit) for v in points.values())
        return "ALARM" if bad >= alarm.get("DatapointsToAlarm", 1) else "OK"

    def _of_alarm(self, alarm: Mapping[str, Any], span: tuple[datetime, datetime]) -> Points:
        if "Metrics" in alarm:
            queries = {one["Id"]: one for one in alarm["Metrics"]}
            shown = next(one["Id"] for one in alarm["Metrics"] if one.get("ReturnData", True))
            return self._points(queries, shown, span)
        stat = alarm.get("ExtendedStatistic") or alarm["Statistic"]
        metric = {key: alarm[key] for key in ("Namespace", "MetricName", "Dimensions")}
        return self._statistic({"Metric": metric, "Period": 60, "Stat": stat}, span)

    def _put_metric_data(self, params: Mapping[str, Any]) -> dict[str, Any]:
        minute = self.now().replace(second=0, microsecond=0)
        for datum in params["MetricData"]:
            of = self.table.setdefault((params["Namespace"], datum["MetricName"], ""), {})
            of[minute] = (*of.get(minute, ()), (datum["Value"], 1))
        return {}

    def _statistic(
        self, stat: Mapping[str, Any], span: tuple[datetime, datetime]
    ) -> dict[datetime, float]:
        metric = stat["Metric"]
        of = {d["Name"]: d["Value"] for d in metric["Dimensions"]}
        key = (metric["Namespace"], metric["MetricName"], of.get("VariantName", ""))
        kept = self.table.get(key)
        if not kept:
            return {}
        minute = span[0].replace(second=0, microsecond=0)
        found: dict[datetime, float] = {}
        while minute < span[1]:
            values = kept.get(minute)
            if values and minute > span[0] - MINUTE:
                value = _value(stat["Stat"], values)
                if value is not None:
                    found[minute] = value
            minute += MINUTE
        return found


def _value(stat: str, values: Values) -> float | None:
    """One statistic of one minute; None where it has no data point."""
    if stat == "Sum":
        return sum(value * count for value, count in values)
    if stat == "Maximum":
        return max(value for value, _ in values)
    if stat == "p99":
        left = ceil(0.99 * sum(count for _, count in values))
        for value, count in sorted(values):
            left -= count
            if left <= 0:
                return value
        return None
    above, up_to = _bounds(stat)
    return sum(count for value, count in values if above < value <= up_to) or None


@cache
def _bounds(stat: str) -> tuple[float, float]:
    band = _BAND.fullmatch(stat)
    if band is None:
        raise NotImplementedError(f"statistic {stat!r}")
    return float(band[1] or "-inf"), float(band[2] or "inf")
