"""Counts from SageMaker's own metrics, and Steelyard's own metrics.

`world.py` reads by it, `service.py` publishes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from steelyard.aws.calls import translated
from steelyard.errors import EndpointBusy, InvalidCounts
from steelyard.evidence import Arm, Batch, latency_bounds
from steelyard.rollout.policy import Policy

MINUTE = timedelta(minutes=1)
NAMESPACE = "Steelyard"
_MICROSECOND = timedelta(microseconds=1)
_BAND = "band_"


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
        policy: Policy,
    ) -> tuple[tuple[Batch, ...], tuple[str, ...]]:
        """One batch for each whole minute of the span, and what could not be read, in words.

        A minute without a request has no data points: zero requests. A minute with requests but
        without the other counts is unreadable, and left out.

        Args:
            arms: names of the stable and the canary variant.
            span: from and until, on whole minutes, aware UTC.
            canary_percent: the intended canary share meanwhile.
            policy: says above which latency a request is slow, and which bands are counted.
        """
        with translated(f"read metrics of {self._endpoint}"):
            counts = self._read(arms, span, policy)
        bands = sum(count.startswith(_BAND) for count in _wanted(policy, canary=True))
        batches: list[Batch] = []
        unreadable: list[str] = []
        for minute in _minutes(*span):
            try:
                stable, canary = (_arm(counts[arm].get(minute, {}), bands) for arm in arms)
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
        self, arms: tuple[str, str], span: tuple[datetime, datetime], policy: Policy
    ) -> dict[str, dict[datetime, dict[str, float]]]:
        """Values by variant, minute and count."""
        queries = {
            f"{count}_{number}": (arm, count, self._query(f"{count}_{number}", arm, *metric))
            for number, arm in enumerate(arms)
            for count, metric in _wanted(policy, canary=number == 1).items()
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


def _wanted(policy: Policy, *, canary: bool) -> dict[str, tuple[str, str]]:
    """Metric and statistic of each count.

    TC counts samples in a band, lower bound exclusive; ModelLatency is in microseconds. Source:
    "CloudWatch statistics definitions", which names no exception for SageMaker's metrics.
    """
    counts = {
        "requests": ("Invocations", "Sum"),
        "errors": ("InvocationModelErrors", "Sum"),
        "slow": ("ModelLatency", f"TC({policy.slow_after / _MICROSECOND:.0f}:)"),
    }
    latency = policy.guardrail("latency")
    if latency is not None:
        scale = latency.margin if canary else 1.0
        bounds = ("", *latency_bounds(policy.slow_after, scale), "")
        for number, (above, up_to) in enumerate(pairwise(bounds)):
            counts[f"{_BAND}{number}"] = ("ModelLatency", f"TC({above}:{up_to})")
    return counts


def _arm(counts: Mapping[str, float], bands: int) -> Arm:
    requests = int(counts.get("requests", 0))
    if requests == 0 and any(counts.values()):
        raise InvalidCounts("bad events, but no Invocations")
    if requests == 0:
        return Arm(0, {"errors": 0, "slow": 0})
    if "errors" not in counts:
        raise InvalidCounts(f"{requests} requests, but no InvocationModelErrors")
    # TC has no data point where no sample lies in the band.
    latency = tuple(int(counts.get(f"{_BAND}{number}", 0)) for number in range(bands))
    errors, slow = int(counts["errors"]), int(counts.get("slow", 0))
    if bands and not any(latency):  # no latency at all is unknown, not fast
        return Arm(requests, {"errors": errors})
    return Arm(requests, {"errors": errors, "slow": slow}, latency)
