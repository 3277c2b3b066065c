"""Any counts at all, for the properties of the evidence. Not a test itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import inf, log

from hypothesis import strategies as st

from steelyard.evidence import (
    BANDS,
    OTHER,
    Arm,
    Batch,
    Evidence,
    Guardrail,
    Labels,
    Promise,
    SegmentCounts,
    begin,
    judge,
    weigh,
)
from steelyard.evidence.likelihood import log_sum

from .simulation import START

NAMED = ("networking", "text", "mathematics")
PROMISE = Promise(
    0.01,
    0.05,
    (
        Guardrail("errors", 0.5),
        Guardrail("labels", 0.3, margin=1.2),
        Guardrail("latency", 0.2, margin=1.5, absolute_margin=None),
    ),
    (3.0, 2.0),
    NAMED,
)
HUGE = 10**9
SEGMENTS = st.sampled_from([*NAMED, OTHER, "unheard-of"])
PERCENTS = st.integers(0, 100) | st.floats(1e-6, 100 - 1e-6)

ENDS = st.integers(-60, 600).map(lambda seconds: START + timedelta(seconds=seconds))


@st.composite
def labels(draw: st.DrawFn, most: int) -> Labels:
    """Any labels of one segment."""
    count = draw(st.integers(0, most))
    return Labels(count, draw(st.integers(0, count)))


@st.composite
def segments(draw: st.DrawFn, most: int) -> SegmentCounts:
    """Any requests of one segment."""
    count = draw(st.integers(0, most))
    return SegmentCounts(count, draw(st.integers(0, count)))


@st.composite
def arms(draw: st.DrawFn, most: int) -> Arm:
    """Any requests, bad events, latencies, labels and segments; each may be unmeasured."""
    requests = draw(st.integers(0, most))
    metrics = draw(st.lists(st.sampled_from(["errors", "slow", "unheard-of"]), unique=True))
    some = st.lists(st.tuples(st.integers(0, BANDS - 1), st.integers(0, most)), max_size=4)
    counts = dict(draw(some))
    return Arm(
        requests,
        {metric: draw(st.integers(0, requests)) for metric in metrics},
        tuple(counts.get(band, 0) for band in range(BANDS)) if counts else (),
        draw(st.dictionaries(SEGMENTS, labels(most), max_size=3)),
        draw(st.dictionaries(SEGMENTS, segments(most), max_size=3)),
    )


def batches(most: int = HUGE) -> st.SearchStrategy[Batch]:
    """Any batch, at any share."""
    parts = st.lists(arms(most), max_size=3).map(tuple)
    return st.builds(Batch, ENDS, PERCENTS, arms(most), arms(most), parts)


def all_of(history: list[Batch], promise: Promise = PROMISE) -> Evidence:
    """The evidence of a history."""
    evidence = begin(promise)
    for batch in history:
        evidence = weigh(evidence, batch, promise)
    return evidence


def harm(history: list[Batch]) -> float:
    """Total log evidence of harm."""
    return judge(all_of(history), PROMISE, 0).log_evidence["total"]


def harm_until_worse(history: list[Batch]) -> float:
    """Total log evidence of harm; infinite once it was WORSE, for then the canary is gone."""
    evidence, total = begin(PROMISE), 0.0
    for batch in history:
        evidence = weigh(evidence, batch, PROMISE)
        total = log_sum(log(g.weight) + evidence.of(g.metric, PROMISE) for g in PROMISE.guardrails)
        if total >= -log(PROMISE.alpha):
            return inf
    return total


def backwards(batch: Batch) -> Batch:
    """The batch with the keys of all that is counted in reverse."""
    return replace(batch, stable=_backwards(batch.stable), canary=_backwards(batch.canary))


def _backwards(arm: Arm) -> Arm:
    return replace(
        arm,
        bad=dict(reversed(list(arm.bad.items()))),
        labels=dict(reversed(list(arm.labels.items()))),
        segments=dict(reversed(list(arm.segments.items()))),
    )
