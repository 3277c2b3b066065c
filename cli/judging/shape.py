"""From the JSON object of a line to counts in both arms. For `cli.judging` alone.

What a line leaves out was not measured; it is never 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import inf
from typing import Any

from cli.judging.checks import MOST, inside, members, number, refused, required, whole
from cli.judging.reading import BadLine
from steelyard.evidence import OTHER, Arm, Labels, SegmentCounts

Bounds = tuple[float, ...]
"""Upper bounds of the latency buckets, in microseconds, rising; the last one may be infinite."""

LATEST = 253402300799
"""The last second that a date has, of the year 9999."""

_LINE = ("t", "canary_percent", "stable", "canary")
_ARM = ("requests", "bad", "labels", "latency_us", "segments")
_PART = ("requests", "bad", "labels")
_SEGMENT = ("requests", "bad", "labels")
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Line:
    """The counts of one batch, as the line has them.

    Attributes:
        t: its end in seconds since 1970, as it was written.
        canary_percent: the intended canary share, 0 to 100.
        stable, canary: what was measured of each; `latency` by the line's own buckets.
        parts: disjoint parts of stable.
        bounds: of the latency buckets; None where no arm has any.
    """

    t: float
    canary_percent: float
    stable: Arm
    canary: Arm
    parts: tuple[Arm, ...]
    bounds: Bounds | None

    @property
    def end(self) -> datetime:
        """The end of the batch."""
        return datetime.fromtimestamp(self.t, UTC)


def line_of(found: dict[str, Any]) -> Line:
    """The counts that a line's object holds.

    Raises:
        BadLine: a key, a value or a sum that can't be.
    """
    values = members(found, "", _LINE)
    t, percent, stable, canary = (
        required(values, "", name, accepted)
        for name, accepted in zip(_LINE, (_A_TIME, _A_SHARE, _AN_ARM, _AN_ARM), strict=True)
    )
    arms = {"stable": _arm(stable, "stable", (*_ARM, "parts")), "canary": _arm(canary, "canary")}
    bounds = {name: arm_bounds for name, (_, arm_bounds) in arms.items() if arm_bounds}
    if len(set(bounds.values())) > 1:
        raise BadLine("canary.latency_us", "got other bounds than stable's, accepted: the same")
    return Line(
        t=number(t, "t", LATEST, _A_TIME),
        canary_percent=number(percent, "canary_percent", 100, _A_SHARE),
        stable=arms["stable"][0],
        canary=arms["canary"][0],
        parts=_parts(stable.get("parts", []), arms["stable"][0]),
        bounds=next(iter(bounds.values()), None),
    )


_A_TIME = "the end of the batch in seconds since 1970"
_A_SHARE = "the intended canary share, 0 to 100"
_AN_ARM = f"an object with the keys {', '.join(_ARM)}"


def _arm(value: object, key: str, known: tuple[str, ...] = _ARM) -> tuple[Arm, Bounds | None]:
    values = members(value, key, known)
    requests = _requests(values, key)
    bad = _bad(values, key, ("errors", "slow", "wrong_labels"), requests)
    segments = _Segments()
    given = values.get("segments", {})
    for name, segment in _named(given, inside(key, "segments")):
        segments.add(name, segment, inside(inside(key, "segments"), name))
    segments.check(requests, bad.get("errors"), key)
    labels = _pooled(_labels(values, bad, key), segments.labels, key)
    bounds, latency = _latency(values, key, requests)
    bad.pop("wrong_labels", None)
    return Arm(requests, bad, latency, labels, segments.counts), bounds


def _requests(values: dict[str, Any], key: str) -> int:
    given = required(values, key, "requests", "how many there were, a whole number")
    return whole(given, inside(key, "requests"))


def _bad(values: dict[str, Any], key: str, known: tuple[str, ...], requests: int) -> dict[str, int]:
    """Counts of bad events; those of labels are held to the labels elsewhere."""
    key = inside(key, "bad")
    given = members(values.get("bad", {}), key, known)
    most = {name: MOST if name == "wrong_labels" else requests for name in given}
    return {
        name: whole(count, inside(key, name), most[name], "requests")
        for name, count in given.items()
    }


def _labels(values: dict[str, Any], bad: Mapping[str, int], key: str) -> Labels | None:
    """How many requests were labelled, and how many of those as wrong: both or neither."""
    if "labels" not in values and "wrong_labels" not in bad:
        return None
    labels = whole(
        required(values, key, "labels", "how many there were, with bad.wrong_labels"),
        inside(key, "labels"),
    )
    wrong = required(dict(bad), inside(key, "bad"), "wrong_labels", "how many of labels were wrong")
    return Labels(labels, whole(wrong, f"{key}.bad.wrong_labels", labels, "labels"))


def _named(given: object, key: str) -> Iterable[tuple[str, object]]:
    if not isinstance(given, dict):
        raise refused(key, given, "an object with a key for each segment")
    for name in given:
        if not 1 <= len(name) <= _LONGEST_NAME:
            raise refused(key, name, f"names of 1 to {_LONGEST_NAME} characters")
    return given.items()


class _Segments:
    """What an arm's segments hold, and their sums."""

    def __init__(self) -> None:
        self.counts: dict[str, SegmentCounts] = {}
        self.labels: dict[str, Labels] = {}
        self.requests = 0

    def add(self, name: str, value: object, key: str) -> None:
        values = members(value, key, _SEGMENT)
        requests = _requests(values, key) if "requests" in values else None
        bad = _bad(values, key, ("errors", "wrong_labels"), MOST if requests is None else requests)
        labels = _labels(values, bad, key)
        if labels is not None:
            self.labels[name] = labels
        if "errors" in bad:
            self.counts[name] = SegmentCounts(_requests(values, key), bad["errors"])
        self.requests += requests or 0

    def check(self, requests: int, errors: int | None, key: str) -> None:
        """Segments are disjoint: none of their sums exceeds what the arm has in all."""
        if self.requests > requests:
            raise _too_many(inside(key, "segments"), "requests", self.requests, requests)
        known = sum(one.errors for one in self.counts.values())
        if errors is not None and known > errors:
            raise _too_many(inside(key, "segments"), "errors", known, errors)


def _pooled(total: Labels | None, segments: dict[str, Labels], key: str) -> dict[str, Labels]:
    """Labels by segment; what is beyond the segments' sum is of `other`."""
    if total is None:
        return segments
    labels = sum(one.labels for one in segments.values())
    wrong = sum(one.wrong for one in segments.values())
    beyond = total.labels - labels
    if beyond < 0:
        accepted = f"{labels} or more, the sum over its segments"
        raise refused(inside(key, "labels"), total.labels, accepted)
    if not wrong <= total.wrong <= wrong + beyond:
        accepted = f"{wrong} to {wrong + beyond}: the segments have {wrong}, others {beyond} labels"
        raise refused(f"{key}.bad.wrong_labels", total.wrong, accepted)
    before = segments.get(OTHER, Labels(0, 0))
    other = Labels(before.labels + beyond, before.wrong + total.wrong - wrong)
    return {**segments, OTHER: other} if beyond or not segments else segments


def _latency(
    values: dict[str, Any], key: str, requests: int
) -> tuple[Bounds | None, tuple[int, ...]]:
    """Bounds of the buckets, and the requests in each; (None, ()) where it was not measured."""
    if "latency_us" not in values:
        return None, ()
    key = inside(key, "latency_us")
    given = values["latency_us"]
    if not isinstance(given, list) or not given:
        raise refused(key, given, "pairs [upper bound, requests], one or more")
    pairs = [_pair(pair, f"{key}[{index}]") for index, pair in enumerate(given)]
    for index, ((before, _), (bound, _)) in enumerate(pairwise(pairs), start=1):
        if not before < bound:
            accepted = f"more than {before}" if before < inf else "no pair after the bound null"
            raise refused(f"{key}[{index}][0]", None if bound == inf else bound, accepted)
    counted = sum(count for _, count in pairs)
    if counted > requests:
        raise _too_many(key, "requests", counted, requests)
    return tuple(bound for bound, _ in pairs), tuple(count for _, count in pairs)


def _pair(value: object, key: str) -> tuple[float, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise refused(key, value, "a pair [upper bound, requests]")
    accepted = f"microseconds, 0 to {MOST}, or null in the last pair"
    bound = inf if value[0] is None else number(value[0], f"{key}[0]", MOST, accepted)
    return bound, whole(value[1], f"{key}[1]")


def _parts(given: object, stable: Arm) -> tuple[Arm, ...]:
    """Disjoint parts of stable: no more in all of them together than stable has."""
    key = "stable.parts"
    if not isinstance(given, list):
        raise refused(key, given, f"an array of objects with the keys {', '.join(_PART)}")
    parts = tuple(_arm(part, f"{key}[{index}]", _PART)[0] for index, part in enumerate(given))
    together = _summed(parts)
    for what, most in _summed((stable,)).items():
        if together.get(what, 0) > most:
            raise _too_many(key, what, together[what], most)
    return parts


def _summed(arms: Iterable[Arm]) -> dict[str, int]:
    """What arms measured, all together."""
    sums: Counter[str] = Counter()
    for arm in arms:
        sums.update(requests=arm.requests, **arm.bad)
        for one in arm.labels.values():
            sums.update(labels=one.labels, wrong_labels=one.wrong)
    return dict(sums)


def _too_many(key: str, what: str, got: int, most: int) -> BadLine:
    return BadLine(key, f"got {got} {what} in all, accepted: at most the {most} of its arm")
