"""Counts from SageMaker's own metrics, and Steelyard's own metrics.

`world.py` reads by it, `service.py` publishes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from steelyard.aws.batches import BAND, MINUTE, Readings, batches_of, total
from steelyard.aws.calls import translated
from steelyard.aws.queries import Questions, Source, Table
from steelyard.errors import InvalidCounts, NeedsHuman
from steelyard.evidence import Batch, latency_bounds
from steelyard.rollout.policy import Policy

NAMESPACE = "Steelyard"
_MICROSECOND = timedelta(microseconds=1)
_REQUESTS = ("Invocations", "Sum")
_Wanted = Mapping[str, tuple[str, str]]
"""Metric and statistic by count."""


class Metrics:
    """Reads the variants' counts of one endpoint and writes Steelyard's metrics about it."""

    def __init__(self, endpoint: str, cloudwatch: Any) -> None:
        self._endpoint = endpoint
        self._cloudwatch = cloudwatch
        self._questions = Questions(endpoint, cloudwatch)

    def batches(
        self,
        arms: tuple[str, str],
        span: tuple[datetime, datetime],
        canary_percent: float,
        policy: Policy,
        every: timedelta | None = None,
    ) -> tuple[tuple[Batch, ...], tuple[str, ...]]:
        """The batches of each whole minute of the span, and what could not be read, in words.

        A minute without a request has no data points: zero requests. A minute with requests but
        without the other counts is unreadable, and left out.

        Args:
            arms: names of the stable and the canary variant.
            span: from and until, on whole minutes, aware UTC.
            canary_percent: the intended canary share meanwhile.
            policy: says above which latency a request is slow, and which bands are counted.
            every: how often counts are published, those of each instance too; None: once a
                minute, and of whole variants alone.

        Raises:
            EndpointBusy: not readable for now.
            NeedsHuman: not readable ever, or counts are published less than once a minute.
        """
        if every is not None and every > MINUTE:
            seconds = f"{every.total_seconds():.0f} s"
            raise NeedsHuman(f"metrics are published every {seconds}, accepted: 60 s or less")
        batches: list[Batch] = []
        unreadable: list[str] = []
        with translated(f"read metrics of {self._endpoint}"):
            readings = self._readings(arms, span, policy, every)
            for minute in _minutes(*span):
                try:
                    batches += batches_of(minute, readings, canary_percent)
                except InvalidCounts as error:
                    unreadable.append(f"minute {minute:%H:%M}: {error}")
        return tuple(batches), tuple(unreadable)

    def requests(self, variant: str, span: tuple[datetime, datetime]) -> tuple[int, ...]:
        """A variant's requests in each whole minute of the span, oldest first.

        A minute without a data point is one without requests, or one whose counts are late.
        """
        source = Source(variant, {"requests": _REQUESTS}, MINUTE)
        with translated(f"read requests of {variant} of {self._endpoint}"):
            (table,) = self._questions.tables([source], span)
            counts = (table.get(minute, {}).get("requests", 0) for minute in _minutes(*span))
            return tuple(map(int, counts))

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

    def _readings(
        self,
        arms: tuple[str, str],
        span: tuple[datetime, datetime],
        policy: Policy,
        every: timedelta | None,
    ) -> Readings:
        wanted = [(arm, _wanted(policy, canary=arm == arms[1])) for arm in arms]
        whole = [Source(arm, counts, MINUTE) for arm, counts in wanted]
        bands = sum(count.startswith(BAND) for count in wanted[0][1])
        if every is None:
            stable, canary = self._questions.tables(whole, span)
            return Readings((stable, canary), None, (), MINUTE, bands)
        pieces = [Source(arm, counts, every) for arm, counts in wanted] if every < MINUTE else []
        few = {name: one for name, one in wanted[0][1].items() if not name.startswith(BAND)}
        parts = self._by_instance(arms[0], few, every)
        stable, canary, *rest = self._questions.tables([*whole, *pieces, *parts], span)
        cut, instances = rest[: len(pieces)], rest[len(pieces) :]
        if pieces and all(at.second == 0 for table in cut for at in table):
            cut = self._added_up(wanted, span, every)
        return Readings(
            (stable, canary), (cut[0], cut[1]) if cut else None, instances, every, bands
        )

    def _added_up(
        self,
        wanted: Sequence[tuple[str, _Wanted]],
        span: tuple[datetime, datetime],
        every: timedelta,
    ) -> list[Table]:
        """Both variants' counts as the sums of their instances'.

        AWS's documentation lets one expect a variant's own metrics as often as those of its
        instances; should they come once a minute all the same, the instances' are what there is.
        """
        return [
            _sum(self._questions.tables(self._by_instance(arm, counts, every), span))
            for arm, counts in wanted
        ]

    def _by_instance(self, variant: str, counts: _Wanted, every: timedelta) -> list[Source]:
        instances = self._questions.instances(variant)
        return [Source(variant, counts, every, instance) for instance in instances]


def whole_minute(instant: datetime) -> datetime:
    """The last minute boundary at or before `instant`."""
    return instant.replace(second=0, microsecond=0)


def _minutes(start: datetime, end: datetime) -> list[datetime]:
    count = int((end - start) / MINUTE)
    return [start + MINUTE * number for number in range(count)]


def _sum(tables: Sequence[Table]) -> Table:
    return {at: total(t.get(at, {}) for t in tables) for table in tables for at in table}


def _wanted(policy: Policy, *, canary: bool) -> dict[str, tuple[str, str]]:
    """Metric and statistic of each count.

    TC counts samples in a band, lower bound exclusive; ModelLatency is in microseconds. Source:
    "CloudWatch statistics definitions", which names no exception for SageMaker's metrics.
    """
    counts = {
        "requests": _REQUESTS,
        "errors": ("InvocationModelErrors", "Sum"),
        "slow": ("ModelLatency", f"TC({policy.slow_after / _MICROSECOND:.0f}:)"),
    }
    latency = policy.guardrail("latency")
    if latency is not None:
        scale = latency.margin if canary else 1.0
        bounds = ("", *latency_bounds(policy.slow_after, scale), "")
        for number, (above, up_to) in enumerate(pairwise(bounds)):
            counts[f"{BAND}{number}"] = ("ModelLatency", f"TC({above}:{up_to})")
    return counts
