"""From a request's body to reports: what can't be counted is refused by its place. Pure.

The intake and the console use it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from steelyard.errors import InvalidEvent
from steelyard.evidence.counts import OTHER
from steelyard.json_object import LONGEST, read_object
from steelyard.labels.ids import RefusedId, verify

MOST_REPORTS = 500
"""Reports that one batch may have."""

_KEYS = ("inference_id", "variant", "segment", "correct")
_LONGEST_TEXT = 100
_SHOWN = 200  # characters of a reason


class InvalidBatch(InvalidEvent):
    """A batch of which nothing can be counted."""


class BatchTooLarge(InvalidBatch):
    """More characters or more reports than one batch may have."""


@dataclass(frozen=True, slots=True)
class Known:
    """What an endpoint's reports may name.

    Attributes:
        variants: those that take or took traffic in the latest rollout.
        segments: those that evidence is kept for.
    """

    variants: Collection[str]
    segments: Collection[str]


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one request.

    Attributes:
        issued: when its inference id was, aware UTC.
        segment: one that is known, or `other`.
        wrong: whether the answer was not what the user wanted.
    """

    inference_id: str
    issued: datetime
    variant: str
    segment: str
    wrong: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """A report that is not counted: its place in the batch, and why."""

    index: int
    why: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch holds."""

    reports: tuple[Report, ...]
    refused: tuple[Refused, ...]


def read_batch(body: str) -> list[Any]:
    """The reports in a request's body, not looked at yet.

    Args:
        body: `{"reports": [{"inference_id", "variant", "segment", "correct"}, ...]}`.

    Raises:
        BatchTooLarge: too many characters, found before it is parsed, or too many reports.
        InvalidBatch: no JSON of that shape.
    """
    if len(body) > LONGEST:
        raise BatchTooLarge(f"{len(body)} characters, accepted: at most {LONGEST}")
    try:
        found = read_object(body)
    except InvalidEvent as error:
        raise InvalidBatch(str(error)) from error
    reports = found.get("reports")
    if set(found) != {"reports"} or not isinstance(reports, list) or not reports:
        accepted = '{"reports": [...]}, with one report or more'
        raise InvalidBatch(f"got {_shown(found)}, accepted: {accepted}")
    if len(reports) > MOST_REPORTS:
        raise BatchTooLarge(f"{len(reports)} reports, accepted: at most {MOST_REPORTS}")
    return reports


def variants_in(given: list[Any]) -> frozenset[str]:
    """The variants that are named, known or not."""
    named = (one.get("variant") for one in given if isinstance(one, dict))
    return frozenset(name for name in named if isinstance(name, str))


def judge(given: list[Any], endpoint: str, key: bytes, known: Known, now: datetime) -> Batch:
    """What can be counted of a batch, and why not the rest.

    Args:
        given: as `read_batch` answers them.
        key: what inference ids are issued with.
        now: when the request arrived, aware UTC.
    """
    reports: list[Report] = []
    refused: list[Refused] = []
    for index, one in enumerate(given):
        try:
            reports.append(_report(one, endpoint, key, known, now))
        except InvalidEvent as why:
            refused.append(Refused(index, str(why)[:_SHOWN]))
    return Batch(tuple(reports), tuple(refused))


def _report(given: object, endpoint: str, key: bytes, known: Known, now: datetime) -> Report:
    if not isinstance(given, dict) or set(given) != set(_KEYS):
        raise InvalidEvent(
            f"report: got {_shown(given)}, accepted: an object of {', '.join(_KEYS)}"
        )
    inference_id, variant, segment = (_text(given, name) for name in _KEYS[:3])
    correct = given["correct"]
    if not isinstance(correct, bool):
        raise InvalidEvent(f"correct: got {_shown(correct)}, accepted: true or false")
    if variant not in known.variants:
        accepted = ", ".join(sorted(known.variants)) or "none before the endpoint is adopted"
        raise InvalidEvent(f"variant: got {variant!r}, accepted: {accepted}")
    try:
        issued = verify(key, endpoint, now, inference_id)
    except RefusedId as why:
        raise InvalidEvent(f"inference_id: {why}") from why
    return Report(
        inference_id, issued, variant, segment if segment in known.segments else OTHER, not correct
    )


def _text(given: dict[str, Any], name: str) -> str:
    value = given[name]
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_TEXT:
        accepted = f"text of 1 to {_LONGEST_TEXT} characters"
        raise InvalidEvent(f"{name}: got {_shown(value)}, accepted: {accepted}")
    return value


def _shown(value: object) -> str:
    return f"{value!r:.60}"
