"""A small local cloud for tests of SageMaker alone: moto's S3, and lists of what was sent."""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from infra.local.clock import Clock
from infra.local.ports import Params

ACCOUNT = "000000000000"
REGION = "eu-west-1"


class Event(NamedTuple):
    """What was put on the bus."""

    source: str
    detail_type: str
    detail: Params
    resources: list[str]


class Metric(NamedTuple):
    """What was recorded."""

    namespace: str
    name: str
    dimensions: dict[str, str]
    values: list[float]
    unit: str
    at: datetime | None
    fine: bool


class FakeCloud:
    """What `ports.Cloud` asks for, and a bucket of its own."""

    account = ACCOUNT
    region = REGION
    url = "http://127.0.0.1:1"

    def __init__(self, state_dir: Path, factor: float, s3: Any, bucket: str) -> None:
        self.clock = Clock(factor)
        self.state_dir = state_dir
        self._events: list[Event] = []
        self.metrics: list[Metric] = []
        self.bus_broken = False
        self._lock = threading.Lock()
        self.s3 = s3
        self.bucket = bucket

    def client(self, service: str) -> Any:
        if service != "s3":
            raise AssertionError(f"SageMaker asked for {service!r}; it needs S3 only")
        return self.s3

    def put_event(
        self, source: str, detail_type: str, detail: Params, resources: Sequence[str]
    ) -> None:
        if self.bus_broken:
            raise ConnectionError("the bus is down")
        with self._lock:
            self._events.append(Event(source, detail_type, detail, list(resources)))

    def events(self, detail_type: str) -> list[Event]:
        with self._lock:
            return [event for event in self._events if event.detail_type == detail_type]

    def invoke_lambda(self, function_arn: str, payload: Params) -> None:
        raise AssertionError(f"SageMaker invoked {function_arn!r} with {payload!r}")

    def record_metric(  # noqa: PLR0913, PLR0917 - the port's signature
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        values: Sequence[float],
        unit: str = "None",
        at: datetime | None = None,
        *,
        fine: bool = False,
    ) -> None:
        with self._lock:
            self.metrics.append(
                Metric(namespace, name, dict(dimensions), list(values), unit, at, fine)
            )
