"""Reports and counters for the tests of labels. Not a test itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from steelyard.aws.labels import LabelBook
from steelyard.evidence.counts import Labels
from steelyard.labels.reports import Report
from tests.functional.world import START

TABLE = "steelyard-test-labels"
MINUTE = timedelta(minutes=1)
VARIANTS = ("v1", "v2-r1")
SPAN = (START, START + timedelta(hours=1))


def report(
    number: int, *, variant: str = "v1", segment: str = "text", wrong: bool = False
) -> Report:
    """A report about a request of its own."""
    return Report(f"id-{number}", START, variant, segment, wrong)


def reports(count: int, *, first: int = 0) -> list[Report]:
    """Reports about as many requests, of both variants, a third of them wrong."""
    return [
        report(n, variant=VARIANTS[n % 2], wrong=n % 3 == 0) for n in range(first, first + count)
    ]


def counted(book: LabelBook, *, span: tuple[datetime, datetime] = SPAN) -> Mapping[str, Any]:
    """The counters of all variants."""
    return book.counts("completion", VARIANTS, span)


def never(_seconds: float) -> None:
    raise AssertionError("nothing to wait for")


def once(all_of_them: Sequence[Report]) -> dict[str, Any]:
    """The counters after each of them was counted once, in the first minute."""
    found: dict[str, Any] = {variant: {} for variant in VARIANTS}
    for one in all_of_them:
        segments = found[one.variant].setdefault(START, {})
        before = segments.get(one.segment, Labels(0, 0))
        segments[one.segment] = Labels(before.labels + 1, before.wrong + one.wrong)
    return found


class Crashed(Exception):
    """The process ended."""


def crash() -> None:
    """End the process here."""
    raise Crashed
