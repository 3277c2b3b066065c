"""What is counted: one batch of requests in both arms. Pure; anyone may import it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from steelyard.errors import InvalidCounts


@dataclass(frozen=True, slots=True)
class Arm:
    """What one variant did in one batch: requests, and bad events by metric.

    Raises:
        InvalidCounts: a negative count, or more bad events than requests.
    """

    requests: int
    bad: Mapping[str, int]

    def __post_init__(self) -> None:
        if self.requests < 0:
            raise InvalidCounts(f"requests: got {self.requests}, accepted: 0 or more")
        for metric, count in self.bad.items():
            if not 0 <= count <= self.requests:
                raise InvalidCounts(
                    f"{metric}: got {count}, accepted: 0 to {self.requests} requests"
                )


@dataclass(frozen=True, slots=True)
class Batch:
    """The realised counts of both arms over one interval (not cumulative).

    Attributes:
        end: end of the interval, aware UTC.
        canary_percent: the intended canary share while it lasted.
        stable, canary: what each variant did.
    """

    end: datetime
    canary_percent: int
    stable: Arm
    canary: Arm
