"""What fuzzing hands to handlers: valid events gone wrong somewhere, and raw text. Not a test."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

_DEEP = 1200
_TEXT = st.text(st.characters(), max_size=40)  # halves of characters too
_SCALARS: SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**400, -(10**400), float("nan"), float("inf"), -0.0, 1e308]),
    _TEXT,
    st.sampled_from(["", "\x00", "\ud83d", "\x1b[2J", "../x", "e" * 64, "9" * 300, "ﬀ" * 999]),
)
VALUES: SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_TEXT, inner, max_size=3)),
    max_leaves=6,
)
"""Whatever JSON, or Python's reading of it, can hold."""


@st.composite
def gone_wrong(draw: DrawFn, valid: Any, most: int = 3) -> Any:
    """The value with a few of its parts replaced, missing, wrapped, or joined by others."""
    value = deepcopy(valid)
    for _ in range(draw(st.integers(1, most))):
        value = _changed(draw, value)
    return value


def _changed(draw: DrawFn, value: Any) -> Any:
    if isinstance(value, dict | list) and value and draw(st.integers(0, 9)):
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = draw(st.sampled_from(keys))
        if draw(st.integers(0, 4)) == 0:
            del value[key]
        else:
            value[key] = _changed(draw, value[key])
        return value
    ways: list[Callable[[], Any]] = [
        lambda: draw(VALUES),
        lambda: [value],
        lambda: {"detail": value},
        lambda: str(value) + draw(_TEXT),
    ]
    return draw(st.sampled_from(ways))()


@st.composite
def texts(draw: DrawFn, valid: str) -> str:
    """Bodies that need not be JSON: the valid one cut, doubled or spliced, or anything."""
    cut = draw(st.integers(0, len(valid)))
    deep = draw(st.integers(1, _DEEP))
    return draw(
        st.sampled_from(
            [
                valid[:cut],
                valid[:cut] + draw(_TEXT) + valid[cut:],
                valid[:cut] + valid,
                valid[:-1] + ', "account": ' + json.dumps(draw(_SCALARS)) + "}",
                valid[:-1] + ', "x": ' + "[" * deep + "]" * deep + "}",
                valid[:-1] + ', "x": ' + '{"x": ' * deep + "1" + "}" * deep + "}",
                valid[:-1] + ', "x": ' + "9" * deep * 5 + "}",
                draw(_TEXT),
                draw(st.binary(max_size=40)).decode("utf-8", "surrogateescape"),
                "\ufeff" + valid,
            ]
        )
    )
