"""Pages of a list behind an opaque token. Pure; only `infra/local/cloudwatch` imports it."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from infra.local.ports import AwsError

Item = TypeVar("Item")
_MARK = "from:"


def page(items: Sequence[Item], size: int, token: str | None) -> tuple[list[Item], dict[str, str]]:
    """Answer one page, and `{"NextToken": ...}` when there is another.

    Raises:
        AwsError: the token is not one of ours.
    """
    start = _place(token) if token else 0
    shown = list(items[start : start + size])
    if start + size >= len(items):
        return shown, {}
    text = f"{_MARK}{start + size}"
    return shown, {"NextToken": base64.urlsafe_b64encode(text.encode()).decode()}


def _place(token: str) -> int:
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
        return int(text.removeprefix(_MARK))
    except (binascii.Error, UnicodeError, ValueError) as error:
        message = f"The token {token!r} was not given out here."
        raise AwsError("InvalidNextToken", message) from error
