"""Minutes of traffic, and what the evidence makes of them. Not a test itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from steelyard.evidence import (
    BANDS,
    Arm,
    Batch,
    Evidence,
    Guardrail,
    Labels,
    Promise,
    SegmentCounts,
    Verdict,
    begin,
    judge,
    weigh,
)

from .simulation import MINUTE, START

PROMISE = Promise(
    alpha=0.01,
    beta=0.05,
    guardrails=(
        Guardrail("errors", 0.6),
        Guardrail("latency", 0.4, margin=1.1, absolute_margin=0.02),
    ),
    step_odds=(3.0, 2.0, 1.5),
)
SEGMENTS = ("networking", "text", "data-formats", "mathematics")
LABELLED = Promise(
    alpha=0.01,
    beta=0.05,
    guardrails=(
        Guardrail("errors", 0.6),
        Guardrail("labels", 0.4, absolute_margin=None),
    ),
    step_odds=(3.0, 2.0, 1.5),
    segments=SEGMENTS,
)
Bad = Mapping[str, int]
Counts = Mapping[str, tuple[int, int]]


def bands(requests: int, slower: int = 0) -> tuple[int, ...]:
    """Requests spread over six bands, `slower` bands up."""
    up_to = [round(requests * weight / 32) for weight in (0, 1, 6, 16, 26, 31, 32)]
    here = tuple(more - less for less, more in pairwise(up_to))
    first = 10 + slower
    return (0,) * first + here + (0,) * (BANDS - first - len(here))


def batch(
    *, canary: int = 60, stable: int = 1140, canary_bad: Bad, stable_bad: Bad, percent: int = 5
) -> Batch:
    """One minute; latencies are measured, and alike, where slow requests are."""
    arms = [
        Arm(requests, bad, bands(requests) if "slow" in bad else ())
        for requests, bad in ((stable, stable_bad), (canary, canary_bad))
    ]
    return Batch(START, percent, arms[0], arms[1])


def slowed(minute: Batch, by: int) -> Batch:
    """The minute with all of the canary's requests some bands up."""
    canary = minute.canary
    return replace(minute, canary=replace(canary, latency=bands(canary.requests, by)))


def labelled(canary: Counts, stable: Counts, percent: int = 10) -> Batch:
    """A minute in which labels arrived: by segment how many, and how many of them wrong."""
    arms = [
        Arm(0, {}, labels={name: Labels(*counts) for name, counts in segments.items()})
        for segments in (stable, canary)
    ]
    return Batch(START, percent, arms[0], arms[1])


def segmented(canary: Counts, stable: Counts, percent: float = 10) -> Batch:
    """A minute of which errors are known by segment: requests, and how many failed."""
    arms = [
        Arm(
            sum(requests for requests, _ in segments.values()),
            {"errors": sum(errors for _, errors in segments.values())},
            segments={name: SegmentCounts(*counts) for name, counts in segments.items()},
        )
        for segments in (stable, canary)
    ]
    return Batch(START, percent, arms[0], arms[1])


def pooled_only(minute: Batch) -> Batch:
    """The minute, had errors not been counted by segment."""
    return replace(
        minute,
        stable=replace(minute.stable, segments={}),
        canary=replace(minute.canary, segments={}),
    )


def with_parts(minute: Batch, *parts: tuple[int, int]) -> Batch:
    """The minute with the requests and errors of stable's parts."""
    counted = tuple(Arm(requests, {"errors": errors}) for requests, errors in parts)
    return replace(minute, stable_parts=counted)


HEALTHY = batch(canary_bad={"errors": 1, "slow": 2}, stable_bad={"errors": 19, "slow": 38})
FAILING = batch(canary_bad={"errors": 30, "slow": 2}, stable_bad={"errors": 19, "slow": 38})
SLOWER = slowed(
    batch(canary_bad={"errors": 1, "slow": 30}, stable_bad={"errors": 19, "slow": 38}), by=2
)
INCIDENT = batch(canary_bad={"errors": 30, "slow": 45}, stable_bad={"errors": 570, "slow": 855})
PERFECT = batch(canary_bad={"errors": 0, "slow": 0}, stable_bad={"errors": 0, "slow": 0})
HALVES = batch(
    canary=600, stable=600, percent=50, canary_bad={"errors": 6}, stable_bad={"errors": 6}
)
UNMEASURED = batch(canary_bad={}, stable_bad={})


def after(*batches: Batch, promise: Promise = PROMISE) -> Evidence:
    """The evidence of these batches, a minute each."""
    return more(begin(promise), *batches, promise=promise)


def more(evidence: Evidence, *batches: Batch, promise: Promise) -> Evidence:
    """The evidence with some more batches, a minute each."""
    for one in batches:
        end = (evidence.until or START) + MINUTE
        evidence = weigh(evidence, replace(one, end=end), promise)
    return evidence


def verdict_of(*batches: Batch, step: int = 0, promise: Promise = PROMISE) -> Verdict:
    """The verdict after these batches."""
    return judge(after(*batches, promise=promise), promise, step)
