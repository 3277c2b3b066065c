"""Counts from SageMaker's own metrics, and Steelyard's own metrics. `service.py` uses it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from steelyard.aws.calls import translated
from steelyard.errors import EndpointBusy, InvalidCounts
from steelyard.evidence import Arm, Batch

MINUTE = timedelta(minutes=1)
NAMESPACE = "Steelyard"


class Metrics:
    """Reads the variants' counts of one endpoint and writes Steelyard's metrics about it."""

    def __init__(self, endpoint: str, cloudwatch: Any) -> None:
        self._endpoint = endpoint
        self._cloudwatch = cloudwatch

    def batches(
        self,
        arms: tuple[str, str],
        span: tuple[datetime, datetime],
        canary_percent: int,
        slow_after: timedelta,
    ) -> tuple[tuple[Batch, ...], tuple[str, ...]]:
        """One batch for each whole minute of the span, and what could not be read, in words.

        A minute without a request has no data points: zero requests. A minute with requests but
        without the other counts is unreadable, and left out.

        Args:
            arms: names of the stable and the canary variant.
            span: from and until, on whole minutes, aware UTC.
            canary_percent: the intended canary share meanwhile.
            slow_after: latency above which a request is slow.
        """
        with translated(f"read metrics of {self._endpoint}"):
            counts = self._read(arms, span, slow_after)
        batches: list[Batch] = []
        unreadable: list[str] = []
        for minute in _minutes(*span):
            try:
                stable, canary = (_arm(counts[arm].get(minute, {})) for arm in arms)
            except InvalidCounts as error:
                unreadable.append(f"minute {minute:%H:%M}: {error}")
                continue
            batches.append(Batch(minute + MINUTE, canary_percent, stable, canary))
        return tuple(batches), tuple(unreadable)

    def publish(self, log_evidence: float, now: datetime) -> None:
        """The evidence, and a sign of life: alarms that CDK owns watch both."""
        dimensions = [{"Name": "EndpointName", "Value": self._endpoint}]
        values = {"Evidence": log_evidence, "Heartbeat": 1.0}
        with translated("publish metrics"):
            self._cloudwatch.put_metric_data(
                Namespace=NAMESPACE,
                MetricData=[
                    {
                        "MetricName": name,
                        "Dimensions": dimensions,
                        "Timestamp": now,
                        "Value": value,
                        "Unit": "None",
                    }
                    for name, value in values.items()
                ],
            )

    def _read(
        self, arms: tuple[str, str], span: tuple[datetime, datetime], slow_after: timedelta
    ) -> dict[str, dict[datetime, dict[str, float]]]:
        """Values by variant, minute and count."""
        wanted = {
            "requests": ("Invocations", "Sum"),
            "errors": ("InvocationModelErrors", "Sum"),
            # TC counts samples in a band, lower bound exclusive; ModelLatency is in microseconds.
            "slow": ("ModelLatency", f"TC({slow_after / timedelta(microseconds=1):.0f}:)"),
        }
        queries = {
            f"{count}_{number}": (arm, count, self._query(f"{count}_{number}", arm, *metric))
            for number, arm in enumerate(arms)
            for count, metric in wanted.items()
        }
        read: dict[str, dict[datetime, dict[str, float]]] = {arm: {} for arm in arms}
        for result in self._results([query for _, _, query in queries.values()], span):
            arm, count, _ = queries[result["Id"]]
            for at, value in zip(result["Timestamps"], result["Values"], strict=True):
                read[arm].setdefault(at.astimezone(UTC), {})[count] = value
        return read

    def _results(
        self, queries: list[dict[str, Any]], span: tuple[datetime, datetime]
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

    def _query(self, query_id: str, variant: str, metric: str, stat: str) -> dict[str, Any]:
        dimensions = [
            {"Name": "EndpointName", "Value": self._endpoint},
            {"Name": "VariantName", "Value": variant},
        ]
        return {
            "Id": query_id,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/SageMaker",
                    "MetricName": metric,
                    "Dimensions": dimensions,
                },
                "Period": 60,
                "Stat": stat,
            },
        }


def whole_minute(instant: datetime) -> datetime:
    """The last minute boundary at or before `instant`."""
    return instant.replace(second=0, microsecond=0)


def _minutes(start: datetime, end: datetime) -> list[datetime]:
    count = int((end - start) / MINUTE)
    return [start + MINUTE * number for number in range(count)]


def _arm(counts: Mapping[str, float]) -> Arm:
    requests = int(counts.get("requests", 0))
    if requests == 0 and any(counts.values()):
        raise InvalidCounts("bad events, but no Invocations")
    if requests == 0:
        return Arm(0, {"errors": 0, "slow": 0})
    if "errors" not in counts:
        raise InvalidCounts(f"{requests} requests, but no InvocationModelErrors")
    # TC has no data point where no sample lies in the band.
    return Arm(requests, {"errors": int(counts["errors"]), "slow": int(counts.get("slow", 0))})
