"""Checks a request against the constraints in botocore's model. Used by `protocol` only.

botocore's own validator knows types, required members and least values; AWS also checks
greatest values, patterns and enumerations, and so do we.
"""

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from botocore.model import OperationModel, Shape
from botocore.validate import ParamValidator

from infra.local.ports import AwsError, Params

_SIZED = {"string", "list", "map", "blob"}
_NUMERIC = {"integer", "long", "float", "double"}


def validate(model: OperationModel, params: Params) -> None:
    """Refuse what AWS would refuse before it looks at anything that exists.

    Raises:
        AwsError: ValidationException, with every violation and the value that caused it.
    """
    if model.input_shape is None:
        return
    report = ParamValidator().validate(params, model.input_shape)
    if report.has_errors():
        raise AwsError("ValidationException", str(report.generate_report()))
    found = list(_violations(model.input_shape, params, ""))
    if found:
        count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: "
        raise AwsError("ValidationException", count + "; ".join(found))


def _violations(shape: Shape, value: Any, where: str) -> Iterator[str]:
    kind = shape.type_name
    if kind == "structure":
        for name, item in value.items():
            member = shape.members[name]
            inner = f"{where}.{_camel(name)}" if where else _camel(name)
            yield from _violations(member, item, inner)
        return
    for constraint in _broken(shape, kind, value):
        yield f"Value {value!r} at '{where}' failed to satisfy constraint: {constraint}"
    if kind == "list":
        for number, item in enumerate(value, start=1):
            inner = f"{where}.{number}.member"
            yield from _violations(shape.member, item, inner)
    if kind == "map":
        for key, item in value.items():
            yield from _violations(shape.key, key, f"{where}.key")
            yield from _violations(shape.value, item, f"{where}.{key}")


def _broken(shape: Shape, kind: str, value: Any) -> Iterator[str]:
    limits = shape.metadata
    if kind in _SIZED and "max" in limits and len(value) > limits["max"]:
        yield f"Member must have length less than or equal to {limits['max']}"
    if kind in _NUMERIC and not math.isfinite(value):
        yield "Member must be a finite number"
    elif kind in _NUMERIC and "max" in limits and value > limits["max"]:
        yield f"Member must have value less than or equal to {limits['max']}"
    if kind == "string" and "enum" in limits and value not in limits["enum"]:
        yield f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"
    if kind == "string" and "pattern" in limits and not _matches(limits["pattern"], value):
        yield f"Member must satisfy regular expression pattern: {limits['pattern']}"


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _matches(pattern: str, value: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.fullmatch(value) is not None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """Answer None for the few patterns in Java's dialect that Python can't read (tag keys)."""
    try:
        return re.compile(pattern)
    except re.error:
        return None
