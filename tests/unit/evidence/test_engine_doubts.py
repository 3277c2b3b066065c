"""Counts that should not be trusted: what is told, what is held, and what phi takes away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from steelyard.evidence import Arm, Evidence, Promise, VerdictKind, begin, judge, weigh
from steelyard.evidence.dispersion import Dispersion
from steelyard.evidence.guard import log_threshold
from steelyard.evidence.interval import Interval
from steelyard.evidence.likelihood import Table
from steelyard.evidence.mixture import REGRESSIONS, begin_harm
from steelyard.evidence.odds import odds_log_ratios
from steelyard.evidence.proof import begin_rate, begin_ratio

from .scenes import (
    FAILING,
    HEALTHY,
    LABELLED,
    PROMISE,
    SEGMENTS,
    after,
    labelled,
    segmented,
    verdict_of,
    with_parts,
)
from .simulation import promise_of
from .traffic import promise_on

SPREAD = Dispersion(statistic=250.0, expected=100.0, variance=200.0)  # phi is 4


def spread_out(promise: Promise) -> Evidence:
    """Nothing yet, but that errors come in clusters."""
    return replace(begin(promise), dispersion={"errors": SPREAD})


def test_share_that_is_not_as_meant_is_told_and_holds_the_step() -> None:
    elsewhere = replace(HEALTHY, canary_percent=10)
    good, doubted = verdict_of(*[HEALTHY] * 20), verdict_of(*[elsewhere] * 20)
    assert (good.kind, good.doubts) == (VerdictKind.NOT_WORSE, ())
    assert doubted.unproven == ()
    assert doubted.kind is VerdictKind.INCONCLUSIVE
    assert doubted.doubts == (
        "sample ratio: the canary had 5.00% of 24000 requests, meant were 10.00%",
    )
    assert doubted.requests_to_pass is None


def test_doubt_never_holds_back_a_rollback() -> None:
    verdict = verdict_of(*[replace(FAILING, canary_percent=10)] * 20)
    assert verdict.doubts
    assert verdict.kind is VerdictKind.WORSE


def test_labels_that_come_more_often_from_the_canary_are_told() -> None:
    promise = promise_on("labels", segments=SEGMENTS)
    eager = labelled({"text": (40, 16)}, {"text": (180, 72)}, percent=5)
    verdict = verdict_of(*[eager] * 5, promise=promise)
    (note,) = verdict.notes
    assert verdict.doubts == ()
    assert note == "labels: the canary's answers are labelled more often than stable's"
    shy = labelled({"text": (2, 1)}, {"text": (180, 72)}, percent=50)
    assert verdict_of(*[shy] * 50, promise=promise).notes == ()


def test_part_of_stable_that_is_sick_is_told() -> None:
    sick = with_parts(HEALTHY, (300, 12), (840, 7))
    verdict = verdict_of(*[sick] * 100, promise=promise_of(margin=1.05))
    (doubt,) = verdict.doubts
    assert doubt.startswith("errors: stable's own parts differ by more than overdispersion")
    assert f"{verdict.phi['errors']:.2g}" in doubt
    assert verdict.kind is VerdictKind.INCONCLUSIVE


def test_parts_that_are_alike_leave_all_as_it_is() -> None:
    alike = with_parts(HEALTHY, (600, 10), (540, 9))
    verdict = verdict_of(*[alike] * 20)
    assert verdict.phi == {"errors": 1.0, "latency": 1.0}
    assert replace(verdict, doubts=()) == verdict_of(*[HEALTHY] * 20)
    assert verdict.doubts == ()


@pytest.mark.parametrize(
    "parts",
    [
        (Arm(600, {"errors": 10}),),
        (Arm(600, {"errors": 10}), Arm(0, {"errors": 0})),
        (Arm(600, {"errors": 10}), Arm(540, {})),
        (Arm(600, {}), Arm(540, {})),
    ],
    ids=["one", "empty", "one not measured", "none measured"],
)
def test_parts_that_cannot_be_compared_change_nothing(parts: tuple[Arm, ...]) -> None:
    known = after(with_parts(HEALTHY, (600, 3), (540, 16)))
    spread = weigh(known, replace(HEALTHY, stable_parts=parts), PROMISE).dispersion
    assert spread == known.dispersion
    assert weigh(known, HEALTHY, PROMISE).dispersion == known.dispersion


def test_labels_of_parts_are_compared_too() -> None:
    minute = labelled({"text": (20, 8)}, {"text": (200, 80)})
    halves = [labelled({}, {"text": counts}).stable for counts in ((100, 20), (100, 60))]
    verdict = verdict_of(*[replace(minute, stable_parts=tuple(halves))] * 9, promise=LABELLED)
    assert verdict.phi["labels"] > 10
    assert verdict.phi["errors"] == 1


def test_slow_requests_of_parts_are_compared_too() -> None:
    parts = (Arm(600, {"slow": 60}), Arm(540, {"slow": 10}))
    verdict = verdict_of(*[replace(HEALTHY, stable_parts=parts)] * 9)
    assert verdict.phi["latency"] > 10
    assert verdict.phi["errors"] == 1


BAD = Table(60, 30, 1140, 19)


def test_overdispersion_divides_evidence_of_harm_pooled_and_by_segment() -> None:
    gains = odds_log_ratios(BAD, 1.05, tuple(1.05 * r for r in REGRESSIONS))
    quarter = begin_harm().after(gain / 4 for gain in gains)
    assert weigh(spread_out(PROMISE), FAILING, PROMISE).harm["errors"] == quarter
    promise = replace(PROMISE, segments=SEGMENTS)
    minute = segmented({"text": (60, 30)}, {"text": (1140, 19)}, percent=5)
    segments = weigh(spread_out(promise), minute, promise).segments["errors"]
    assert segments.named["text"].harm == quarter


def test_overdispersion_divides_what_proves_that_the_canary_is_not_worse() -> None:
    plain, spread = (weigh(e, HEALTHY, PROMISE) for e in (begin(PROMISE), spread_out(PROMISE)))
    cap = 2 * log_threshold(PROMISE)
    quarter = begin_ratio(3.0).after(Table(60, 1, 1140, 19), cap, phi=4)
    assert spread.guards["errors"].ratio_at(3.0) == quarter
    assert quarter.log_evidence < plain.guards["errors"].ratio_at(3.0).log_evidence
    assert spread.guards["errors"].rate == begin_rate(0.005).after(60, 1, cap, phi=4)
    interval = Interval().after(Table(60, 1, 1140, 19), phi=4)
    assert spread.guards["errors"].interval == interval
    assert spread.guards["latency"] == plain.guards["latency"]


def test_forecasts_of_overdispersed_counts_take_as_many_times_longer() -> None:
    promise = promise_of(margin=1.05, step_odds=(1.5,))
    plain = after(*[HEALTHY] * 3, promise=promise)
    verdict, spread = (
        judge(replace(plain, dispersion=dispersion), promise, 0)
        for dispersion in ({}, {"errors": SPREAD})
    )
    assert (verdict.phi["errors"], spread.phi["errors"]) == (1, 4)
    for factor, requests in verdict.requests_to_find["errors"].items():
        later = spread.requests_to_find["errors"][factor]
        assert requests is not None
        assert later is not None
        assert abs(later - 4 * requests) <= 4
    assert verdict.requests_to_pass is not None
    assert spread.requests_to_pass is not None
    assert abs(spread.requests_to_pass - 4 * verdict.requests_to_pass) <= 4
