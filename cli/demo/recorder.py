"""Counts what the demo's clients saw, in bounded memory. For the demo only."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field

from cli.demo.latency import Histogram
from cli.demo.story_data import ClientTotals

_KEPT_SECONDS = 3_600


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


class Recorder:
    """Counts outcomes. Thread-safe."""

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
