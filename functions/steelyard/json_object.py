"""Reads JSON of unknown senders: bounded before and after it is parsed. Pure; anyone may use it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from steelyard.errors import InvalidEvent

LONGEST = 256 * 1024
_DEEPEST = 100


def read_object(text: str) -> dict[str, Any]:
    """The JSON object that a text holds.

    Raises:
        InvalidEvent: longer than `LONGEST` characters, not JSON, not an object, nested deep, or
            with two values for one key.
    """
    if len(text) > LONGEST:
        raise InvalidEvent(f"{len(text)} characters, accepted: at most {LONGEST}")
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InvalidEvent(f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise InvalidEvent(f"got {type(found).__name__}, accepted: an object")
    if _is_deeper(found, _DEEPEST):
        raise InvalidEvent(f"nested deeper than {_DEEPEST} levels")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which no key has two values: who reads it next might take the other one.

    AWS's documented sample of an endpoint's event has `source` twice, with one value.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        for key, value in pairs:
            if repr(found[key]) != repr(value):
                raise InvalidEvent(f"{key!r:.100} has two values, accepted: one")
    return found


def _no_number(name: str) -> None:
    """Python reads NaN, Infinity and -Infinity, which JSON does not have."""
    raise InvalidEvent(f"not JSON: {name}")


def _is_deeper(value: object, levels: int) -> bool:
    """Whether objects and arrays are nested deeper; how deep json.loads goes depends on Python."""
    layer = [value]
    for _ in range(levels):
        layer = [child for item in layer for child in _children(item)]
    return any(isinstance(item, dict | list) for item in layer)


def _children(item: object) -> Iterable[object]:
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()
