"""Errors by segment: who is named, and where segments begin that are first measured late."""

from __future__ import annotations

from math import exp

import pytest

from steelyard.errors import InvalidCounts
from steelyard.evidence import (
    OTHER,
    Batch,
    Carrier,
    Evidence,
    Promise,
    SegmentCounts,
    VerdictKind,
    judge,
    weigh,
)
from steelyard.evidence.segments import Segments

from .exact import CLOSE, drawn_at_random
from .scenes import LABELLED, SEGMENTS, after, pooled_only, segmented, verdict_of
from .traffic import promise_on

GOOD = segmented(dict.fromkeys(SEGMENTS, (25, 1)), dict.fromkeys(SEGMENTS, (225, 9)))
ONE_BAD = segmented(
    {**dict.fromkeys(SEGMENTS, (25, 0)), "text": (25, 5)}, dict.fromkeys(SEGMENTS, (225, 9))
)
ALL_BAD = segmented(dict.fromkeys(SEGMENTS, (25, 4)), dict.fromkeys(SEGMENTS, (225, 9)))
SILENT = segmented({"text": (25, 0)}, {"text": (225, 0)})
PROMISE = promise_on("errors", segments=SEGMENTS)


def test_segment_that_fails_more_is_found_and_named_and_would_not_be_pooled() -> None:
    minutes = [GOOD] * 3 + [ONE_BAD] * 6
    verdict = verdict_of(*minutes, promise=PROMISE)
    assert verdict.kind is VerdictKind.WORSE
    assert verdict.carried_by == Carrier("errors", "text")
    assert max(verdict.segments["errors"].items(), key=lambda one: one[1])[0] == "text"
    pooled = verdict_of(*map(pooled_only, minutes), promise=PROMISE)
    assert pooled.kind is not VerdictKind.WORSE


def test_all_segments_that_fail_more_are_found_pooled_and_none_is_named() -> None:
    verdict = verdict_of(*[ALL_BAD] * 4, promise=PROMISE)
    assert verdict.kind is VerdictKind.WORSE
    assert verdict.carried_by == Carrier("errors")


def test_errors_that_are_not_counted_by_segment_have_all_of_the_bet() -> None:
    minutes = [pooled_only(ALL_BAD)] * 2
    without = verdict_of(*minutes, promise=promise_on("errors"))
    assert verdict_of(*minutes, promise=PROMISE).log_evidence == without.log_evidence
    assert verdict_of(*minutes, promise=PROMISE).segments == {}


def test_segments_of_errors_are_not_those_of_labels() -> None:
    evidence = after(GOOD, ONE_BAD, promise=LABELLED)
    assert set(evidence.segments["errors"].named) == set(SEGMENTS)
    assert evidence.segments["labels"] == Segments()


def test_segment_that_no_file_names_is_weighed_only_pooled() -> None:
    minute = segmented({OTHER: (100, 9)}, {OTHER: (900, 9)})
    evidence = after(minute, promise=PROMISE)
    assert evidence.segments["errors"].named == {}
    assert evidence.harm["errors"].log_evidence > 1


def test_segment_without_requests_in_a_minute_waits_and_comes_to_the_same() -> None:
    few = segmented({"text": (3, 2)}, {"text": (30, 9)})
    other = segmented({"networking": (50, 5)}, {"networking": (450, 45)})
    waiting = after(few, other, promise=PROMISE).segments["errors"].named["text"]
    assert (waiting.pending.canary, waiting.pending.stable) == ((1, 2), (21, 9))
    compared = after(few, other, few, promise=PROMISE).segments["errors"].named["text"]
    together = after(segmented({"text": (6, 4)}, {"text": (60, 18)}), promise=PROMISE)
    assert compared.harm == together.segments["errors"].named["text"].harm


def test_minute_without_segments_leaves_them_as_they_were() -> None:
    before = after(GOOD, ONE_BAD, promise=PROMISE)
    later = weigh(before, pooled_only(ALL_BAD), PROMISE)
    assert later.segments == before.segments
    assert later.harm["errors"].log_evidence > before.harm["errors"].log_evidence


def late(*before: Batch, promise: Promise = PROMISE) -> Evidence:
    """The evidence of minutes in which errors were not counted by segment."""
    return after(*map(pooled_only, before), promise=promise)


HISTORIES = pytest.mark.parametrize(
    "before",
    [(), (GOOD,) * 5, (ONE_BAD,) * 2, (SILENT,) * 9, (GOOD,) * 600],
    ids=["fresh", "healthy", "doubtful", "silent", "long healthy"],
)


@HISTORIES
def test_segments_that_are_first_measured_late_begin_at_the_pooled_evidence(
    before: tuple[Batch, ...],
) -> None:
    pooled = late(*before)
    switched = weigh(pooled, SILENT, PROMISE)
    assert switched.segments["errors"].log_start == pooled.harm["errors"].log_evidence
    now, then = (judge(e, PROMISE, 0).log_evidence["total"] for e in (switched, pooled))
    assert now == pytest.approx(then, abs=1e-9)


@HISTORIES
@pytest.mark.parametrize("alpha", [0.01, 0.7])
def test_mean_of_all_that_counts_is_no_higher_after_segments_are_first_measured(
    before: tuple[Batch, ...], alpha: float
) -> None:
    """Over all ways to draw the canary's requests out of those of two segments, good and bad."""
    promise = Promise(alpha, 0.05, PROMISE.guardrails, (3.0,), SEGMENTS)
    pooled, mean = late(*before, promise=promise), 0.0
    first = judge(pooled, promise, 0).log_evidence["total"]
    pool = (9, 5, 12, 2)
    for chance, (good, bad, other_good, other_bad) in drawn_at_random(pool, 12):
        minute = segmented(
            {"text": (good + bad, bad), "networking": (other_good + other_bad, other_bad)},
            {
                "text": (14 - good - bad, 5 - bad),
                "networking": (14 - other_good - other_bad, 2 - other_bad),
            },
        )
        total = judge(weigh(pooled, minute, promise), promise, 0).log_evidence["total"]
        mean += chance * min(exp(total), 1 / alpha)
    assert mean <= min(exp(first), 1 / alpha) * (1 + 1e-9) + CLOSE


def test_late_segment_that_fails_is_found_and_named() -> None:
    evidence = late(*[GOOD] * 30)
    for _ in range(8):
        evidence = weigh(evidence, ONE_BAD, PROMISE)
    verdict = judge(evidence, PROMISE, 0)
    assert verdict.kind is VerdictKind.WORSE
    assert verdict.carried_by == Carrier("errors", "text")


@pytest.mark.parametrize(("requests", "errors"), [(5, 6), (5, -1), (-1, 0)])
def test_counts_that_cannot_be_are_refused(requests: int, errors: int) -> None:
    with pytest.raises(InvalidCounts, match=f"errors: got {errors}, accepted: 0 to {requests}"):
        SegmentCounts(requests, errors)
