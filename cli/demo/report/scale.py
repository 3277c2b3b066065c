"""Maps times and values to places on a chart. For the report only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

# Steps between marks that people can count in.
_ROUND = (1.0, 2.0, 5.0, 10.0)
_ROUND_MINUTES = (1, 2, 5, 10, 15, 20, 30, 60, 120, 240, 480, 1440)


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight map from [low, high] to [first, last] pixels; what lies outside is held in."""

    low: float
    high: float
    first: float
    last: float

    def __call__(self, value: float) -> float:
        """The pixel that belongs to `value`."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.first + share * (self.last - self.first)


@dataclass(frozen=True, slots=True)
class TimeScale:
    """A map from moments to pixels."""

    start: datetime
    end: datetime
    first: float
    last: float

    def __call__(self, at: datetime) -> float:
        """The pixel that belongs to `at`."""
        whole = (self.end - self.start).total_seconds()
        return Scale(0, whole, self.first, self.last)((at - self.start).total_seconds())

    def marks(self, most: int) -> list[tuple[datetime, int]]:
        """At most `most` + 1 moments in round minutes from the start, with those minutes."""
        minutes = (self.end - self.start) / timedelta(minutes=1)
        step = next((s for s in _ROUND_MINUTES if minutes / s <= most), _ROUND_MINUTES[-1])
        return [
            (self.start + timedelta(minutes=minute), minute)
            for minute in range(0, int(minutes) + 1, step)
        ]


def marks(low: float, high: float, most: int) -> list[float]:
    """Round values from `low` to `high`, about `most` of them."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(r * power for r in _ROUND if r * power >= rough)
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def rounded_up(value: float) -> float:
    """The end of an axis that has to reach `value`: the next round number."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(
        r * power
        for r in (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
        if r * power >= value * (1 - 1e-9)
    )
