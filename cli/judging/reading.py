"""JSON Lines from whoever wrote them: bounded, strict, one line at a time. For `cli.judging`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any, BinaryIO, NoReturn

LONGEST = 1024 * 1024
"""Bytes that a line may have, its end included."""

_SHOWN = 60


class BadLine(Exception):
    """A line that can't be judged: which key, what was got, what is accepted."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(f"{key}: {text}" if key else text)


def lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Each line with its number, from 1, as soon as it is there; a giant one is cut off.

    What is cut off is passed over only when the next line is asked for: it may never end.
    """
    for number in count(1):
        raw = stream.readline(LONGEST + 1)
        if not raw:
            return
        yield number, raw
        while len(raw) > LONGEST and not raw.endswith(b"\n"):
            raw = stream.readline(LONGEST + 1)


def read_object(raw: bytes) -> dict[str, Any]:
    """The JSON object that a line holds.

    Raises:
        BadLine: too long, not UTF-8, not JSON, no object, or one with a key twice.
    """
    accepted = "one JSON object, such as --help shows"
    if len(raw) > LONGEST:
        raise BadLine("", f"got more than {LONGEST} bytes, accepted: {accepted}")
    try:
        text = raw.decode()
        found = _DECODER.decode(text)
    except UnicodeDecodeError as error:
        byte = f"byte {raw[error.start]:#04x} at {error.start + 1}"
        raise BadLine("", f"got {byte}, accepted: UTF-8") from error
    except (ValueError, RecursionError) as error:
        got = shown(text.strip()) if text.strip() else "an empty line"
        raise BadLine("", f"got {got}, accepted: {accepted} ({error})") from error
    if not isinstance(found, dict):
        raise BadLine("", f"got {shown(found)}, accepted: {accepted}")
    return found


def shown(value: object) -> str:
    """A value as messages show it: as JSON, and not all of a large one."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    text = json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise BadLine(key, "got it twice, accepted: each key once in its object")
        found[key] = value
    return found


def _no_number(text: str) -> NoReturn:
    raise BadLine("", f"got {text}, accepted: numbers as JSON has them")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)
