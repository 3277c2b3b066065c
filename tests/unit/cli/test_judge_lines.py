"""cli/judging: what a line may be. The parser and docs/schema/judge-line.schema.json agree."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cli.judging.reading import BadLine
from cli.judging.shape import line_of
from steelyard.evidence import OTHER, Labels, SegmentCounts
from tests.unit.cli.judged import LINE, Object, line

FULL = {
    "t": 1700000000,
    "canary_percent": 0.5,
    "stable": {
        "requests": 950,
        "bad": {"errors": 9, "slow": 3, "wrong_labels": 9},
        "labels": 80,
        "latency_us": [[20000, 400], [50000, 500], [None, 50]],
        "segments": {
            "de": {"requests": 100, "bad": {"errors": 1, "wrong_labels": 3}, "labels": 60},
            "fr": {"requests": 50},
        },
        "parts": [{"requests": 400, "bad": {"errors": 4}}, {"requests": 500}],
    },
    "canary": {"requests": 50, "latency_us": [[20000, 40], [50000, 9], [None, 1]]},
}
MOST = 10**15


def changed(*path: str | int, to: Any) -> Object:
    """A full line with another value at a path."""
    made = copy.deepcopy(FULL)
    parent: Any = made
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = to
    return made


def without(*path: str) -> Object:
    """A full line with a key left out."""
    made = copy.deepcopy(FULL)
    parent: Any = made
    for key in path[:-1]:
        parent = parent[key]
    del parent[path[-1]]
    return made


def refusal(found: Object) -> str:
    with pytest.raises(BadLine) as refused:
        line_of(found)
    return str(refused.value)


COUNT = f"accepted: a whole number, 0 to {MOST}"
BAD_SHAPES = [
    (without("t"), "t: missing, accepted: the end of the batch in seconds since 1970"),
    (without("canary"), "canary: missing, accepted: an object with the keys requests, bad, "),
    (without("stable", "requests"), "stable.requests: missing, accepted: how many"),
    (changed("unit", to=1), "unit: unknown key, accepted: t, canary_percent, stable, canary"),
    (changed("t", to="now"), 't: got "now", accepted: the end of the batch in seconds'),
    (changed("t", to=-1), "t: got -1, accepted: "),
    (changed("t", to=10**12), "t: got 1000000000000, accepted: "),
    (changed("t", to=True), "t: got true, accepted: "),
    (changed("canary_percent", to=100.5), "canary_percent: got 100.5, accepted: the intended"),
    (changed("canary_percent", to=None), "canary_percent: got null, accepted: "),
    (changed("stable", to=[]), "stable: got an array, accepted: an object with the keys"),
    (changed("canary", "parts", to=[]), "canary.parts: unknown key, accepted: requests, bad"),
    (
        changed("stable", "bad", "error", to=1),
        "stable.bad.error: unknown key (did you mean errors?), accepted: errors, slow, wrong_la",
    ),
    (changed("stable", "bad", to=7), "stable.bad: got 7, accepted: an object with the keys err"),
    (changed("stable", "bad", "errors", to=1.5), "stable.bad.errors: got 1.5, accepted: a whole"),
    (changed("stable", "bad", "errors", to=True), "stable.bad.errors: got true, accepted: "),
    (changed("stable", "bad", "errors", to="9"), 'stable.bad.errors: got "9", accepted: '),
    (changed("stable", "bad", "errors", to=-1), "stable.bad.errors: got -1, accepted: a whole"),
    (changed("canary", "requests", to=MOST + 1), f"canary.requests: got {MOST + 1}, {COUNT}"),
    (changed("canary", "requests", to=1e300), f"canary.requests: got 1e+300, {COUNT}"),
    (without("stable", "labels"), "stable.labels: missing, accepted: how many there were"),
    (changed("canary", "labels", to=5), "canary.bad.wrong_labels: missing, accepted: how many"),
    (changed("stable", "latency_us", to=[]), "stable.latency_us: got an array, accepted: pairs"),
    (changed("stable", "latency_us", 1, to=[5]), "stable.latency_us[1]: got an array, accepted"),
    (
        changed("stable", "latency_us", 1, 0, to="50ms"),
        f'stable.latency_us[1][0]: got "50ms", accepted: microseconds, 0 to {MOST}, or null',
    ),
    (changed("stable", "latency_us", 0, 1, to=0.5), "stable.latency_us[0][1]: got 0.5, accepted"),
    (changed("stable", "segments", to=[]), "stable.segments: got an array, accepted: an object"),
    (changed("stable", "segments", "", to={}), 'stable.segments: got "", accepted: names of 1 to'),
    (changed("stable", "segments", "x" * 101, to={}), "stable.segments: got "),
    (
        changed("stable", "segments", "de", "bad", "slow", to=1),
        "stable.segments.de.bad.slow: unknown key, accepted: errors, wrong_labels",
    ),
    (
        changed("stable", "segments", "e s", to={"bad": {"errors": 1}}),
        'stable.segments."e s".requests: missing, accepted: how many',
    ),
    (changed("stable", "parts", to={}), "stable.parts: got an object, accepted: an array"),
    (
        changed("stable", "parts", 1, to={"requests": 1, "labels": 1}),
        "stable.parts[1].bad.wrong_labels: missing, accepted: how many",
    ),
    (
        changed("stable", "parts", 1, to={"requests": 1, "segments": {}}),
        "stable.parts[1].segments: unknown key, accepted: requests, bad, labels",
    ),
]
BAD_SUMS = [
    (changed("stable", "bad", "errors", to=951), "got 951, accepted: a whole number, 0 to 950 req"),
    (
        changed("stable", "bad", "wrong_labels", to=81),
        "got 81, accepted: a whole number, 0 to 80 l",
    ),
    (changed("stable", "labels", to=59), "stable.labels: got 59, accepted: 60 or more, the sum"),
    (
        changed("stable", "bad", "wrong_labels", to=2),
        "stable.bad.wrong_labels: got 2, accepted: 3 to 23: the segments have 3, others 20 labels",
    ),
    (changed("stable", "bad", "wrong_labels", to=24), "wrong_labels: got 24, accepted: 3 to 23"),
    (
        changed("stable", "segments", "fr", "requests", to=851),
        "stable.segments: got 951 requests in all, accepted: at most the 950 of its arm",
    ),
    (changed("stable", "bad", "errors", to=0), "stable.segments: got 1 errors in all, accepted"),
    (changed("stable", "parts", 0, "requests", to=451), "stable.parts: got 951 requests in all"),
    (changed("stable", "parts", 1, "bad", to={"errors": 6}), "stable.parts: got 10 errors in all"),
    (
        changed("stable", "parts", 1, to={"requests": 9, "labels": 81, "bad": {"wrong_labels": 0}}),
        "stable.parts: got 81 labels in all, accepted: at most the 80 of its arm",
    ),
    (changed("stable", "latency_us", 0, 1, to=401), "stable.latency_us: got 951 requests in all"),
    (changed("stable", "latency_us", 1, 0, to=20000), "[1][0]: got 20000, accepted: more than 2"),
    (changed("stable", "latency_us", 0, 0, to=None), "[1][0]: got 50000, accepted: no pair after"),
    (changed("canary", "latency_us", 0, 0, to=7), "canary.latency_us: got other bounds than stab"),
]


@pytest.mark.parametrize(("bad", "said"), BAD_SHAPES)
def test_bad_shape_is_refused_by_parser_and_schema(bad: Object, said: str) -> None:
    assert said in refusal(bad)
    assert not LINE.is_valid(bad)


@pytest.mark.parametrize(("bad", "said"), BAD_SUMS)
def test_numbers_that_do_not_fit_together_are_refused(bad: Object, said: str) -> None:
    assert said in refusal(bad)


OPTIONAL = [
    ("stable", "bad", "errors"),
    ("stable", "bad", "slow"),
    ("stable", "latency_us"),
    ("stable", "segments"),
    ("stable", "parts"),
    ("stable", "segments", "de", "requests"),
    ("canary", "latency_us"),
]


@pytest.mark.parametrize(
    "good",
    [
        FULL,
        *(without(*path) for path in OPTIONAL if path[-1] != "requests"),
        line(0, {"requests": 0}, {"requests": 0}),
        changed("canary", "requests", to=50.0),
        changed("t", to=1700000000.5),
        changed("stable", "requests", to=MOST),
        changed(
            "stable", "segments", "Größe, \ud800", to={"labels": 0, "bad": {"wrong_labels": 0}}
        ),
    ],
)
def test_every_part_but_requests_is_optional(good: Object) -> None:
    line_of(good)
    LINE.validate(good)


def test_counts_are_read_as_they_stand() -> None:
    found = line_of(FULL)
    assert (found.t, found.canary_percent, found.canary.requests) == (1700000000, 0.5, 50)
    assert found.end.isoformat() == "2023-11-14T22:13:20+00:00"
    assert found.stable.bad == {"errors": 9, "slow": 3}
    assert found.canary.bad == {}
    assert found.stable.latency == (400, 500, 50)
    assert found.bounds == (20000, 50000, float("inf"))
    assert found.stable.segments == {"de": SegmentCounts(100, 1)}
    assert [(part.requests, part.bad) for part in found.parts] == [(400, {"errors": 4}), (500, {})]


def test_labels_beyond_the_segments_are_of_other() -> None:
    assert line_of(FULL).stable.labels == {"de": Labels(60, 3), OTHER: Labels(20, 6)}


def test_labels_are_the_sum_over_segments_unless_given() -> None:
    found = without("stable", "labels")
    del found["stable"]["bad"]["wrong_labels"]
    assert line_of(found).stable.labels == {"de": Labels(60, 3)}


def test_labels_of_a_segment_called_other_join_those_beyond() -> None:
    named = {"labels": 5, "bad": {"wrong_labels": 1}}
    found = line_of(changed("stable", "segments", OTHER, to=named))
    assert found.stable.labels[OTHER] == Labels(20, 6)
