"""Counts of InvokeEndpoint calls, as the metrics that SageMaker publishes. Only the router adds.

Latencies are real microseconds: compressed time speeds the clock, not the requests.
"""

import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from infra.local.sagemaker.context import Context, Stopped

NAMESPACE = "AWS/SageMaker"
_MINUTE_S = 60
_GRACE_S = 1.0
"""Virtual seconds after a minute's end before its counts go out."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """How one call ended.

    Attributes:
        status: what the model answered; 0 when nothing (broken connection, time-out, no server).
        model_us: from the request to the model until its answer; None when it never answered.
        overhead_us: the rest of the time in our hands.
        instances: of the variant, when the call came.
    """

    status: int
    model_us: float | None
    overhead_us: float
    instances: int


class Invocations:
    """Batches of calls per endpoint, variant and virtual minute.

    One batch goes out whole, stamped with the start of its minute: a call's counts can never
    fall into two minutes, which would show more errors than requests.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._batches: dict[tuple[int, str, str], list[Invocation]] = {}

    def add(self, endpoint: str, variant: str, invocation: Invocation) -> None:
        """Count a call that ended now. Cheap: it is on the way of every request."""
        minute = int(self._context.cloud.clock.time() // _MINUTE_S)
        with self._lock:
            self._batches.setdefault((minute, endpoint, variant), []).append(invocation)

    def run(self) -> None:
        """Send every minute's counts soon after its end, until the service stops."""
        clock = self._context.cloud.clock
        try:
            while True:
                self._context.wait(_MINUTE_S - clock.time() % _MINUTE_S + _GRACE_S)
                self.flush(before=int(clock.time() // _MINUTE_S))
        except Stopped:
            return

    def flush(self, before: float = math.inf) -> None:
        """Send the counts of the minutes before a minute (since the epoch); all by default."""
        with self._lock:
            keys = [key for key in self._batches if key[0] < before]
            batches = {key: self._batches.pop(key) for key in keys}
        for (minute, endpoint, variant), calls in batches.items():
            for name, unit, values in _metrics(calls):
                self._context.cloud.record_metric(
                    NAMESPACE,
                    name,
                    {"EndpointName": endpoint, "VariantName": variant},
                    values,
                    unit,
                    at=datetime.fromtimestamp(minute * _MINUTE_S, UTC),
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
