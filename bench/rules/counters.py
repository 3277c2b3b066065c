"""Which events of a batch a rule counts as bad. For bench/rules and who composes rules."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from math import sqrt

import numpy as np

from bench.counts import Ints, Side
from steelyard.evidence import latency_bounds

SLOW_AFTER = timedelta(seconds=1)
"""What the bands of `Side.latency` are around."""

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Counter:
    """What to count in one variant's batch.

    Attributes:
        name: as the tables show it.
        of: observations and bad ones among them, (runs,) each.
        events: whether the bad ones are events; else `of` gives a sum, of latencies for example.
    """

    name: str
    of: Callable[[Side], tuple[Ints, Ints]]
    events: bool = True


def _there(counts: Ints | None, what: str) -> Ints:
    if counts is None:
        message = f"the scene has no {what}, which this rule counts: choose another counter"
        raise ValueError(message)
    return counts


def _wrong_labels(side: Side) -> tuple[Ints, Ints]:
    labels, wrong = _there(side.labels, "labels"), _there(side.wrong, "labels")
    return labels.sum(axis=1), wrong.sum(axis=1)


ERRORS = Counter("errors", lambda side: (side.requests, side.errors))
WRONG_LABELS = Counter("wrong labels", _wrong_labels)


def errors_in(segment: int) -> Counter:
    """Errors among one segment's requests."""

    def count(side: Side) -> tuple[Ints, Ints]:
        requests = _there(side.segment_requests, "requests by segment")
        return requests[:, segment], _there(side.segment_errors, "errors by segment")[:, segment]

    return Counter(f"errors in segment {segment}", count)


def wrong_labels_in(segment: int) -> Counter:
    """Wrong labels among one segment's."""

    def count(side: Side) -> tuple[Ints, Ints]:
        labels, wrong = _there(side.labels, "labels"), _there(side.wrong, "labels")
        return labels[:, segment], wrong[:, segment]

    return Counter(f"wrong labels in segment {segment}", count)


def slow_from(band: int) -> Counter:
    """Requests in this latency band and slower ones.

    "p99 above a band's lower bound" is "more than 1 % of the requests are in it or slower".
    A scene with a margin has wider bands for the canary: the rule then has the margin too.
    """

    def count(side: Side) -> tuple[Ints, Ints]:
        bands = _there(side.latency, "latencies")
        return bands.sum(axis=1), bands[:, band:].sum(axis=1)

    return Counter(f"latency from band {band}", count)


def band_above(latency: timedelta) -> int:
    """The first latency band that lies wholly above `latency`."""
    return bisect_left(latency_bounds(SLOW_AFTER), latency / _MICROSECOND) + 1


def _band_middles() -> Ints:
    bounds = latency_bounds(SLOW_AFTER)
    width = sqrt(bounds[-1] / bounds[-2])
    middles = [bounds[0] / width, *map(_middle, bounds, bounds[1:]), bounds[-1] * width]
    return np.rint(middles).astype(np.int64)


def _middle(low: float, high: float) -> float:
    return sqrt(low * high)


def _latency_sum(side: Side) -> tuple[Ints, Ints]:
    bands = _there(side.latency, "latencies")
    return bands.sum(axis=1), bands @ _band_middles()


AVERAGE_LATENCY = Counter("average latency", _latency_sum, events=False)
"""Sum of latencies in microseconds, each the geometric middle of its band."""
