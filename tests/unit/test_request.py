"""From API Gateway's event to what was asked."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from steelyard.errors import InvalidEvent
from steelyard.request import Request, read_request

AT = datetime(2026, 3, 2, 9, 0, 0, 500_000, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "body": "{}",
    "isBase64Encoded": False,
    "pathParameters": {"endpoint": "completion"},
    "requestContext": {"timeEpoch": 1772442000500},
}


@pytest.mark.parametrize(
    ("changes", "body"),
    [
        ({}, "{}"),
        ({"body": None}, ""),
        ({"body": base64.b64encode("ж".encode()).decode(), "isBase64Encoded": True}, "ж"),
    ],
)
def test_request_has_an_endpoint_a_body_and_a_time(changes: dict[str, Any], body: str) -> None:
    assert read_request({**EVENT, **changes}) == Request("completion", body, AT)


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ([], "got list, accepted: an event of API Gateway"),
        ({**EVENT, "pathParameters": None}, "pathParameters: got None"),
        ({**EVENT, "pathParameters": {}}, "endpoint: got None, accepted: text"),
        ({**EVENT, "requestContext": 7}, "requestContext: got 7"),
        ({**EVENT, "requestContext": {"timeEpoch": "soon"}}, "timeEpoch: got 'soon'"),
        ({**EVENT, "requestContext": {"timeEpoch": 10**30}}, "timeEpoch: got 1000"),
        ({**EVENT, "body": {"reports": []}}, "body: got {'reports': \\[\\]}, accepted: text"),
        ({**EVENT, "body": "no base64", "isBase64Encoded": True}, "the body is not text"),
        ({**EVENT, "body": "/w==", "isBase64Encoded": True}, "the body is not text"),
    ],
)
def test_what_is_no_request_is_refused_with_what_is_accepted(event: object, why: str) -> None:
    with pytest.raises(InvalidEvent, match=why):
        read_request(event)
