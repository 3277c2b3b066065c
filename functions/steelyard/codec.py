"""Plain data to JSON and back, by the fields' types. Pure; anyone may import it.

The Lambda carries no validation library, and the ledger must read back exactly what it wrote.
Supported: dataclasses, str, int, float, bool, None, datetime (ISO 8601, UTC), timedelta
(seconds), StrEnum, tuple[X, ...], Mapping[str, X], unions of dataclasses (told apart by the
field `kind`) and `X | None`.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")
_Reader = Callable[[Any], Any]
_PLAIN = (float, int, str, bool, types.NoneType)


def encode(value: Any) -> Any:
    """What `json.dumps` takes, with durations in seconds and times in ISO 8601."""
    kind: Any = type(value)
    return value if kind in _PLAIN else _encoder(kind)(value)


@cache
def _encoder(kind: Any) -> Callable[[Any], Any]:
    """How values of a type are written; made once, as in `_reader`."""
    if issubclass(kind, StrEnum):
        return lambda value: value.value
    if issubclass(kind, (int, float, str)):
        return lambda value: value
    if issubclass(kind, datetime):
        return lambda value: value.astimezone(UTC).isoformat()
    if issubclass(kind, timedelta):
        return lambda value: value.total_seconds()
    if issubclass(kind, Mapping):
        return lambda value: {key: encode(item) for key, item in value.items()}
    if issubclass(kind, (tuple, list)):
        return lambda value: [encode(item) for item in value]
    if is_dataclass(kind):
        names = tuple(field.name for field in fields(kind))
        return lambda value: {name: encode(getattr(value, name)) for name in names}
    return _refuse


def _refuse(value: Any) -> Any:
    raise TypeError(f"can't encode {type(value).__name__}: {value!r}")


def decode(kind: type[T], data: Any) -> T:
    """The value of type `kind` that `encode` made `data` of.

    Raises:
        ValueError: data of another shape; names the key, the value and what is accepted.
    """
    try:
        return typing.cast("T", _reader(typing.cast("Any", kind))(data))
    except _Unfit as unfit:
        raise ValueError(f"{kind.__name__}{unfit.where}{unfit.what}") from unfit.__cause__


class _Unfit(Exception):
    """Data of another shape; where, is found out on the way up."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.where, self.what = "", what

    def below(self, where: str) -> _Unfit:
        self.where = f"{where}{self.where}"
        return self


@cache
def _reader(kind: Any) -> _Reader:
    """How values of a type are read; made once, since a state has hundreds of values."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return _of_union(arguments)
    if origin is tuple:
        return _of_tuple(_reader(arguments[0]))
    if origin is Mapping:
        return _of_mapping(_reader(arguments[1]))
    if origin is typing.Literal:
        return _of_choice(dict(zip(arguments, arguments, strict=True)), str(arguments))
    if is_dataclass(kind):
        return _of_dataclass(kind)
    if issubclass(kind, StrEnum):
        return _of_choice({str(one): one for one in kind}, ", ".join(kind))
    return _SPECIAL.get(kind) or _of(kind)


def _of(kind: type[Any]) -> _Reader:
    def read(data: Any) -> Any:
        if type(data) is not kind:
            raise _Unfit(f": got {data!r}, accepted: {kind.__name__}")
        return data

    return read


_dict, _list, _text = _of(dict), _of(list), _of(str)


def _number(data: Any) -> Any:
    if type(data) not in (int, float):
        raise _Unfit(f": got {data!r}, accepted: a number")
    return data  # 5 stays 5: what is written again is the same text


def _instant(data: Any) -> datetime:
    text = _text(data)
    with suppress(ValueError):
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    raise _Unfit(f": got {data!r}, accepted: a time in ISO 8601 with its zone")


def _duration(data: Any) -> timedelta:
    seconds = _number(data)
    try:
        return timedelta(seconds=seconds)
    except (OverflowError, ValueError) as error:
        raise _Unfit(f": got {data!r}, accepted: seconds") from error


_SPECIAL: Mapping[Any, _Reader] = {datetime: _instant, timedelta: _duration, float: _number}


def _of_choice(values: Mapping[Any, Any], accepted: str) -> _Reader:
    def read(data: Any) -> Any:
        if not isinstance(data, Hashable) or data not in values:
            raise _Unfit(f": got {data!r}, accepted: {accepted}")
        return values[data]

    return read


def _of_tuple(item: _Reader) -> _Reader:
    def read(data: Any) -> Any:
        items: list[Any] = _list(data)
        values: list[Any] = []
        try:
            for one in items:
                values.append(item(one))  # noqa: PERF401 - its length says which one is unfit
        except _Unfit as unfit:
            raise unfit.below(f"[{len(values)}]")  # noqa: B904 - it is the same one
        return tuple(values)

    return read


def _of_mapping(item: _Reader) -> _Reader:
    return lambda data: _each(_dict(data), lambda _key: item)


def _of_dataclass(kind: Any) -> _Reader:
    hints = typing.get_type_hints(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields(kind)}

    def read(data: Any) -> Any:
        if not _dict(data).keys() <= readers.keys():
            unknown = sorted(data.keys() - readers.keys())
            raise _Unfit(f": unknown keys {unknown}, accepted: {sorted(readers)}")
        values = _each(data, readers.__getitem__)
        try:
            return kind(**values)
        except TypeError as error:
            raise _Unfit(f": {error}") from error

    return read


def _each(data: Mapping[str, Any], reader: Callable[[str], _Reader]) -> dict[str, Any]:
    values, key = {}, ""
    try:
        for key, one in data.items():
            values[key] = reader(key)(one)
    except _Unfit as unfit:
        raise unfit.below(f".{key}")  # noqa: B904 - it is the same one
    return values


def _of_union(members: tuple[Any, ...]) -> _Reader:
    others = tuple(member for member in members if member is not types.NoneType)
    read = _reader(others[0]) if len(others) == 1 else _by_kind(others)
    if len(others) == len(members):
        return read
    return lambda data: None if data is None else read(data)


def _by_kind(members: tuple[Any, ...]) -> _Reader:
    """Dataclasses that are told apart by their field `kind`."""
    readers = {
        kind: _reader(member)
        for member in members
        for kind in typing.get_args(typing.get_type_hints(member)["kind"])
    }

    def read(data: Any) -> Any:
        named = _dict(data).get("kind")
        if not isinstance(named, str) or named not in readers:
            raise _Unfit(f".kind: got {named!r}, accepted: {', '.join(readers)}")
        return readers[named](data)

    return read
