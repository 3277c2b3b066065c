"""100,000 reports with all that can go wrong: none lost, none counted twice, counters bounded."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from steelyard.aws.labels import LabelBook
from steelyard.labels.ids import HORIZON, NOISE_BYTES, issue
from steelyard.labels.reports import MOST_REPORTS, Known, judge
from tests.functional.fake_table import FakeTable
from tests.functional.labelling import TABLE, VARIANTS, Crashed, crash, never
from tests.functional.world import START

pytestmark = pytest.mark.long
REPORTS, IDS = 100_000, 60_000
KEY = b"key"
KNOWN = Known(VARIANTS, ("networking", "text"))
SEGMENTS = ["networking", "text", "other", *(f"strange-{n}" for n in range(50))]
BETWEEN = timedelta(seconds=20)
END = START + REPORTS // MOST_REPORTS * BETWEEN
SPAN = (START, START + timedelta(hours=2))


@pytest.fixture(scope="module")
def sent() -> list[dict[str, Any]]:
    """Reports in any order, two fifths of them again; some late, some about unknown variants."""
    chance = random.Random(11)
    known = [
        {
            "inference_id": issue(KEY, "completion", issued, chance.randbytes(NOISE_BYTES)),
            "variant": "v9" if chance.random() < 0.05 else chance.choice(VARIANTS),
            "segment": chance.choice(SEGMENTS),
            "correct": chance.random() < 0.7,
        }
        for issued in (
            START - timedelta(seconds=chance.randrange(8 * 24 * 3600)) for _ in range(IDS)
        )
    ]
    every = [*known, *chance.choices(known, k=REPORTS - IDS)]
    chance.shuffle(every)
    return every


@pytest.fixture(scope="module")
def table(sent: list[dict[str, Any]]) -> FakeTable:
    """The table after all of them; every tenth batch crashed in between and was sent again."""
    table = FakeTable()
    book = LabelBook(TABLE, table, never)
    for number in range(REPORTS // MOST_REPORTS):
        now = START + number * BETWEEN
        given = sent[number * MOST_REPORTS : (number + 1) * MOST_REPORTS]
        batch = judge(given, "completion", KEY, KNOWN, now)
        assert len(batch.reports) + len(batch.refused) == MOST_REPORTS
        if number % 10 == 3:
            table.after = [lambda: None, crash]
            with pytest.raises(Crashed):
                book.add("completion", batch.reports, now)
        before = len(marked(table))
        added = book.add("completion", batch.reports, now)
        assert added.counted + added.duplicates == len(batch.reports)
        assert len(marked(table)) == before + added.counted
    return table


def marked(table: FakeTable) -> set[str]:
    """The ids of what was counted."""
    return {key.rpartition("/")[2] for key, _ in table.items if key.startswith("label/")}


def test_each_counted_report_stands_in_its_counter_once(
    sent: list[dict[str, Any]], table: FakeTable
) -> None:
    book = LabelBook(TABLE, table, never)
    found: Counter[tuple[str, str]] = Counter()
    wrong: Counter[tuple[str, str]] = Counter()
    for variant, minutes in book.counts("completion", VARIANTS, SPAN).items():
        for segments in minutes.values():
            for segment, labels in segments.items():
                found[variant, segment] += labels.labels
                wrong[variant, segment] += labels.wrong
    ids = marked(table)
    once = {one["inference_id"]: one for one in sent if one["inference_id"] in ids}.values()
    assert found == Counter(_place(one) for one in once)
    assert wrong == Counter(_place(one) for one in once if not one["correct"])


def _place(one: dict[str, Any]) -> tuple[str, str]:
    segment = str(one["segment"])
    return str(one["variant"]), segment if segment in KNOWN.segments else "other"


def test_no_report_in_time_about_a_known_variant_is_lost(
    sent: list[dict[str, Any]], table: FakeTable
) -> None:
    in_time = {
        one["inference_id"]
        for one in sent
        if one["variant"] in VARIANTS
        and datetime.fromtimestamp(int(one["inference_id"][:8], 16), UTC) >= END - HORIZON
    }
    assert len(in_time) > IDS // 2
    assert in_time <= marked(table)


def test_nothing_expired_or_of_an_unknown_variant_is_counted(
    sent: list[dict[str, Any]], table: FakeTable
) -> None:
    never_valid = {
        one["inference_id"]
        for one in sent
        if one["variant"] not in VARIANTS
        or datetime.fromtimestamp(int(one["inference_id"][:8], 16), UTC) < START - HORIZON
    }
    assert len(never_valid) > IDS // 10
    assert not never_valid & marked(table)


def test_counters_are_bounded_by_variants_minutes_and_known_segments(table: FakeTable) -> None:
    counters = {key: item for key, item in table.items.items() if key[0].startswith("count/")}
    minutes = (END - START) // timedelta(minutes=1) + 1
    assert 0 < len(counters) <= len(VARIANTS) * minutes
    names = {name for item in counters.values() for name in item}
    assert names == {"key", "at", "expires"} | {
        f"{what}.{segment}"
        for what in ("labels", "wrong")
        for segment in (*KNOWN.segments, "other")
    }
