"""The local cloud's ASGI application: its own paths, invocations of endpoints, then MiniStack.

Used by the server only.
"""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote

from infra.local.chaos.controls import Control
from infra.local.clock import Clock
from infra.local.images import ImageStore
from infra.local.ports import API_PATH, AwsError

_log = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Reply = tuple[int, dict[str, str], bytes]

_INVOCATION = re.compile(r"/endpoints/([^/]+)/invocations")
_OWN = "/_steelyard/"
_PATHS = ("GET clock", "GET health", "POST images", "POST faults")
# The largest body that InvokeEndpoint takes. Source: its API reference.
_LARGEST_BODY = 6 * 1024 * 1024
# The largest that API Gateway takes. Source: its quotas for HTTP APIs.
_LARGEST_API_BODY = 10 * 1024 * 1024


class Runtime(Protocol):
    """What SageMaker offers besides its API."""

    async def invoke(self, name: str, headers: dict[str, str], body: bytes) -> Reply:
        """Answer (status, headers, body) of InvokeEndpoint."""

    def set_fault(self, name: str, /, **details: object) -> None:
        """Let something go wrong, once; raises AwsError for a fault that isn't known."""


class Gate(Protocol):
    """Checks the caller of InvokeEndpoint; raises AwsError."""

    def __call__(self, scope: Scope, body: bytes, endpoint: str) -> None:
        """Return when the caller may invoke the endpoint."""


class Front:
    """Routes requests."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that it routes to
        self,
        clock: Clock,
        images: ImageStore,
        runtime: Runtime,
        gate: Gate,
        rest: App,
        controls: Mapping[str, Control],
    ) -> None:
        self._clock = clock
        self._images = images
        self._runtime = runtime
        self._gate = gate
        self._rest = rest
        self._controls = controls
        self.ready = False
        """Set once the services have started; until then health says so."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection's request, or the server's start and end."""
        if scope["type"] == "lifespan":
            await _acknowledge(receive, send)
            return
        path = scope.get("path", "")
        send = self._dated(send)
        if scope["type"] == "http" and path.startswith(_OWN):
            await _reply(send, await self._own(scope, path, receive))
        elif scope.get("method") == "POST" and (match := _INVOCATION.fullmatch(path)):
            await _reply(send, await self._invoke(unquote(match[1]), scope, receive))
        elif scope["type"] == "http" and path.startswith(API_PATH):
            await self._call_api(scope, receive, send)
        else:
            await self._pass_on(scope, receive, send)

    def _dated(self, send: Send) -> Send:
        """Sends answers with the virtual time: the reconciler reads it from the ledger's."""

        async def dated(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(self._clock.now(), usegmt=True).encode()
                others = (pair for pair in message.get("headers", ()) if pair[0].lower() != b"date")
                message = {**message, "headers": [*others, (b"date", date)]}
            await send(message)

        return dated

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Policies that demand TLS are met by loopback.
        headers = [*scope.get("headers", []), (b"x-forwarded-proto", b"https")]
        await self._rest({**scope, "headers": headers}, receive, send)

    async def _call_api(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A call of an API, which MiniStack would take at any size."""
        try:
            announced = _headers(scope).get("content-length", "0")
            _refuse_larger(int(announced) if announced.isdigit() else 0, _LARGEST_API_BODY)
            body = await _body(receive, _LARGEST_API_BODY)
        except AwsError as error:
            await _reply(send, _json(error.status, {"message": "Request Entity Too Large"}))
            return
        await self._pass_on(scope, _again(body), send)

    async def _invoke(self, endpoint: str, scope: Scope, receive: Receive) -> Reply:
        try:
            body = await _body(receive, _LARGEST_BODY)
            self._gate(scope, body, endpoint)
            return await self._runtime.invoke(endpoint, _headers(scope), body)
        except AwsError as error:
            return _failure(error)
        except Exception:  # noqa: BLE001 - the caller gets an answer whatever happens
            _log.exception("InvokeEndpoint %s failed", endpoint)
            return _failure(
                AwsError("InternalFailure", "the local cloud failed; its log says how", 500)
            )

    async def _own(self, scope: Scope, path: str, receive: Receive) -> Reply:
        what = f"{scope['method']} {path.removeprefix(_OWN)}"
        try:
            if what == "GET clock":
                now = self._clock.now().isoformat()
                return _json(200, {"now": now, "factor": self._clock.factor})
            if what == "GET health":
                status = "ok" if self.ready else "starting"
                return _json(200 if self.ready else 503, {"status": status})
            if what == "POST images":
                folder, repository = _asked(await _body(receive, 65536), "folder", "repository")
                push = self._images.push
                return _json(
                    200, {"image": await asyncio.to_thread(push, Path(folder), repository)}
                )
            if what == "POST faults":
                body = await _body(receive, 65536)
                (fault,) = _asked(body, "fault")
                details = {
                    name: value for name, value in json.loads(body).items() if name != "fault"
                }
                await asyncio.to_thread(lambda: self._runtime.set_fault(fault, **details))
                return _json(200, {})
            if (control := self._controls.get(what)) is not None:
                return _json(200, await asyncio.to_thread(control, await _body(receive, 65536)))
        except AwsError as error:
            return _failure(error)
        there = ", ".join((*_PATHS, *self._controls))
        return _failure(
            AwsError("UnknownOperationException", f"no {what} of {_OWN}; there are {there}", 404)
        )


async def _acknowledge(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


def _asked(body: bytes, *names: str) -> list[str]:
    try:
        given = json.loads(body)
        return [str(given[name]) for name in names]
    except (ValueError, KeyError, TypeError) as error:
        raise AwsError(
            "SerializationException", f"the body must be JSON with the keys {names}: {error!r}"
        ) from error


async def _body(receive: Receive, largest: int) -> bytes:
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        _refuse_larger(size, largest)
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


def _refuse_larger(size: int, largest: int) -> None:
    if size > largest:
        raise AwsError("ValidationError", f"the body is larger than {largest} bytes", 413)


def _again(body: bytes) -> Receive:
    """Receives a body that was received before."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _headers(scope: Scope) -> dict[str, str]:
    pairs = scope["headers"]
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in pairs}


def _json(status: int, answer: dict[str, Any]) -> Reply:
    return status, {"content-type": "application/json"}, json.dumps(answer).encode()


def _failure(error: AwsError) -> Reply:
    status, headers, body = _json(error.status, {"__type": error.code, "message": error.message})
    return status, headers | {"x-amzn-errortype": error.code}, body


async def _reply(send: Send, reply: Reply) -> None:
    status, headers, body = reply
    named = {**headers, "content-length": str(len(body))}
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
