"""Labels and errors, pooled and by segment: who is named, what waits, where segments begin."""

from __future__ import annotations

import json
from dataclasses import replace
from math import exp, log

import pytest

from steelyard.codec import decode, encode
from steelyard.evidence import (
    OTHER,
    Arm,
    Batch,
    Carrier,
    Evidence,
    Guardrail,
    Labels,
    Promise,
    VerdictKind,
    begin,
)
from steelyard.evidence.likelihood import Table
from steelyard.evidence.mixture import REGRESSIONS, begin_harm
from steelyard.evidence.odds import odds_log_ratios
from steelyard.evidence.sample_ratio import SampleRatio
from steelyard.evidence.segments import Segments, combined, leading
from steelyard.evidence.stream import Segment

from .scenes import LABELLED, SEGMENTS, after, labelled, verdict_of
from .simulation import START
from .traffic import promise_on

ALL_GOOD = labelled(dict.fromkeys(SEGMENTS, (20, 8)), dict.fromkeys(SEGMENTS, (180, 72)))
ONE_BAD = labelled(
    {**dict.fromkeys(SEGMENTS, (20, 8)), "text": (20, 14)}, dict.fromkeys(SEGMENTS, (180, 72))
)
ALL_BAD = labelled(dict.fromkeys(SEGMENTS, (20, 11)), dict.fromkeys(SEGMENTS, (180, 72)))
POOLED_ONLY = Promise(0.01, 0.05, LABELLED.guardrails, LABELLED.step_odds)


def test_segment_that_got_worse_is_found_and_named() -> None:
    verdict = verdict_of(*[ALL_GOOD] * 5, *[ONE_BAD] * 8, promise=LABELLED)
    assert verdict.kind is VerdictKind.WORSE
    assert verdict.carried_by == Carrier("labels", "text")
    by_segment = verdict.segments["labels"]
    assert max(by_segment, key=lambda name: by_segment[name]) == "text"
    assert sorted(by_segment) == sorted(SEGMENTS)


def test_all_segments_that_got_worse_are_found_pooled_and_none_is_named() -> None:
    verdict = verdict_of(*[ALL_BAD] * 9, promise=LABELLED)
    assert verdict.kind is VerdictKind.WORSE
    assert verdict.carried_by == Carrier("labels")


def test_segment_named_in_no_file_is_weighed_only_pooled() -> None:
    bad = labelled({OTHER: (40, 36)}, {OTHER: (360, 144)})
    verdict = verdict_of(bad, bad, promise=LABELLED)
    assert verdict.kind is VerdictKind.WORSE
    assert verdict.carried_by == Carrier("labels")
    assert verdict.segments == {}


def test_evidence_of_labels_is_half_pooled_half_the_average_over_all_named_segments() -> None:
    bets = tuple(1.05 * theta for theta in REGRESSIONS)
    gains = odds_log_ratios(Table(20, 14, 180, 72), 1.05, bets)
    e_value = exp(begin_harm().after(gains).log_evidence)
    minute = labelled({"text": (20, 14)}, {"text": (180, 72)})
    verdict = verdict_of(minute, promise=LABELLED)
    assert exp(verdict.segments["labels"]["text"]) == pytest.approx(e_value)
    assert exp(verdict.log_evidence["labels"]) == pytest.approx(e_value / 2 + (e_value + 3) / 8)


def test_without_segments_all_is_bet_on_pooled_labels() -> None:
    bets = tuple(1.05 * theta for theta in REGRESSIONS)
    gains = odds_log_ratios(Table(80, 44, 720, 288), 1.05, bets)
    expected = exp(begin_harm().after(gains).log_evidence)
    verdict = verdict_of(ALL_BAD, promise=POOLED_ONLY)
    assert exp(verdict.log_evidence["labels"]) == pytest.approx(expected)


def test_segments_without_a_label_are_not_kept_and_count_as_no_evidence() -> None:
    evidence = after(labelled({"text": (9, 1)}, {"text": (90, 9)}), promise=LABELLED)
    assert set(evidence.segments["labels"].named) == {"text"}
    assert combined(0.0, Segments(), 50) == pytest.approx(0)
    one = segments_with(text=log(99))
    assert combined(0.0, one, 50) == pytest.approx(log(0.5 + 0.5 * 148 / 50))


def test_segment_is_named_only_where_its_part_exceeds_the_pooled_one() -> None:
    two = segments_with(text=5.0, networking=1.0)
    assert leading(2.0, two, 8) == "text"
    assert leading(4.0, two, 8) is None
    assert leading(4.0, Segments(two.named, log_start=2.0), 8) == "text"
    assert leading(4.0, Segments(), 8) is None


def segments_with(**log_evidence: float) -> Segments:
    """Segments with so much evidence."""
    return Segments(
        {name: Segment(harm=begin_harm(log_start=log)) for name, log in log_evidence.items()}
    )


def test_segment_without_labels_in_a_minute_waits() -> None:
    few = labelled({"text": (3, 2)}, {"text": (30, 9)})
    other = labelled({"networking": (50, 5)}, {"networking": (450, 45)})
    waiting = after(few, other, promise=LABELLED).segments["labels"].named["text"]
    assert (waiting.pending.canary, waiting.pending.stable) == ((1, 2), (21, 9))
    compared = after(few, other, few, promise=LABELLED).segments["labels"].named["text"]
    assert compared.pending.canary == ()
    together = after(labelled({"text": (6, 4)}, {"text": (60, 18)}), promise=LABELLED)
    assert compared.harm == together.segments["labels"].named["text"].harm


def test_labels_of_one_arm_alone_wait_for_the_other() -> None:
    stable_only = labelled({}, {"text": (30, 9)})
    waiting = after(stable_only, promise=LABELLED).segments["labels"].named["text"].pending
    assert (waiting.canary, waiting.stable) == ((0, 0), (21, 9))


def test_absent_labels_prove_nothing_and_show_no_harm() -> None:
    silent = Batch(START, 10, Arm(900, {"errors": 0}), Arm(100, {"errors": 0}))
    evidence = after(*[silent] * 50, promise=LABELLED)
    assert evidence.guards["labels"] == begin(LABELLED).guards["labels"]
    verdict = verdict_of(*[silent] * 50, promise=LABELLED)
    assert verdict.unproven == ("labels",)
    assert verdict.log_evidence["labels"] == pytest.approx(0, abs=1e-12)
    assert verdict.requests_to_pass is None


def test_labels_are_counted_and_not_requests() -> None:
    """Half of the canary's labels are wrong, however many requests it had."""
    few, many = (
        Batch(
            START, 10,
            Arm(9 * requests, {}, labels={"text": Labels(360, 144)}),
            Arm(requests, {}, labels={"text": Labels(40, 20)}),
        )
        for requests in (0, 1_000_000)
    )  # fmt: skip
    counted = replace(after(many, promise=LABELLED), sample_ratio=SampleRatio())
    assert after(few, promise=LABELLED) == counted


def test_pooled_labels_prove_that_the_canary_is_not_worse() -> None:
    promise = promise_on("labels", step_odds=(3.0, 1.5), segments=SEGMENTS)
    assert verdict_of(*[ALL_GOOD] * 2, promise=promise).kind is VerdictKind.NOT_WORSE
    assert verdict_of(*[ALL_GOOD] * 2, promise=promise, step=1).unproven == ("labels",)
    assert verdict_of(*[ALL_GOOD] * 9, promise=promise, step=1).kind is VerdictKind.NOT_WORSE


def test_absolute_margin_of_labels_is_of_wrong_answers() -> None:
    guardrail = Guardrail("labels", 1.0, absolute_margin=0.2)
    promise = Promise(0.01, 0.05, (guardrail,), (1.5,), SEGMENTS)
    right = labelled({"text": (200, 18)}, {"text": (1800, 162)})
    assert verdict_of(right, promise=promise).kind is VerdictKind.NOT_WORSE
    wrong = labelled({"text": (200, 41)}, {"text": (1800, 369)})
    assert verdict_of(wrong, promise=promise).unproven == ("labels",)


def test_forecast_counts_requests_where_only_some_are_labelled() -> None:
    labels = {"text": Labels(90, 36)}
    minute = Batch(
        START, 10,
        Arm(9000, {"errors": 9}, labels=labels),
        Arm(1000, {"errors": 1}, labels={"text": Labels(10, 4)}),
    )  # fmt: skip
    all_labelled = Batch(
        START, 10, Arm(90, {}, labels=labels), Arm(10, {}, labels=minute.canary.labels)
    )
    promise = Promise(0.01, 0.05, (Guardrail("errors", 0.5), Guardrail("labels", 0.5)), (1.5,))
    requests = verdict_of(*[minute] * 9, promise=promise)
    labels_alone = verdict_of(*[all_labelled] * 9, promise=promise_on("labels", step_odds=(1.5,)))
    assert requests.unproven == ("labels",)
    assert labels_alone.requests_to_pass is not None
    assert requests.requests_to_pass == 100 * labels_alone.requests_to_pass


def test_labels_at_the_margin_are_not_held_against_the_canary() -> None:
    """Half as many wrong answers again: odds 1.5 of stable's."""
    minute = labelled({"text": (50, 25)}, {"text": (450, 180)})
    strict, lenient = (
        verdict_of(*[minute] * 40, promise=promise_on("labels", margin=margin))
        for margin in (1.0, 1.6)
    )
    assert strict.kind is VerdictKind.WORSE
    assert lenient.log_evidence["total"] < 0


def test_evidence_with_segments_comes_back_from_json_as_it_was() -> None:
    evidence = after(ALL_GOOD, ONE_BAD, labelled({"text": (3, 1)}, {}), promise=LABELLED)
    text = json.dumps(encode(evidence), allow_nan=False)
    assert decode(Evidence, json.loads(text)) == evidence


FIFTY = tuple(f"a-segment-with-a-long-name-number-{i:06d}" for i in range(50))


def test_fifty_segments_fit_an_entry_of_the_ledger_many_times_over() -> None:
    promise = promise_on("labels", segments=FIFTY)
    minute = labelled(dict.fromkeys(FIFTY, (9, 4)), dict.fromkeys(FIFTY, (90, 40)))
    waits = labelled(dict.fromkeys(FIFTY, (3, 1)), dict.fromkeys(FIFTY, (9_000_000, 1)))
    evidence = after(minute, waits, promise=promise)
    assert len(json.dumps(encode(evidence))) < 20_000  # DynamoDB takes 400 KB
