"""Lets calls of the API be lost, throttled, or carried out without an answer. For `assembly`."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from infra.local.chaos.mishaps import Fate, Mishaps

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

STRUCK: Final = frozenset({"sagemaker", "dynamodb"})
"""The services whose calls are struck, by their name in a signature."""

_SIGNED = re.compile(rb"Credential=([^/]+)/[^/]+/[^/]+/([^/,]+)/aws4_request")
_ROLES = b"ASIA"  # the beginning of a role's temporary keys; people's are others


class MishapsOfCalls:
    """Stands before an ASGI application; what it doesn't know it passes on."""

    def __init__(self, mishaps: Mishaps, rest: App) -> None:
        self._mishaps = mishaps
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = dict(scope.get("headers", ()))
        signed = _SIGNED.search(headers.get(b"authorization", b""))
        if scope["type"] != "http" or signed is None or signed[2].decode() not in STRUCK:
            await self._rest(scope, receive, send)
            return
        body = await _body(receive)
        fate = self._mishaps.of_call(
            signed[2].decode(),
            headers.get(b"x-amz-target", b"").decode("latin-1").rpartition(".")[2],
            _endpoint(body),
            by_role=signed[1].startswith(_ROLES),
        )
        await self._meet(fate, scope, body, send)

    async def _meet(self, fate: Fate, scope: Scope, body: bytes, send: Send) -> None:
        if fate is Fate.THROTTLED:
            await _throttle(send)
        elif fate is Fate.FINE:
            await self._rest(scope, _again(body), send)
        else:
            if fate in {Fate.LOST_RESPONSE, Fate.CUT_OFF}:
                await self._rest(scope, _again(body), _nowhere)
            await (_cut_off if fate is Fate.CUT_OFF else _break_off)(send)


async def _break_off(send: Send) -> None:
    """End an answer in its first chunk, and the connection too: no client takes that for one."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})


async def _cut_off(send: Send) -> None:
    """End an answer before its announced length; some botocores take what came for all of it.

    Source: `enforce_content_length=False` in the `httpsession.py` of botocore 1.44.
    """
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]}
    )
    await send({"type": "http.response.body", "body": b"{", "more_body": True})


async def _throttle(send: Send) -> None:
    body = json.dumps({"__type": "ThrottlingException", "message": "Rate exceeded"}).encode()
    headers = [
        (b"content-type", b"application/x-amz-json-1.1"),
        (b"x-amzn-errortype", b"ThrottlingException"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _nowhere(_message: dict[str, Any]) -> None:
    """Takes an answer that nobody gets."""


async def _body(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _again(body: bytes) -> Receive:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _endpoint(body: bytes) -> str:
    """The endpoint that a call of SageMaker names; empty where it names none."""
    try:
        given = json.loads(body)
    except ValueError:
        return ""
    return str(given.get("EndpointName", "")) if isinstance(given, dict) else ""
