"""Clients of the endpoint: several threads that send real contexts all along, and keep count.

Uses nothing but the SageMaker runtime API, as any user's client would. For the demo only.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cli.demo.latency import Histogram
from cli.demo.story_data import ClientTotals

_CLIENTS = 4
_THREADS = 4

CONFIG = Config(
    # A retry would hide what the user would have seen.
    retries={"mode": "standard", "total_max_attempts": 1},
    max_pool_connections=_THREADS,
    connect_timeout=5,
    read_timeout=30,
    tcp_keepalive=True,
)
_KEPT_SECONDS = 3_600
_MOST_BEHIND = 0.5  # seconds; a later client skips what it missed instead of sending a burst
_VARIANT_HEADER = "x-amzn-invoked-production-variant"
_UNNAMED = "unnamed"  # AWS documents the header for good answers only


@dataclass(slots=True)
class Second:
    """What the clients saw within one second of `time.monotonic`.

    Attributes:
        at: the second.
        answered: good answers by variant.
        model_errors: requests that a model container failed, by variant.
        platform_errors: anything else that went wrong, by what it was.
    """

    at: int
    answered: Counter[str] = field(default_factory=Counter)
    model_errors: Counter[str] = field(default_factory=Counter)
    platform_errors: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one request ended: `error` is None, "model", or the name of a platform error."""

    variant: str
    error: str | None
    seconds: float


class Traffic:
    """Clients that together send `rate` requests a second to one endpoint."""

    def __init__(self, client: Any, endpoint: str, contexts: Iterator[str], rate: float) -> None:
        """Prepare the clients.

        Args:
            client: of `sagemaker-runtime`, made with `CONFIG`; the threads share it.
            endpoint: its name.
            contexts: what to send.
            rate: requests a second of real time, all together.
        """
        self._client = client
        self._endpoint = endpoint
        self._contexts = contexts
        self._interval = 1 / rate
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._next = 0.0
        self._recorder = Recorder()
        self._threads = [
            threading.Thread(target=self._run, name=f"client-{number}", daemon=True)
            for number in range(_THREADS)
        ]

    def start(self) -> None:
        """Start sending; once only."""
        self._next = time.monotonic()
        for thread in self._threads:
            thread.start()

    def stop(self, patience: float = 10.0) -> ClientTotals:
        """Stop sending, wait for the answers still under way, and return the totals.

        Args:
            patience: seconds to wait for all of them together; a client that hangs longer is
                left behind and can't delay the end.
        """
        self._stopped.set()
        deadline = time.monotonic() + patience
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        return self.snapshot()

    def snapshot(self) -> ClientTotals:
        """All that was counted so far."""
        return self._recorder.totals()

    def seconds(self) -> list[Second]:
        """The last hour, second by second."""
        return self._recorder.seconds()

    def _run(self) -> None:
        while (turn := self._turn()) is not None:
            at, context = turn
            if self._stopped.wait(max(0.0, at - time.monotonic())):
                return
            self._recorder.add(self._send(context))

    def _turn(self) -> tuple[float, str] | None:
        """When the next request is due, and its context; None once stopped."""
        with self._lock:
            if self._stopped.is_set():
                return None
            self._next = max(self._next, time.monotonic() - _MOST_BEHIND)
            at = self._next
            self._next += self._interval
            return at, next(self._contexts)

    def _send(self, context: str) -> Outcome:
        started = time.monotonic()
        error = None
        try:
            response = self._client.invoke_endpoint(
                EndpointName=self._endpoint,
                ContentType="application/json",
                Body=json.dumps({"context": context}),
            )
            variant = response["InvokedProductionVariant"]
            response["Body"].read()
        except ClientError as refusal:
            code = refusal.response["Error"]["Code"]
            headers = refusal.response["ResponseMetadata"].get("HTTPHeaders", {})
            variant = headers.get(_VARIANT_HEADER, _UNNAMED)
            error = "model" if code == "ModelError" else code
        except BotoCoreError as failure:
            variant, error = _UNNAMED, type(failure).__name__
        return Outcome(variant, error, time.monotonic() - started)


class Recorder:
    """Counts outcomes in bounded memory. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds: deque[Second] = deque(maxlen=_KEPT_SECONDS)
        self._total = Second(0)
        self._latency = Histogram()
        self._began: float | None = None
        self._ended = 0.0

    def add(self, outcome: Outcome) -> None:
        """Count one request that has just ended."""
        now = time.monotonic()
        with self._lock:
            if self._began is None:
                self._began = now
            self._ended = now
            if not self._seconds or self._seconds[-1].at != int(now):
                self._seconds.append(Second(int(now)))
            for counts in (self._seconds[-1], self._total):
                if outcome.error is None:
                    counts.answered[outcome.variant] += 1
                elif outcome.error == "model":
                    counts.model_errors[outcome.variant] += 1
                else:
                    counts.platform_errors[outcome.error] += 1
            self._latency.add(outcome.seconds)

    def totals(self) -> ClientTotals:
        """Everything counted so far."""
        with self._lock:
            total = self._total
            answered, failed = sum(total.answered.values()), sum(total.model_errors.values())
            requests = answered + failed + sum(total.platform_errors.values())
            lasted = self._ended - self._began if self._began is not None else 0.0
            return ClientTotals(
                requests=requests,
                answered=dict(sorted(total.answered.items())),
                model_errors=dict(sorted(total.model_errors.items())),
                platform_errors=dict(sorted(total.platform_errors.items())),
                seconds=lasted,
                p50_ms=_milliseconds(self._latency.quantile(0.5)),
                p99_ms=_milliseconds(self._latency.quantile(0.99)),
            )

    def seconds(self) -> list[Second]:
        """A copy of the seconds still kept."""
        with self._lock:
            return [
                Second(
                    second.at,
                    second.answered.copy(),
                    second.model_errors.copy(),
                    second.platform_errors.copy(),
                )
                for second in self._seconds
            ]


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1e3, 2)
