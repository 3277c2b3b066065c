"""Properties of a CloudFormation template as parameters of SageMaker's API. `resources` uses it.

For the types here CloudFormation spells properties as the API does, but may pass numbers and
booleans as strings, and "true" is a string where the API wants one: only botocore's shape tells.
"""

import secrets
from functools import lru_cache
from typing import Any

import botocore.session
from botocore.model import ServiceModel, Shape

from infra.local.ports import Params
from infra.local.sagemaker.refusals import invalid
from infra.local.validation import validate

_BOOLEANS = {"true": True, "false": False}
_NAME_LIMIT = 63


def generated_name(stack_name: str, logical_id: str) -> str:
    """Answer a name for a resource that the template leaves unnamed; new at every call."""
    end = secrets.token_hex(6)
    start = f"{stack_name}-{logical_id}"[: _NAME_LIMIT - len(end) - 1].rstrip("-")
    return f"{start}-{end}"


def coerced(operation: str, props: Params) -> Params:
    """Answer properties with the types of an operation's input.

    Raises:
        AwsError: a property that the operation does not know, or a value of the wrong type.
    """
    model = _model().operation_model(operation)
    converted: Params = _convert(model.input_shape, props, operation)
    validate(model, converted)
    return converted


@lru_cache
def _model() -> ServiceModel:
    return botocore.session.get_session().get_service_model("sagemaker")


def _convert(shape: Any, value: Any, where: str) -> Any:
    if shape.type_name == "structure" and isinstance(value, dict):
        unknown = sorted(set(value) - set(shape.members))
        if unknown:
            raise invalid(f"{where} has no properties {unknown}; it has {sorted(shape.members)}")
        return {
            name: _convert(shape.members[name], one, f"{where}.{name}")
            for name, one in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_convert(shape.member, one, where) for one in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: _convert(shape.value, one, f"{where}.{key}") for key, one in value.items()}
    return _scalar(shape, value, where)


def _scalar(shape: Shape, value: Any, where: str) -> Any:
    kind = shape.type_name
    if kind == "string" and isinstance(value, bool):
        return str(value).lower()
    if kind == "string" and isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        return value
    try:
        if kind in ("integer", "long"):
            return int(value)
        if kind in ("float", "double"):
            return float(value)
        return _BOOLEANS[value.lower()] if kind == "boolean" else value
    except (ValueError, KeyError):
        raise invalid(f"{where} is {value!r}: give a {kind}") from None
