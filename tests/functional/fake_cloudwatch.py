"""CloudWatch's metrics and alarms as far as Steelyard uses them. Not a test itself.

Alarms don't evaluate themselves: tests set their state, as SetAlarmState would. A statistic or
expression that Steelyard does not use is an error, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from tests.functional.fake_sagemaker import ACCOUNT, REGION

_MINUTE_S = 60
Params = Mapping[str, Any]
Points = dict[datetime, float]
_MATH = re.compile(r"100\*(\w+)/(\w+)")  # the one expression in a model's settings
_COUNT_WITHIN = re.compile(r"TC\((\d*):(\d*)\)")


@dataclass(frozen=True)
class Sample:
    """Equal values of one metric at one instant."""

    at: datetime
    value: float
    count: int


@dataclass
class FakeCloudWatch:
    """The service.

    Attributes:
        samples: by namespace, name and dimensions.
        broken: ids of queries that can't be answered for the moment.
        gone: beginnings of periods below a minute that have no data points, late or too old.
        page_size: results in one answer of GetMetricData or ListMetrics.
    """

    now: Callable[[], datetime]
    samples: dict[tuple[str, str, frozenset[tuple[str, str]]], list[Sample]] = field(
        default_factory=dict
    )
    alarms: dict[str, dict[str, Any]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    gone: set[datetime] = field(default_factory=set)
    page_size: int = 500

    def answer(self, operation: str, params: Params) -> dict[str, Any]:
        """The answer to one call; an operation that Steelyard does not use is an error."""
        operations: dict[str, Callable[[Params], dict[str, Any]]] = {
            "DeleteAlarms": self._delete_alarms,
            "DescribeAlarms": self._describe_alarms,
            "GetMetricData": self._get_metric_data,
            "ListMetrics": self._list_metrics,
            "PutMetricAlarm": self._put_alarm,
            "PutMetricData": self._put_metric_data,
        }
        return operations[operation](params)

    def record(
        self, variant: str, metric: str, at: datetime, value: float, count: int, **more: str
    ) -> None:
        """What SageMaker publishes about a variant: `count` equal values.

        Args:
            more: other dimensions than endpoint and variant.
        """
        dimensions = {"EndpointName": "completion", "VariantName": variant, **more}
        self._keep("AWS/SageMaker", metric, dimensions, Sample(at, value, count))

    def values(self, metric: str) -> list[float]:
        """What was published in Steelyard's own namespace, oldest first."""
        key = ("Steelyard", metric, frozenset({("EndpointName", "completion")}))
        return [sample.value for sample in self.samples.get(key, [])]

    def force(self, name: str, state: str) -> None:
        """Set an alarm's state, as SetAlarmState does."""
        self.alarms[name]["StateValue"] = state

    def _keep(self, namespace: str, metric: str, of: Mapping[str, str], sample: Sample) -> None:
        self.samples.setdefault((namespace, metric, frozenset(of.items())), []).append(sample)

    def _put_metric_data(self, params: Params) -> dict[str, Any]:
        for datum in params["MetricData"]:
            of = {d["Name"]: d["Value"] for d in datum["Dimensions"]}
            at = datum.get("Timestamp", self.now())  # else: when AWS received it
            sample = Sample(at, datum["Value"], 1)
            self._keep(params["Namespace"], datum["MetricName"], of, sample)
        return {}

    def _put_alarm(self, params: Params) -> dict[str, Any]:
        name = params["AlarmName"]
        state = self.alarms.get(name, {}).get("StateValue", "INSUFFICIENT_DATA")
        alarm_arn = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"
        self.alarms[name] = {**params, "AlarmArn": alarm_arn, "StateValue": state}
        return {}

    def _describe_alarms(self, params: Params) -> dict[str, Any]:
        found = [
            alarm
            for name, alarm in sorted(self.alarms.items())
            if name.startswith(params["AlarmNamePrefix"])
            and alarm["StateValue"] == params.get("StateValue", alarm["StateValue"])
        ]
        return {"MetricAlarms": found}

    def _delete_alarms(self, params: Params) -> dict[str, Any]:
        for name in params["AlarmNames"]:
            self.alarms.pop(name, None)
        return {}

    def _list_metrics(self, params: Params) -> dict[str, Any]:
        wanted = {(d["Name"], d.get("Value")) for d in params["Dimensions"]}
        found = [
            [{"Name": key, "Value": value} for key, value in sorted(of)]
            for namespace, name, of in self.samples
            if (namespace, name) == (params["Namespace"], params["MetricName"])
            and wanted <= {*of, *((key, None) for key, _ in of)}
        ]
        # `Dimensions` finds metrics that have more of them, too.
        named = {"Namespace": params["Namespace"], "MetricName": params["MetricName"]}
        start = int(params.get("NextToken", "0"))
        end = start + self.page_size
        metrics = [{**named, "Dimensions": dimensions} for dimensions in found[start:end]]
        more = {"NextToken": str(end)} if end < len(found) else {}
        return {"Metrics": metrics, **more}

    def _get_metric_data(self, params: Params) -> dict[str, Any]:
        span = params["StartTime"], params["EndTime"]
        queries = {query["Id"]: query for query in params["MetricDataQueries"]}
        wanted = [query_id for query_id, q in queries.items() if q.get("ReturnData", True)]
        start = int(params.get("NextToken", "0"))
        end = start + self.page_size
        results = []
        for query_id in wanted[start:end]:
            points = self._points(queries, query_id, span)
            newest_first = sorted(points, reverse=True)
            results.append(
                {
                    "Id": query_id,
                    "Label": query_id,
                    "Timestamps": newest_first,
                    "Values": [points[at] for at in newest_first],
                    "StatusCode": "InternalError" if query_id in self.broken else "Complete",
                }
            )
        answer: dict[str, Any] = {"MetricDataResults": results}
        return {**answer, "NextToken": str(end)} if end < len(wanted) else answer

    def _points(
        self, queries: Mapping[str, Any], query_id: str, span: tuple[datetime, datetime]
    ) -> Points:
        query = queries[query_id]
        if query_id in self.broken:
            return {}
        if "Expression" in query:
            match = _MATH.fullmatch(query["Expression"])
            if match is None:
                raise NotImplementedError(f"expression {query['Expression']!r}")
            above, below = (self._points(queries, match[number], span) for number in (1, 2))
            return {at: 100 * above[at] / below[at] for at in above if below.get(at)}
        return self._statistic(query["MetricStat"], span)

    def _statistic(self, stat: Params, span: tuple[datetime, datetime]) -> Points:
        metric = stat["Metric"]
        of = frozenset((d["Name"], d["Value"]) for d in metric["Dimensions"])
        windows: dict[datetime, list[Sample]] = {}
        for sample in self.samples.get((metric["Namespace"], metric["MetricName"], of), []):
            second = int(sample.at.timestamp()) // stat["Period"] * stat["Period"]
            start = datetime.fromtimestamp(second, UTC)
            if stat["Period"] < _MINUTE_S and start in self.gone:
                continue
            if span[0] - timedelta(seconds=stat["Period"]) < start < span[1]:
                windows.setdefault(start, []).append(sample)
        values = {at: _value(stat["Stat"], samples) for at, samples in windows.items()}
        return {at: value for at, value in values.items() if value is not None}


def _value(stat: str, samples: list[Sample]) -> float | None:
    """One statistic of one window; None where it has no data point."""
    if stat == "Sum":
        return sum(sample.value * sample.count for sample in samples)
    if stat == "Maximum":
        return max(sample.value for sample in samples)
    if stat == "p99":
        values = sorted(value for s in samples for value in [s.value] * s.count)
        return values[ceil(0.99 * len(values)) - 1]
    band = _COUNT_WITHIN.fullmatch(stat)
    if band is None:
        raise NotImplementedError(f"statistic {stat!r}")
    above, up_to = float(band[1] or "-inf"), float(band[2] or "inf")
    return sum(s.count for s in samples if above < s.value <= up_to) or None
