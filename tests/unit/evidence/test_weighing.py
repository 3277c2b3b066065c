"""All streams together: a batch never raises the mean of what counts, however near they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import exp, log

import pytest

from steelyard.evidence import (
    Arm,
    Batch,
    Evidence,
    Guardrail,
    Labels,
    Promise,
    SegmentCounts,
    VerdictKind,
    begin,
    judge,
)
from steelyard.evidence.pending import Counts
from steelyard.evidence.stream import Setting

from .exact import drawn_at_random
from .scenes import SEGMENTS, bands, batch, labelled, more, segmented
from .simulation import START

PROMISE = Promise(
    0.05,
    0.05,
    (Guardrail("errors", 0.5, 1.0), Guardrail("labels", 0.3, 1.0), Guardrail("latency", 0.2, 1.0)),
    (3.0,),
    SEGMENTS,
)
POOL = (9, 5, 12, 2)
"""Requests of the two arms together: good and bad ones of one segment, and of another."""


def errors(canary: Counts, stable: Counts) -> Batch:
    """A batch of errors, pooled."""
    arms = [Arm(sum(counts), {"errors": counts[1] + counts[3]}) for counts in (stable, canary)]
    return Batch(START, 40, arms[0], arms[1])


def errors_by_segment(canary: Counts, stable: Counts) -> Batch:
    """The batch of errors, by segment too."""
    counts = [
        {"text": SegmentCounts(a + b, b), "networking": SegmentCounts(c + d, d)}
        for a, b, c, d in (stable, canary)
    ]
    pooled = errors(canary, stable)
    return replace(
        pooled,
        stable=replace(pooled.stable, segments=counts[0]),
        canary=replace(pooled.canary, segments=counts[1]),
    )


def labels(canary: Counts, stable: Counts) -> Batch:
    """The same as labels."""
    arms = [
        Arm(0, {}, labels={"text": Labels(a + b, b), "networking": Labels(c + d, d)})
        for a, b, c, d in (stable, canary)
    ]
    return Batch(START, 40, arms[0], arms[1])


def latencies(canary: Counts, stable: Counts) -> Batch:
    """The four kinds as latency bands, about where those of `bands` are."""
    arms = [Arm(sum(c), {}, (0,) * 12 + c + (0,) * 10) for c in (stable, canary)]
    return Batch(START, 40, arms[0], arms[1])


def before_worse(minute: Batch) -> list[Evidence]:
    """The evidence after each of some minutes that end in WORSE, but for the last."""
    states = [begin(PROMISE)]
    while judge(after := more(states[-1], minute, promise=PROMISE), PROMISE, 0).kind is not (
        VerdictKind.WORSE
    ):
        states.append(after)
        assert len(states) < 200
    return states


ERRORS = batch(
    canary=20, stable=180, percent=10, canary_bad={"errors": 3}, stable_bad={"errors": 9}
)
ONE_SEGMENT = segmented(
    {"text": (10, 4), "networking": (10, 0)}, {"text": (90, 9), "networking": (90, 9)}
)
LABELS = labelled(
    {"text": (10, 7), "networking": (10, 3)}, {"text": (90, 36), "networking": (90, 40)}
)
SLOWER = Batch(START, 10, Arm(90, {}, bands(90)), Arm(10, {}, bands(10, slower=1)))


@pytest.mark.parametrize(
    ("minute", "drawn"),
    [
        (ERRORS, errors),
        (ONE_SEGMENT, errors_by_segment),
        (LABELS, labels),
        (SLOWER, latencies),
    ],
    ids=["errors", "errors by segment", "labels", "latency"],
)
def test_canary_drawn_at_random_never_raises_the_mean_of_what_counts(
    minute: Batch, drawn: Callable[[Counts, Counts], Batch]
) -> None:
    """What counts ends at 1/alpha; at every look on the way there, over all ways to draw it."""
    for evidence in before_worse(minute):
        mean = 0.0
        for chance, canary in drawn_at_random(POOL, 11):
            stable = tuple(all_ - mine for all_, mine in zip(POOL, canary, strict=True))
            after = more(evidence, drawn(canary, stable), promise=PROMISE)
            total = judge(after, PROMISE, 0).log_evidence["total"]
            mean += chance * min(exp(total), 1 / PROMISE.alpha)
        assert mean <= exp(judge(evidence, PROMISE, 0).log_evidence["total"]) * (1 + 1e-9)


def test_latency_has_to_reach_what_its_part_of_the_bet_asks_for() -> None:
    tail = Batch(
        START, 10, Arm(400, {}, (0,) * 11 + (396, 4) + (0,) * 13),
        Arm(40, {}, (0,) * 11 + (38, 2) + (0,) * 13),
    )  # fmt: skip
    enough, evidence = log(1 / PROMISE.alpha / 0.2), before_worse(tail)[-1]
    setting = Setting(1.0, enough)
    after = more(evidence, tail, promise=PROMISE).latency
    assert after == evidence.latency.after(tail, setting)
    assert after != evidence.latency.after(tail, replace(setting, log_threshold=enough - 1.5))
    assert after != evidence.latency.after(tail, replace(setting, minutes=0.5))
