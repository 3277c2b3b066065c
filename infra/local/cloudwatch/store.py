"""The samples of all metrics, thread-safe and bounded. Only `infra/local/cloudwatch` imports it.

A metric's identity is its namespace, name and exact set of dimensions (user guide, "Dimensions").
"""

import math
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from infra.local.clock import Clock
from infra.local.cloudwatch.errors import invalid_request
from infra.local.cloudwatch.statistics import Summary

MINUTE = 60
FINE = 10
"""High-resolution samples are kept per 10 s (AWS: per second); the rest per minute."""
RAW_SECONDS = 3 * 3600
"""So long single values and 10 s steps are kept, as AWS keeps high-resolution data."""
KEPT_SECONDS = 15 * 86400
"""So long minutes are kept, as AWS keeps them (user guide, "Metrics retention")."""
LISTED_SECONDS = 14 * 86400
"""ListMetrics leaves out metrics without a sample in the past two weeks."""
_PRUNE_EVERY = 3600


@dataclass(frozen=True, slots=True)
class MetricKey:
    """What makes two samples samples of the same metric."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Mapping[str, str]) -> "MetricKey":
        """Make the key; the order of dimensions is immaterial."""
        return cls(namespace, name, tuple(sorted(dimensions.items())))


@dataclass(slots=True)
class _Stream:
    """The samples of one metric in one unit, by the second at which their slot starts."""

    fresh: dict[int, Summary] = field(default_factory=dict)
    aged: dict[int, Summary] = field(default_factory=dict)
    step: int = MINUTE
    latest: float = -math.inf

    def slot(self, at: float, step: int) -> Summary:
        self.step = min(self.step, step)
        self.latest = max(self.latest, at)
        return self.fresh.setdefault(math.floor(at / step) * step, Summary())

    def age(self, raw_from: float, kept_from: float) -> None:
        """Forget single values older than `raw_from` and minutes older than `kept_from`."""
        for start in [start for start in self.fresh if start < raw_from]:
            old = self.fresh.pop(start)
            minute = start - start % MINUTE
            self.aged.setdefault(minute, Summary(values=None)).merge(old)
        for start in [start for start in self.aged if start < kept_from]:
            del self.aged[start]

    def between(self, start: int, end: int) -> Iterable[tuple[int, Summary]]:
        """Answer the slots that start in [start, end), in no order."""
        first = -(-start // self.step) * self.step
        looked_up = range(first, end, self.step)
        for slots in (self.fresh, self.aged):
            if len(looked_up) < len(slots):
                yield from ((at, slots[at]) for at in looked_up if at in slots)
            else:
                yield from ((at, summary) for at, summary in slots.items() if start <= at < end)


class MetricStore:
    """All metrics. Every method may be called from any thread."""

    def __init__(self, clock: Clock) -> None:
        """Start empty; ages are measured by `clock`."""
        self._clock = clock
        self._lock = threading.Lock()
        self._metrics: dict[MetricKey, dict[str, _Stream]] = {}
        self._pruned = clock.time()

    def add(
        self,
        key: MetricKey,
        samples: Iterable[tuple[float, float]],
        *,
        unit: str = "None",
        at: float | None = None,
        step: int = MINUTE,
    ) -> None:
        """Store (value, weight) samples at a time in seconds since the epoch; now if None."""
        stamp = self._clock.time() if at is None else at
        with self._lock:
            slot = self._stream(key, unit).slot(stamp, step)
            for value, weight in samples:
                slot.add(value, weight)

    def add_set(
        self,
        key: MetricKey,
        statistic_set: tuple[float, float, float, float],
        *,
        unit: str,
        at: float,
        step: int = MINUTE,
    ) -> None:
        """Store a statistic set (count, sum, minimum, maximum)."""
        with self._lock:
            self._stream(key, unit).slot(at, step).add_set(*statistic_set)

    def units(self, key: MetricKey) -> list[str]:
        """Answer the units in which a metric has samples."""
        with self._lock:
            return sorted(self._metrics.get(key, {}))

    def read(
        self,
        key: MetricKey,
        span: range,
        unit: str | None = None,
        *,
        ranks: bool = True,
    ) -> dict[int, Summary]:
        """Answer the samples of each period that has any, by the second at which it starts.

        Args:
            span: the first second, the second to stop before, and the period as its step.
            ranks: whether single values are wanted too.

        Raises:
            AwsError: no unit is given and the metric has samples in several.
        """
        found: dict[int, Summary] = {}
        for at, slot in self._slots(key, span, unit):
            begin = span.start + (at - span.start) // span.step * span.step
            summary = found.setdefault(begin, Summary(values={} if ranks else None))
            # Locked slot by slot: a long read must not hold up those who record requests.
            with self._lock:
                summary.merge(slot)
        return found

    def _slots(self, key: MetricKey, span: range, unit: str | None) -> list[tuple[int, Summary]]:
        with self._lock:
            found = {
                name: slots
                for name, stream in self._metrics.get(key, {}).items()
                if unit in (None, name) and (slots := list(stream.between(span.start, span.stop)))
            }
        if len(found) > 1:
            # AWS keeps one series for each unit and documents no rule for choosing among them.
            raise invalid_request(
                f"The metric {key.name!r} has samples in the units {', '.join(sorted(found))}: "
                "name one as Unit."
            )
        return next(iter(found.values()), [])

    def keys(self, *, active_within: float = LISTED_SECONDS) -> list[MetricKey]:
        """Answer the metrics with a sample in the past so many seconds, sorted."""
        active_from = self._clock.time() - active_within
        with self._lock:
            return sorted(
                (
                    key
                    for key, streams in self._metrics.items()
                    if any(stream.latest >= active_from for stream in streams.values())
                ),
                key=lambda key: (key.namespace, key.name, key.dimensions),
            )

    def _stream(self, key: MetricKey, unit: str) -> _Stream:
        now = self._clock.time()
        if now - self._pruned >= _PRUNE_EVERY:
            self._prune(now)
        return self._metrics.setdefault(key, {}).setdefault(unit, _Stream())

    def _prune(self, now: float) -> None:
        self._pruned = now
        for key, streams in list(self._metrics.items()):
            for unit, stream in list(streams.items()):
                stream.age(now - RAW_SECONDS, now - KEPT_SECONDS)
                if not stream.fresh and not stream.aged:
                    del streams[unit]
            if not streams:
                del self._metrics[key]
