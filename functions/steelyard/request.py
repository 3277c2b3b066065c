"""From API Gateway's event to endpoint, body and time. Pure; the intake's handler uses it.

API Gateway fills all of it, but a Lambda can also be invoked by hand.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from steelyard.errors import InvalidEvent
from steelyard.messages import instant


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        at: when API Gateway got it, aware UTC.
    """

    endpoint: str
    body: str
    at: datetime


def read_request(event: object) -> Request:
    """The request in an event of API Gateway's, payload format 2.0.

    Raises:
        InvalidEvent: it is none, or its body is not text.
    """
    if not isinstance(event, Mapping):
        raise InvalidEvent(f"got {type(event).__name__}, accepted: an event of API Gateway")
    return Request(
        endpoint=_text(_inside(event, "pathParameters").get("endpoint"), "endpoint"),
        body=_body(event),
        at=instant("timeEpoch", _inside(event, "requestContext").get("timeEpoch")),
    )


def _inside(event: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = event.get(key)
    if not isinstance(found, Mapping):
        raise InvalidEvent(f"{key}: got {found!r:.100}, accepted: an object")
    return found


def _body(event: Mapping[str, object]) -> str:
    body = _text(event.get("body") or "", "body")
    if not event.get("isBase64Encoded"):
        return body
    try:
        return b64decode(body, validate=True).decode()
    except ValueError as error:  # no base64, or no UTF-8
        raise InvalidEvent(f"the body is not text: {error}") from error


def _text(value: object, key: str) -> str:
    if not isinstance(value, str):
        raise InvalidEvent(f"{key}: got {value!r:.100}, accepted: text")
    return value
