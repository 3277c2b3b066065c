"""What is counted: one batch of requests in both arms. Pure; anyone may import it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from steelyard.errors import InvalidCounts

OTHER = "other"
"""Where labels are counted whose segment is named in no model's file."""


_COUNTERS = {"errors": "errors", "latency": "slow"}


@dataclass(frozen=True, slots=True)
class Labels:
    """Labelled requests of one segment: how many, and how many of them were answered wrongly.

    Raises:
        InvalidCounts: a negative count, or more wrong ones than labels.
    """

    labels: int
    wrong: int

    def __post_init__(self) -> None:
        if not 0 <= self.wrong <= self.labels:
            raise InvalidCounts(f"wrong: got {self.wrong}, accepted: 0 to {self.labels} labels")


@dataclass(frozen=True, slots=True)
class SegmentCounts:
    """Requests of one segment, and how many of them ended in an error.

    Raises:
        InvalidCounts: a negative count, or more errors than requests.
    """

    requests: int
    errors: int

    def __post_init__(self) -> None:
        if not 0 <= self.errors <= self.requests:
            raise InvalidCounts(f"errors: got {self.errors}, accepted: 0 to {self.requests}")


@dataclass(frozen=True, slots=True)
class Arm:
    """What one variant did in one batch.

    Attributes:
        requests: answered or not.
        bad: bad events among the requests, by what is counted; what was not measured is absent.
        latency: requests by latency band, in the same bands for both variants and all batches,
            but for the margin (see `bands.py`); empty: not measured.
        labels: labels that arrived meanwhile, by segment; the requests may be older.
        segments: requests and errors by segment, where errors are known by segment; only a client
            or a gateway can tell.

    Raises:
        InvalidCounts: a negative count, or more bad events than requests.
    """

    requests: int
    bad: Mapping[str, int]
    latency: tuple[int, ...] = ()
    labels: Mapping[str, Labels] = field(default_factory=dict)
    segments: Mapping[str, SegmentCounts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.requests < 0:
            raise InvalidCounts(f"requests: got {self.requests}, accepted: 0 or more")
        for metric, count in self.bad.items():
            if not 0 <= count <= self.requests:
                raise InvalidCounts(
                    f"{metric}: got {count}, accepted: 0 to {self.requests} requests"
                )
        if any(count < 0 for count in self.latency):
            raise InvalidCounts(f"latency: got {self.latency}, accepted: counts of 0 or more")

    def measured(self, metric: str) -> int:
        """How many requests, or labels, a guardrail's metric was measured on."""
        if metric == "labels":
            return sum(one.labels for one in self.labels.values())
        return self.requests if _COUNTERS[metric] in self.bad else 0


@dataclass(frozen=True, slots=True)
class Batch:
    """The realised counts of both arms over one interval (not cumulative).

    Attributes:
        end: end of the interval, aware UTC.
        canary_percent: the intended canary share while it lasted, 0 to 100.
        stable, canary: what each variant did.
        stable_parts: disjoint parts of stable, such as its instances; by them overdispersion is
            estimated. None: requests are taken to fail independently.
    """

    end: datetime
    canary_percent: float
    stable: Arm
    canary: Arm
    stable_parts: tuple[Arm, ...] = ()
