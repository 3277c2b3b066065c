"""Plain data to JSON and back, by the fields' types. Pure; anyone may import it.

The Lambda carries no validation library, and the ledger must read back exactly what it wrote.
Supported: dataclasses, str, int, float, bool, None, datetime (ISO 8601, UTC), timedelta
(seconds), StrEnum, tuple[X, ...], Mapping[str, X], unions of dataclasses (told apart by the
field `kind`) and `X | None`.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")
_PLAIN = (float, int, str, bool, types.NoneType)


def encode(value: Any) -> Any:
    """What `json.dumps` takes, with durations in seconds and times in ISO 8601."""
    if type(value) in _PLAIN:
        return value
    match value:
        case StrEnum():
            return value.value
        case int() | float() | str():
            return value
        case datetime():
            return value.astimezone(UTC).isoformat()
        case timedelta():
            return value.total_seconds()
        case Mapping():
            return {key: encode(item) for key, item in value.items()}
        case tuple() | list():
            return [encode(item) for item in value]
    if is_dataclass(value):
        return {f.name: encode(getattr(value, f.name)) for f in fields(value)}
    raise TypeError(f"can't encode {type(value).__name__}: {value!r}")


def decode(kind: type[T], data: Any) -> T:
    """The value of type `kind` that `encode` made `data` of.

    Raises:
        ValueError: data of another shape; names the key, the value and what is accepted.
    """
    return typing.cast("T", _decode(kind, data, kind.__name__))


def _decode(kind: Any, data: Any, path: str) -> Any:
    return _decoder(kind)(kind, data, path)


@cache
def _decoder(kind: Any) -> Callable[[Any, Any, str], Any]:
    """How values of a type are read; looked up once, since a state has hundreds of values."""
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        return _decode_union
    if origin is tuple:
        return _decode_tuple
    if origin is Mapping:
        return _decode_mapping
    if is_dataclass(kind):
        return _decode_dataclass
    if kind is float:
        return _decode_number
    return _is if kind in (str, int, bool) else _decode_scalar


def _decode_number(_kind: Any, data: Any, path: str) -> Any:
    return _is((int, float), data, path)  # 5 stays 5: what is written again is the same text


def _decode_tuple(kind: Any, data: Any, path: str) -> Any:
    item = _arguments(kind)[0]
    read = _decoder(item)
    return tuple(read(item, x, f"{path}[{i}]") for i, x in enumerate(_is(list, data, path)))


def _decode_mapping(kind: Any, data: Any, path: str) -> Any:
    item = _arguments(kind)[1]
    read = _decoder(item)
    return {key: read(item, x, f"{path}.{key}") for key, x in _is(dict, data, path).items()}


def _decode_union(kind: Any, data: Any, path: str) -> Any:
    members = _arguments(kind)
    if data is None and types.NoneType in members:
        return None
    members = tuple(m for m in members if m is not types.NoneType)
    if len(members) == 1:
        return _decode(members[0], data, path)
    by_kind = _by_kind(members)
    named = _is(dict, data, path).get("kind")
    if named not in by_kind:
        raise ValueError(f"{path}.kind: got {named!r}, accepted: {', '.join(by_kind)}")
    return _decode(by_kind[named], data, path)


@cache
def _by_kind(members: tuple[Any, ...]) -> dict[str, Any]:
    return {kind: m for m in members for kind in typing.get_args(_types(m)["kind"])}


def _decode_dataclass(kind: Any, data: dict[str, Any], path: str) -> Any:
    known = _types(kind)
    unknown = sorted(_is(dict, data, path).keys() - known.keys())
    if unknown:
        raise ValueError(f"{path}: unknown keys {unknown}, accepted: {sorted(known)}")
    values = {key: _decode(known[key], item, f"{path}.{key}") for key, item in data.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(f"{path}: {error}") from error


def _decode_scalar(kind: Any, data: Any, path: str) -> Any:
    if typing.get_origin(kind) is typing.Literal:
        if data not in typing.get_args(kind):
            raise ValueError(f"{path}: got {data!r}, accepted: {typing.get_args(kind)}")
        return data
    if kind is datetime:
        return _instant(_is(str, data, path), path)
    if kind is timedelta:
        return _duration(_is((int, float), data, path), path)
    if issubclass(kind, StrEnum):
        if data not in tuple(kind):
            raise ValueError(f"{path}: got {data!r}, accepted: {', '.join(kind)}")
        return kind(data)
    return _is(kind, data, path)


def _instant(text: str, path: str) -> datetime:
    with suppress(ValueError):
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    raise ValueError(f"{path}: got {text!r}, accepted: a time in ISO 8601 with its zone")


def _duration(seconds: float, path: str) -> timedelta:
    try:
        return timedelta(seconds=seconds)
    except (OverflowError, ValueError) as error:
        raise ValueError(f"{path}: got {seconds!r}, accepted: seconds") from error


def _is(kind: Any, data: Any, path: str) -> Any:
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        raise ValueError(f"{path}: got {data!r}, accepted: {getattr(kind, '__name__', 'a number')}")
    return data


_arguments = cache(typing.get_args)


@cache
def _types(kind: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {f.name: hints[f.name] for f in fields(kind)}
