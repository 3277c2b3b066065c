"""From a YAML source to a validated value, or to one line for each thing that is wrong with it.

Imported by `infra.model_file` and the console's `policy_file`. Values are validated as JSON,
strictly: there a list is a tuple and ISO 8601 text is a duration, but `yes` is no number and `5`
no text.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
import types
import typing
from datetime import timedelta
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from infra.yaml_source import KeyPath, Source

M = TypeVar("M")

DURATION = "a duration such as 500ms, 90s, 10m, 24h, 7d, 1h30m or ISO 8601 (PT10M)"

_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_DURATION = re.compile(r"(?:\d{1,9}(?:ms|s|m|h|d))+")
_PART = re.compile(r"(\d+)(ms|s|m|h|d)")


def validate(kind: type[M], source: Source) -> tuple[M | None, list[str]]:
    """The source as a `kind`, or None and every problem as `file:line: key: got, accepted`."""
    plain = json.dumps(_with_iso_durations(kind, source.data), default=str)
    try:
        return TypeAdapter(kind).validate_json(plain, strict=True), []
    except ValidationError as error:
        details = sorted(error.errors(), key=lambda detail: source.line(detail["loc"]))
        return None, [_line(kind, source, detail) for detail in details]


def duration(text: str) -> timedelta | None:
    """A duration such as 90s or 1h30m; None if the text is none."""
    if not _DURATION.fullmatch(text):
        return None
    return sum((int(n) * _UNITS[unit] for n, unit in _PART.findall(text)), timedelta())


def problem(source: Source, path: KeyPath, text: str) -> str:
    """One line about one key path."""
    key = f"{_dotted(path)}: " if path else ""
    return f"{source.shown}:{source.line(path)}: {key}{text}"


def _with_iso_durations(kind: Any, data: Any) -> Any:
    """Write `10m` as pydantic reads it, wherever `kind` has a duration; leave the rest to it."""
    kind = _bare(kind)
    if kind is timedelta:
        return _iso(data)
    if isinstance(data, dict) and _fields(kind):
        known = _fields(kind)
        return {k: _with_iso_durations(known.get(k), value) for k, value in data.items()}
    if isinstance(data, list) and typing.get_origin(kind) is tuple:
        return [_with_iso_durations(typing.get_args(kind)[0], item) for item in data]
    return data


def _iso(text: object) -> object:
    total = duration(text) if isinstance(text, str) else None
    return text if total is None else f"P{total.days}DT{total.seconds}.{total.microseconds:06}S"


def _line(kind: type[object], source: Source, detail: ErrorDetails) -> str:
    path = detail["loc"]
    match detail["type"]:
        case "missing":
            return problem(source, path, f"missing, accepted: {_accepted(_at(kind, path))}")
        case "extra_forbidden" | "unexpected_keyword_argument":
            return problem(source, path, _unknown(str(path[-1]), _at(kind, path[:-1])))
        case "value_error":
            return _own_words(source, path, str(detail["ctx"]["error"]))
    accepted = _limits(detail) or _accepted(_at(kind, path))
    return problem(source, path, f"got {_shown(_value(source, path))}, accepted: {accepted}")


def _own_words(source: Source, path: KeyPath, text: str) -> str:
    """A message of ours: `got ...` about the value itself, or `key: got ...` about a key in it."""
    key, found, rest = text.partition(": got ")
    if not found:
        return problem(source, path, text)
    path = (*path, *key.split("."))
    got, _, accepted = rest.partition(", accepted: ")
    if path in source.lines:
        got = _shown(_value(source, path))
    return problem(source, path, f"got {got}, accepted: {accepted}")


def _unknown(key: str, parent: Any) -> str:
    known = list(_fields(parent))
    close = difflib.get_close_matches(key, known, n=1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    return f"unknown key{hint}, accepted: {', '.join(known)}"


_BOUNDS = {
    "greater_than": ("gt", "more than {}"),
    "greater_than_equal": ("ge", "{} or more"),
    "less_than": ("lt", "less than {}"),
    "less_than_equal": ("le", "{} or less"),
    "string_too_short": ("min_length", "text of at least {} character"),
    "string_too_long": ("max_length", "text of at most {} characters"),
}


def _limits(detail: ErrorDetails) -> str | None:
    if detail["type"] not in _BOUNDS:
        return None
    key, text = _BOUNDS[detail["type"]]
    return text.format(detail["ctx"][key])


def _accepted(kind: Any) -> str:
    """What a value of this type may be, in words."""
    kind = _bare(kind)
    words = {str: "text", int: "a whole number", float: "a number", timedelta: DURATION}
    if kind in words:
        return words[kind]
    if _fields(kind):
        return f"a mapping with the keys {', '.join(_fields(kind))}"
    if typing.get_origin(kind) is typing.Literal:
        return ", ".join(typing.get_args(kind))
    if typing.get_origin(kind) is tuple:
        return f"a list; each item: {_accepted(typing.get_args(kind)[0])}"
    return "a mapping"


def _at(kind: Any, path: KeyPath) -> Any:
    """The type of the value at a key path."""
    for step in path:
        kind = _bare(kind)
        if _fields(kind):
            kind = _fields(kind).get(str(step))
        else:
            kind = typing.get_args(kind)[0 if typing.get_origin(kind) is tuple else 1]
    return kind


def _bare(kind: Any) -> Any:
    """A type without `Annotated` and without `| None`."""
    if typing.get_origin(kind) is typing.Annotated:
        return _bare(typing.get_args(kind)[0])
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        return _bare(next(m for m in typing.get_args(kind) if m is not types.NoneType))
    return kind


def _fields(kind: Any) -> dict[str, Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        names = list(kind.model_fields)
    elif isinstance(kind, type) and dataclasses.is_dataclass(kind):
        names = [field.name for field in dataclasses.fields(kind)]
    else:
        return {}
    hints = typing.get_type_hints(kind, include_extras=True)
    return {name: hints[name] for name in names}


def _value(source: Source, path: KeyPath) -> Any:
    value = source.data
    for step in path:
        value = value[step]
    return value


def _shown(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _dotted(path: KeyPath) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")
