"""Counts of InvokeEndpoint calls, as the metrics that SageMaker publishes. Only the router adds.

Latencies are real microseconds: compressed time speeds the clock, not the requests.
"""

import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from infra.local.ports import Params
from infra.local.sagemaker.context import Context, Stopped

NAMESPACE = "AWS/SageMaker"
_MINUTE_S = 60
_STEP_S = 10
"""The shortest time between two publications, and a part of each other one."""
_GRACE_S = 1.0
"""Virtual seconds after a period's end before its counts go out."""


class Cadence(NamedTuple):
    """How often calls are counted, and whether by instance too."""

    every_s: int
    by_instance: bool

    @classmethod
    def of(cls, metrics: Params) -> "Cadence":
        """Answer what an endpoint config's MetricsConfig says."""
        every_s = metrics.get("MetricPublishFrequencyInSeconds", _MINUTE_S)
        return cls(every_s, metrics.get("EnableEnhancedMetrics", False))


EVERY_MINUTE = Cadence(_MINUTE_S, by_instance=False)


@dataclass(frozen=True, slots=True)
class Invocation:
    """How one call ended.

    Attributes:
        status: what the model answered; 0 when nothing (broken connection, time-out, no server).
        model_us: from the request to the model until its answer; None when it never answered.
        overhead_us: the rest of the time in our hands.
        instances: of the variant, when the call came.
        instance: the one that was asked; None where there was none.
    """

    status: int
    model_us: float | None
    overhead_us: float
    instances: int
    instance: str | None


class _Batch(NamedTuple):
    """Calls that go out together."""

    start_s: int
    cadence: Cadence
    endpoint: str
    variant: str


class Invocations:
    """Batches of calls per endpoint, variant and period of virtual time.

    One batch goes out whole, stamped with the start of its period: a call's counts can never
    fall into two periods, which would show more errors than requests.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._batches: dict[_Batch, list[Invocation]] = {}

    def add(self, endpoint: str, variant: str, invocation: Invocation, cadence: Cadence) -> None:
        """Count a call that ended now. Cheap: it is on the way of every request."""
        every_s = cadence.every_s
        start_s = int(self._context.cloud.clock.time() // every_s) * every_s
        batch = _Batch(start_s, cadence, endpoint, variant)
        with self._lock:
            self._batches.setdefault(batch, []).append(invocation)

    def run(self) -> None:
        """Send every period's counts soon after its end, until the service stops."""
        clock = self._context.cloud.clock
        try:
            while True:
                self._context.wait(_STEP_S - clock.time() % _STEP_S + _GRACE_S)
                self.flush(clock.time())
        except Stopped:
            return

    def flush(self, now: float = math.inf) -> None:
        """Send the counts of the periods that are over by a time; all by default."""
        with self._lock:
            over = [one for one in self._batches if one.start_s + one.cadence.every_s <= now]
            batches = {one: self._batches.pop(one) for one in over}
        for batch, calls in batches.items():
            self._send(batch, {}, calls)
            if batch.cadence.by_instance:
                for instance in sorted({one.instance for one in calls if one.instance}):
                    own = [one for one in calls if one.instance == instance]
                    self._send(batch, {"InstanceId": instance}, own)

    def _send(self, batch: _Batch, more: dict[str, str], calls: list[Invocation]) -> None:
        """Under the variant's dimensions alone, and beside them under those with an instance.

        Source: "Metric name mapping: legacy to OTel" lists both for each invocation metric.
        """
        for name, unit, values in _metrics(calls):
            self._context.cloud.record_metric(
                NAMESPACE,
                name,
                {"EndpointName": batch.endpoint, "VariantName": batch.variant} | more,
                values,
                unit,
                at=datetime.fromtimestamp(batch.start_s, UTC),
                fine=batch.cadence.every_s < _MINUTE_S,
            )


def _metrics(calls: list[Invocation]) -> Iterator[tuple[str, str, list[float]]]:
    """Yield (metric, unit, one value per call). Errors are 0 or 1, so their average is a rate.

    A call without an answer counts among the 5XX too: its ModelError says "server error (0)".
    Source: "Monitor SageMaker with CloudWatch", endpoint invocation metrics.
    """
    yield "Invocations", "None", [1.0] * len(calls)
    yield "InvocationsPerInstance", "None", [1.0 / one.instances for one in calls]
    yield "Invocation4XXErrors", "None", [float(400 <= one.status < 500) for one in calls]
    yield (
        "Invocation5XXErrors",
        "None",
        [float(one.status >= 500 or not one.status) for one in calls],
    )
    yield "InvocationModelErrors", "None", [float(not 200 <= one.status < 300) for one in calls]
    latencies = [one.model_us for one in calls if one.model_us is not None]
    if latencies:
        yield "ModelLatency", "Microseconds", latencies
    yield "OverheadLatency", "Microseconds", [one.overhead_us for one in calls]
