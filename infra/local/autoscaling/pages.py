"""What the Describe operations have in common. Only this package imports it."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from infra.local.autoscaling.errors import invalid
from infra.local.autoscaling.targets import DIMENSION, NAMESPACE
from infra.local.ports import Params

_PAGE = 50


def asked_for(params: Params) -> bool:
    """Answer whether targets of ours are meant: there are no others."""
    dimension = params.get("ScalableDimension", DIMENSION)
    return (params["ServiceNamespace"], dimension) == (NAMESPACE, DIMENSION)


def page(result: str, found: Sequence[Params], params: Params) -> Params:
    """Answer a page of what was found.

    Args:
        result: the output's member that holds it.
        params: the operation's input.

    Raises:
        AwsError: a size that AWS doesn't take, or a NextToken that isn't ours.
    """
    size: Any = params.get("MaxResults", _PAGE)
    if not 1 <= size <= _PAGE:
        raise invalid(f"MaxResults {size} is not accepted: give 1 to {_PAGE}")
    start = _offset(params.get("NextToken"))
    answer: Params = {result: list(found[start : start + size])}
    if start + size < len(found):
        answer["NextToken"] = base64.urlsafe_b64encode(str(start + size).encode()).decode()
    return answer


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token))
    except (ValueError, binascii.Error):
        raise invalid(f"Invalid NextToken {token!r}: give one that this call answered") from None
