"""What a batch of reports may say, and what becomes of one that may not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.errors import InvalidEvent
from steelyard.labels.ids import NOISE_BYTES, issue
from steelyard.labels.reports import (
    MOST_REPORTS,
    Batch,
    BatchTooLarge,
    InvalidBatch,
    Known,
    judge,
    read_batch,
)

KEY = b"key"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KNOWN = Known({"v1", "v2-r1"}, ("networking", "text"))
ID = issue(KEY, "completion", NOW, bytes(NOISE_BYTES))
GOOD = {"inference_id": ID, "variant": "v1", "segment": "text", "correct": True}
ABSENT = object()


def judged(*given: Any, known: Known = KNOWN) -> Batch:
    """What is made of reports."""
    return judge(list(given), "completion", KEY, known, NOW)


def why(report: Any) -> str:
    """Why one report is refused."""
    batch = judged(report)
    assert batch.reports == ()
    (refused,) = batch.refused
    assert refused.index == 0
    return refused.why


def test_good_report_is_read_as_it_is() -> None:
    (report,) = judged(GOOD).reports
    assert (report.inference_id, report.variant, report.segment) == (ID, "v1", "text")
    assert (report.issued, report.wrong) == (NOW, False)
    (report,) = judged({**GOOD, "correct": False}).reports
    assert report.wrong


@pytest.mark.parametrize("segment", ["other", "databases", "TEXT", "text ", "é", "\x00", "a" * 100])
def test_segment_in_no_file_is_counted_as_other(segment: str) -> None:
    (report,) = judged({**GOOD, "segment": segment}).reports
    assert report.segment == "other"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("correct", 1, "correct: got 1, accepted: true or false"),
        ("correct", "true", "correct: got 'true', accepted: true or false"),
        ("correct", None, "correct: got None, accepted: true or false"),
        ("correct", [True], "correct: got [True], accepted: true or false"),
        ("correct", float("nan"), "correct: got nan, accepted: true or false"),
        ("variant", "v9", "variant: got 'v9', accepted: v1, v2-r1"),
        ("variant", 1, "variant: got 1, accepted: text of 1 to 100 characters"),
        ("variant", "", "variant: got '', accepted: text of 1 to 100 characters"),
        ("segment", None, "segment: got None, accepted: text of 1 to 100 characters"),
        ("segment", "x" * 101, f"segment: got '{'x' * 59}, accepted: text of 1 to 100 characters"),
        ("inference_id", 7, "inference_id: got 7, accepted: text of 1 to 100 characters"),
        ("inference_id", "x", "inference_id: malformed: got 'x', accepted: an id issued with"),
        ("user", "ada", "report: got {"),
        ("segment", ABSENT, "report: got {"),
    ],
)
def test_bad_report_is_refused_with_the_value_and_what_is_accepted(
    key: str, value: object, said: str
) -> None:
    report = {name: item for name, item in {**GOOD, key: value}.items() if item is not ABSENT}
    assert why(report).startswith(said)


@pytest.mark.parametrize("report", [None, True, 7, "text", [], [GOOD], {}])
def test_what_is_no_report_is_refused(report: object) -> None:
    assert "accepted: an object of inference_id, variant, segment, correct" in why(report)


def test_bad_reports_are_refused_by_place_while_the_good_ones_count() -> None:
    batch = judged(GOOD, None, GOOD, {**GOOD, "correct": 0}, GOOD)
    assert len(batch.reports) == 3
    assert [refused.index for refused in batch.refused] == [1, 3]


def test_reason_is_short_whatever_was_sent() -> None:
    assert len(why({"x" * 100_000: "y" * 100_000})) <= 200


def test_nothing_is_accepted_before_the_endpoint_is_known() -> None:
    (refused,) = judged(GOOD, known=Known((), ())).refused
    assert refused.why == "variant: got 'v1', accepted: none before the endpoint is adopted"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "reports",
        "[]",
        "{}",
        '{"reports": []}',
        '{"reports": {}}',
        '{"reports": null}',
        '{"reports": [1], "more": 1}',
        '{"reports": ' + "[" * 200 + "]" * 200 + "}",
        '{"reports": ' + "[" * 100_000 + "}",
        '{"reports": [' + "9" * 5000 + "]}",
    ],
)
def test_body_of_another_shape_is_no_batch(body: str) -> None:
    with pytest.raises(InvalidBatch) as caught:
        read_batch(body)
    assert not isinstance(caught.value, BatchTooLarge)


def test_batch_with_too_many_reports_is_too_large() -> None:
    assert len(read_batch(json.dumps({"reports": [1] * MOST_REPORTS}))) == MOST_REPORTS
    with pytest.raises(BatchTooLarge, match="501 reports, accepted: at most 500"):
        read_batch(json.dumps({"reports": [1] * (MOST_REPORTS + 1)}))


class Endless(str):
    """Says that it is a billion characters long, and can't be looked at."""

    __slots__ = ()

    def __len__(self) -> int:
        return 1_000_000_000

    def __getitem__(self, _key: object) -> str:
        raise AssertionError("it was looked at")

    encode = __iter__ = __getitem__  # type: ignore[assignment]


def test_report_of_a_billion_characters_is_refused_unread() -> None:
    with pytest.raises(BatchTooLarge, match="1000000000 characters, accepted: at most 262144"):
        read_batch(Endless())


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@given(
    st.lists(
        ANYTHING
        | st.fixed_dictionaries({name: ANYTHING | st.just(value) for name, value in GOOD.items()}),
        max_size=20,
    )
)
def test_every_report_is_either_counted_or_refused(given: list[Any]) -> None:
    batch = judge(given, "completion", KEY, KNOWN, NOW)
    assert len(batch.reports) + len(batch.refused) == len(given)
    assert all(report.inference_id == ID for report in batch.reports)
    assert all(given[refused.index] != GOOD for refused in batch.refused)


@given(st.text(max_size=50) | st.binary(max_size=50).map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_a_batch_or_is_refused(body: str) -> None:
    try:
        read_batch(body)
    except InvalidEvent:
        return
    raise AssertionError(body)
