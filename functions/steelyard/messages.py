"""From a message on the queue to a trigger. Pure; handlers and the console use it.

Events are hints: what they claim is not believed but read again. So little of them is needed, and
all of that is checked. Source of the table of bad inputs: docs/inputs.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from steelyard.errors import ForeignEvent, InvalidEvent
from steelyard.json_object import read_object
from steelyard.rollout.observation import Command, CommandName, Hint, Trigger

COMMAND_SOURCE = "steelyard"
COMMAND_TYPE = "Steelyard Command"
_ALARM_STATES = ("OK", "ALARM", "INSUFFICIENT_DATA")
_TEXT_AT_MOST = 1000
_KEY_AT_MOST = 64  # the ledger keeps the latest twenty in every entry
_ENDPOINT = re.compile("[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")  # SageMaker's own pattern


@dataclass(frozen=True, slots=True)
class Home:
    """Where we are: events of other accounts or regions are none of ours."""

    account: str
    region: str


def parse(body: str, endpoint: str, home: Home) -> Trigger:
    """What a message on the endpoint's group asks for.

    Raises:
        ForeignEvent: of another account or region.
        InvalidEvent: not an event of EventBridge, about another endpoint, or of a kind or shape
            that nothing here knows.
    """
    require_endpoint_name(endpoint)
    event = read_object(body)
    for key, expected in (("account", home.account), ("region", home.region)):
        if event.get(key) != expected:
            raise ForeignEvent(f"{key}: got {event.get(key)!r:.100}, accepted: {expected}")
    detail = event.get("detail")
    if not isinstance(detail, dict):
        raise InvalidEvent(f"detail: got {detail!r:.100}, accepted: an object")
    kind = event.get("detail-type")
    if not isinstance(kind, str) or kind not in _PARSERS:
        raise InvalidEvent(f"detail-type: got {kind!r:.100}, accepted: {', '.join(_PARSERS)}")
    if kind == COMMAND_TYPE and "replay-name" in event:  # added by EventBridge's archive
        raise InvalidEvent(
            f"replay-name: got {event['replay-name']!r:.100}, accepted: none; "
            "an order that was given once is not given again by replaying it"
        )
    return _PARSERS[kind](detail, endpoint, home)


def require_endpoint_name(name: str) -> None:
    """Refuse what can't be the name of an endpoint.

    Raises:
        InvalidEvent: it can't.
    """
    if not _ENDPOINT.fullmatch(name):
        raise InvalidEvent(f"endpoint: got {name!r:.100}, accepted: {_ENDPOINT.pattern}")


def instant(key: str, milliseconds: object) -> datetime:
    """The time that AWS stamped on a message or a request, aware UTC.

    Raises:
        InvalidEvent: it is none.
    """
    try:
        return datetime.fromtimestamp(int(str(milliseconds)) / 1000, UTC)
    except (ValueError, OverflowError, OSError) as error:
        accepted = "milliseconds since 1970"
        raise InvalidEvent(f"{key}: got {milliseconds!r:.100}, accepted: {accepted}") from error


def _tick(_detail: Mapping[str, Any], _endpoint: str, _home: Home) -> Trigger:
    return Hint("tick")


def _alarm(detail: Mapping[str, Any], endpoint: str, _home: Home) -> Trigger:
    name = _text(detail, "alarmName")
    if not name.startswith(f"steelyard/{endpoint}/"):
        raise InvalidEvent(f"alarmName: got {name!r}, accepted: steelyard/{endpoint}/...")
    state = detail.get("state")
    value = state.get("value") if isinstance(state, dict) else None
    if value not in _ALARM_STATES:
        raise InvalidEvent(f"state.value: got {value!r:.100}, accepted: {', '.join(_ALARM_STATES)}")
    return Hint("alarm", f"{name} is {value}")


def _endpoint(detail: Mapping[str, Any], endpoint: str, _home: Home) -> Trigger:
    _same(detail, "EndpointName", endpoint)
    return Hint("endpoint", f"{_text(detail, 'EndpointStatus')}")


def _approval(detail: Mapping[str, Any], _of: str, home: Home) -> Trigger:
    arn = _text(detail, "ModelPackageArn")
    # arn:<partition>:sagemaker:<region>:<account>:model-package/<group>/<version>
    if arn.split(":")[3:5] != [home.region, home.account]:
        raise ForeignEvent(f"ModelPackageArn: got {arn!r}, accepted: one of {home.account}")
    return Hint("approval", f"{arn} is {_text(detail, 'ModelApprovalStatus')}")


def _command(detail: Mapping[str, Any], endpoint: str, _home: Home) -> Trigger:
    _same(detail, "endpoint", endpoint)
    name = _text(detail, "command")
    if name not in tuple(CommandName):
        raise InvalidEvent(f"command: got {name!r}, accepted: {', '.join(CommandName)}")
    return Command(
        command=CommandName(name),
        rollout=_text(detail, "rollout"),
        actor=_text(detail, "actor"),
        reason=_text(detail, "reason"),
        key=_text(detail, "key", _KEY_AT_MOST),
    )


_PARSERS = {
    "Scheduled Event": _tick,
    "CloudWatch Alarm State Change": _alarm,
    "SageMaker Endpoint State Change": _endpoint,
    "SageMaker Model Package State Change": _approval,
    COMMAND_TYPE: _command,
}


def _text(detail: Mapping[str, Any], key: str, most: int = _TEXT_AT_MOST) -> str:
    value = detail.get(key)
    # Printable: it is logged, paged and shown in terminals.
    if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable():
        raise InvalidEvent(f"{key}: got {value!r:.100}, accepted: 1 to {most} printable characters")
    return value


def _same(detail: Mapping[str, Any], key: str, endpoint: str) -> None:
    if detail.get(key) != endpoint:
        raise InvalidEvent(f"{key}: got {detail.get(key)!r:.100}, accepted: {endpoint}")
