"""docs/schema/judge-line.schema.json says what the parser of `steelyard judge` does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.judging.reading import BadLine
from cli.judging.shape import line_of
from steelyard.evidence import OTHER
from tests.unit.cli.judged import LINE, Object, line


def accepts(found: Object) -> bool:
    try:
        line_of(found)
    except BadLine:
        return False
    return True


counts = st.integers(0, 50)
small = st.integers(0, 5)
labelled = st.tuples(small, small).map(
    lambda pair: {"labels": sum(pair), "bad": {"wrong_labels": pair[1]}}
)
by_errors = st.tuples(small, small).map(
    lambda pair: {"requests": sum(pair), "bad": {"errors": pair[1]}}
)
labelled_part = labelled.map(lambda part: part | {"requests": 9})
names = st.sampled_from(["de", "fr", OTHER, "a.b", "\ud800", "x" * 100])
segments = st.dictionaries(names, st.one_of(st.just({}), labelled, by_errors), max_size=3)


@st.composite
def arms(draw: st.DrawFn, *, stable: bool) -> Object:
    """An arm of which any part but requests may be left out."""
    made: Object = {"requests": draw(st.integers(100, 200)), "bad": {"errors": draw(st.just(60))}}
    if draw(st.booleans()):
        made["segments"] = draw(segments)
    if draw(st.booleans()):
        made |= {"labels": 50, "bad": {"errors": 60, "wrong_labels": draw(st.integers(15, 35))}}
    if draw(st.booleans()):
        made["latency_us"] = [[10, draw(counts)], [20.5, draw(counts)], [None, 0]]
    if stable and draw(st.booleans()):
        part = by_errors | labelled_part if "labels" in made else by_errors
        made["parts"] = draw(st.lists(part, max_size=3))
    return made


whole_lines = st.builds(
    line, st.integers(0, 9), arms(stable=True), arms(stable=False), st.floats(0, 100)
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("t1"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("t1"), inner),
    max_leaves=4,
)


@st.composite
def spoiled(draw: st.DrawFn) -> Object:
    """A good line with something else in one or two places; that may be good as well."""
    made: Object = json.loads(json.dumps(draw(whole_lines)))
    for _ in range(draw(st.integers(1, 2))):
        parent, key = draw(st.sampled_from(list(_places(made))))
        value = draw(st.sampled_from([0, 1, 2.0, 0.5, True, None, {}, []]) | anything)
        if isinstance(parent, dict) and draw(st.booleans()):
            others = ["labels", "bad", "errors", "wrong_labels", "parts", "segments", "requests"]
            key = draw(st.sampled_from(others))
        parent[key] = value
    return made


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(pairs):
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(whole_lines)
def test_good_lines_are_accepted_by_parser_and_schema(good: Object) -> None:
    line_of(good)
    assert LINE.is_valid(good)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spoiled())
def test_what_the_parser_accepts_the_schema_accepts(found: Object) -> None:
    if accepts(found):
        LINE.validate(found)
