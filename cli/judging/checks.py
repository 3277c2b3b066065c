"""Checks of one JSON value each; a refusal names the key, the value and what is accepted.

For `cli.judging` alone. The JSON Schema docs/schema/judge-line.schema.json says the same.
"""

from __future__ import annotations

import difflib
import re
from typing import Any, TypeGuard

from cli.judging.reading import BadLine, shown

MOST = 10**15
"""The largest number in a line: up to it, whole numbers are exact as floats, too."""

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,100}")


def members(value: object, key: str, known: tuple[str, ...]) -> dict[str, Any]:
    """An object that has no other keys than those.

    Raises:
        BadLine: no object, or another key.
    """
    if not isinstance(value, dict):
        raise refused(key, value, f"an object with the keys {', '.join(known)}")
    for name in value:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            raise BadLine(inside(key, name), f"unknown key{hint}, accepted: {', '.join(known)}")
    return value


def required(values: dict[str, Any], key: str, name: str, accepted: str) -> Any:
    """What stands under a name.

    Raises:
        BadLine: nothing does.
    """
    if name not in values:
        raise BadLine(inside(key, name), f"missing, accepted: {accepted}")
    return values[name]


def number(value: object, key: str, most: float, accepted: str) -> float:
    """A number from 0 to `most`.

    Raises:
        BadLine: another value; true and false are no numbers.
    """
    if not _is_number(value) or not 0 <= value <= most:
        raise refused(key, value, accepted)
    return value


def whole(value: object, key: str, most: int = MOST, of: str = "") -> int:
    """A count: a whole number from 0 to `most`; 5.0 is one, 5.5 is not.

    Args:
        of: what there are `most` of.

    Raises:
        BadLine: another value; true and false are no numbers.
    """
    if not _is_number(value) or not 0 <= value <= most or value != int(value):
        raise refused(key, value, f"a whole number, 0 to {most}{of and f' {of}'}")
    return int(value)


def refused(key: str, value: object, accepted: str) -> BadLine:
    """What to raise about a value."""
    return BadLine(key, f"got {shown(value)}, accepted: {accepted}")


def inside(key: str, name: str) -> str:
    """The key of a member of an object; names that would spoil a message stand in quotes."""
    plain = name if _PLAIN.fullmatch(name) else shown(name)
    return f"{key}.{plain}" if key else plain


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
