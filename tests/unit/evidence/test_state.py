"""What is kept: its parts sum up to what is judged, and it comes back from JSON byte by byte."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.codec import decode, encode
from steelyard.evidence import Evidence, begin, judge, weigh
from steelyard.evidence.dispersion import Dispersion
from steelyard.evidence.mixture import begin_harm
from steelyard.evidence.segments import Segments
from steelyard.evidence.state import log_weights
from steelyard.evidence.stream import Segment

from .scenes import (
    FAILING,
    HEALTHY,
    PERFECT,
    PROMISE,
    SEGMENTS,
    after,
    labelled,
    segmented,
    with_parts,
)
from .simulation import START
from .traffic import promise_on

LOGS = st.floats(-30, 30)
ERRORS = promise_on("errors", segments=SEGMENTS)
ALL = promise_on("labels", segments=SEGMENTS)


@given(LOGS, LOGS, st.dictionaries(st.sampled_from(SEGMENTS), LOGS))
def test_weighted_parts_sum_up_to_the_total(
    pooled: float, start: float, evidence: Mapping[str, float]
) -> None:
    named = {name: Segment(harm=begin_harm(log_start=one)) for name, one in evidence.items()}
    segments = Segments(named, start)
    state = Evidence(
        begin(ERRORS).guards, {"errors": begin_harm(log_start=pooled)}, {"errors": segments}
    )
    part, each = log_weights(state, "errors", 1.0, len(SEGMENTS))
    silent = len(SEGMENTS) - len(named)
    total = exp(part + pooled) + exp(each) * (sum(map(exp, evidence.values())) + silent)
    assert judge(state, ERRORS, 0).log_evidence["total"] == pytest.approx(log(total))


def test_without_segments_the_pooled_stream_has_all_of_its_metrics_weight() -> None:
    assert log_weights(begin(PROMISE), "errors", 0.6, 0)[0] == pytest.approx(log(0.6))


def test_overdispersion_is_none_until_it_is_measured_and_each_metrics_own() -> None:
    state = begin(PROMISE)
    assert (state.phi("errors"), state.phi("latency")) == (1, 1)
    spread = Dispersion(statistic=250.0, expected=100.0, variance=200.0)
    state = Evidence(state.guards, state.harm, dispersion={"errors": spread})
    assert (state.phi("errors"), state.phi("latency")) == (4, 1)


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [
        ((60, 60), 3),
        ((10,) * 6, 2),
        ((3600,), 2),
        ((0, 0), 1),
        ((-600,), 1),
        ((600, -600, 30), 2.5),
    ],
    ids=["minutes", "ten seconds each", "gap", "same end", "earlier", "out of order"],
)
def test_stakes_follow_the_ends_of_batches(seconds: tuple[int, ...], minutes: float) -> None:
    evidence, end = begin(PROMISE), START
    for later in (0, *seconds):
        end += timedelta(seconds=later)
        evidence = weigh(evidence, replace(HEALTHY, end=end), PROMISE)
    assert evidence.until == end
    assert evidence.harm["errors"].minutes == pytest.approx(minutes)
    assert evidence.latency.tilt.minutes == pytest.approx(minutes)


@pytest.mark.parametrize(
    "evidence",
    [
        begin(PROMISE),
        after(HEALTHY, FAILING, PERFECT),
        after(*[with_parts(HEALTHY, (600, 3), (540, 16))] * 30),
        after(
            labelled({"text": (9, 4)}, {"text": (90, 40), "other": (7, 7)}, percent=10),
            labelled({"text": (3, 1)}, {}),
            promise=ALL,
        ),
        after(
            segmented({"text": (25, 5)}, {"text": (225, 9)}, percent=0.5),
            segmented({"text": (2, 1)}, {"networking": (225, 9)}, percent=12.5),
            promise=ERRORS,
        ),
    ],
    ids=["nothing", "errors and latency", "parts", "labels", "errors by segment"],
)
def test_all_that_is_kept_comes_back_from_json_byte_by_byte(evidence: Evidence) -> None:
    text = json.dumps(encode(evidence), allow_nan=False)
    back = decode(Evidence, json.loads(text))
    assert back == evidence
    assert json.dumps(encode(back), allow_nan=False) == text
