"""The engine itself on a scene's traffic, one run at a time. For bench and its tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np

from bench.counts import Look, Side
from bench.traffic.curves import Floats
from bench.traffic.latency import SLOW_AFTER
from bench.traffic.scene import Scene
from steelyard.evidence import (
    Arm,
    Batch,
    Evidence,
    Labels,
    Promise,
    SegmentCounts,
    begin,
    latency_bounds,
    weigh,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def segment_names(segments: int) -> tuple[str, ...]:
    """What the segments are called, in the order of a side's columns."""
    return tuple(f"segment-{number:02}" for number in range(segments))


def batch_of(look: Look, run: int) -> Batch:
    """One run's batch as the engine takes it.

    Requests are slow by their bands: by `slow_after` for stable, by margin times it for a canary
    whose bands are a margin as wide.
    """
    return Batch(
        START + timedelta(seconds=look.seconds),
        look.canary_percent,
        _arm(look.stable, run),
        _arm(look.canary, run),
        _parts(look.stable, run),
    )


def requests_until(
    stops: Callable[[Evidence], bool],
    scene: Scene,
    promise: Promise,
    *,
    runs: int,
    rng: np.random.Generator,
) -> Floats:
    """Each run's canary requests until the engine's evidence stops it; inf: never, (runs,)."""
    found = np.full(runs, np.inf)
    here, evidence = np.arange(runs), [begin(promise)] * runs
    requests = np.zeros(runs)
    looks = scene.looks(rng, runs)
    look = next(looks)
    while True:
        goes_on = np.ones(len(here), dtype=np.bool_)
        requests = requests + look.canary.requests
        for row in range(len(here)):
            evidence[row] = weigh(evidence[row], batch_of(look, row), promise)
            if stops(evidence[row]):
                found[here[row]], goes_on[row] = requests[row], False
        here, requests = here[goes_on], requests[goes_on]
        evidence = [one for one, on in zip(evidence, goes_on, strict=True) if on]
        try:
            look = looks.send(goes_on)
        except StopIteration:
            return found
        if not len(here):
            return found


def _arm(side: Side, run: int) -> Arm:
    bad = {"errors": int(side.errors[run])}
    latency: tuple[int, ...] = ()
    if side.latency is not None:
        latency = tuple(side.latency[run].tolist())
        bad["slow"] = sum(latency[_first_slow() :])
    return Arm(int(side.requests[run]), bad, latency, _labels(side, run), _segments(side, run))


def _labels(side: Side, run: int) -> dict[str, Labels]:
    if side.labels is None or side.wrong is None:
        return {}
    counts = zip(side.labels[run].tolist(), side.wrong[run].tolist(), strict=True)
    names = segment_names(side.labels.shape[1])
    return {name: Labels(*one) for name, one in zip(names, counts, strict=True) if one[0]}


def _segments(side: Side, run: int) -> dict[str, SegmentCounts]:
    if side.segment_requests is None or side.segment_errors is None:
        return {}
    counts = zip(
        side.segment_requests[run].tolist(), side.segment_errors[run].tolist(), strict=True
    )
    names = segment_names(side.segment_requests.shape[1])
    return {name: SegmentCounts(*one) for name, one in zip(names, counts, strict=True)}


def _parts(side: Side, run: int) -> tuple[Arm, ...]:
    if side.part_requests is None or side.part_errors is None:
        return ()
    counts = zip(side.part_requests[run].tolist(), side.part_errors[run].tolist(), strict=True)
    return tuple(Arm(requests, {"errors": errors}) for requests, errors in counts)


def _first_slow() -> int:
    """The first band above `slow_after`."""
    return latency_bounds(SLOW_AFTER).index(round(SLOW_AFTER / _MICROSECOND)) + 1
