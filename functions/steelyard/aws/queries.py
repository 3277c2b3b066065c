"""Questions to CloudWatch about SageMaker's metrics, and the answers as tables of counts.

For `aws/metrics.py` alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import Any

from steelyard.errors import EndpointBusy

Counts = Mapping[str, float]
Table = Mapping[datetime, Counts]
"""Counts by the beginning of their period; what has no data point is absent."""

_NAMESPACE = "AWS/SageMaker"
_MOST_QUERIES = 500  # in one GetMetricData (API reference)


@dataclass(frozen=True, slots=True)
class Source:
    """Counts that are read together: those of a variant, or of one of its instances.

    Attributes:
        counts: metric and statistic by the count's name.
        instance: empty for the variant as a whole.
    """

    variant: str
    counts: Mapping[str, tuple[str, str]]
    period: timedelta
    instance: str = ""


class Questions:
    """Reads counts of one endpoint."""

    def __init__(self, endpoint: str, cloudwatch: Any) -> None:
        self._endpoint = endpoint
        self._cloudwatch = cloudwatch

    def tables(
        self, sources: Sequence[Source], span: tuple[datetime, datetime]
    ) -> tuple[Table, ...]:
        """What each source counted in the span.

        Raises:
            EndpointBusy: CloudWatch could not read one of them; the rest would read as zero.
        """
        of = {f"{c}_{n}": (n, c) for n, source in enumerate(sources) for c in source.counts}
        found: list[dict[datetime, dict[str, float]]] = [{} for _ in sources]
        queries = (self._query(name, sources[n], count) for name, (n, count) in of.items())
        for some in _chunks(queries, _MOST_QUERIES):
            for result in self._results(some, span):
                number, count = of[result["Id"]]
                for at, value in zip(result["Timestamps"], result["Values"], strict=True):
                    found[number].setdefault(at.astimezone(UTC), {})[count] = value
        return tuple(found)

    def instances(self, variant: str) -> tuple[str, ...]:
        """Instances of a variant that counted anything in the last three hours, sorted.

        A new one may be missing for fifteen minutes (API reference of ListMetrics).
        """
        pages = self._cloudwatch.get_paginator("list_metrics").paginate(
            Namespace=_NAMESPACE,
            MetricName="Invocations",
            Dimensions=[*self._dimensions(variant), {"Name": "InstanceId"}],
            RecentlyActive="PT3H",
        )
        found = (
            {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]}
            for page in pages
            for metric in page["Metrics"]
        )
        # Those with one more dimension are parts of an instance.
        return tuple(sorted(of["InstanceId"] for of in found if len(of) == 3))

    def _query(self, query_id: str, source: Source, count: str) -> dict[str, Any]:
        metric, statistic = source.counts[count]
        instance = [{"Name": "InstanceId", "Value": source.instance}] if source.instance else []
        return {
            "Id": query_id,
            "MetricStat": {
                "Metric": {
                    "Namespace": _NAMESPACE,
                    "MetricName": metric,
                    "Dimensions": [*self._dimensions(source.variant), *instance],
                },
                "Period": int(source.period.total_seconds()),
                "Stat": statistic,
            },
        }

    def _dimensions(self, variant: str) -> list[dict[str, str]]:
        return [
            {"Name": "EndpointName", "Value": self._endpoint},
            {"Name": "VariantName", "Value": variant},
        ]

    def _results(
        self, queries: Sequence[dict[str, Any]], span: tuple[datetime, datetime]
    ) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            answer = self._cloudwatch.get_metric_data(
                MetricDataQueries=queries, StartTime=span[0], EndTime=span[1], **token
            )
            results += answer["MetricDataResults"]
            for result in results:
                # Values that are missing for this reason would read as "no requests".
                if result.get("StatusCode") in ("InternalError", "Forbidden"):
                    raise EndpointBusy(f"{result['Id']} can't be read: {result['StatusCode']}")
            if not answer.get("NextToken"):
                return results
            token = {"NextToken": answer["NextToken"]}


def _chunks(items: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    for first in items:
        yield [*chain([first], islice(items, size - 1))]
