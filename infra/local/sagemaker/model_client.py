"""A small HTTP/1.1 client for one model server: asyncio streams, h11, connections kept alive.

Only `model_server` makes one. All its coroutines run on one event loop.
"""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import h11

_CHUNK = 65536
Headers = Sequence[tuple[bytes, bytes]]


class ModelReply(NamedTuple):
    """What a model server answered."""

    status: int
    headers: dict[str, str]
    body: bytes


class BrokenReply(Exception):
    """The connection broke, or what came over it was not HTTP."""


class _StaleConnection(Exception):
    """A kept connection that the server had closed before it read the request."""


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.http = h11.Connection(h11.CLIENT)
        self.used = False

    @property
    def usable(self) -> bool:
        return not self.reader.at_eof() and not self.writer.is_closing()

    async def ask(self, request: h11.Request, body: bytes) -> ModelReply:
        parts = [self.http.send(request), self.http.send(h11.Data(data=body))]
        parts.append(self.http.send(h11.EndOfMessage()))
        self.writer.write(b"".join(part for part in parts if part))
        await self.writer.drain()
        return await self._reply()

    async def _reply(self) -> ModelReply:
        status, headers, body = 0, dict[str, str](), list[bytes]()
        while True:
            event = self.http.next_event()
            if event is h11.NEED_DATA:
                chunk = await self.reader.read(_CHUNK)
                if not chunk and self.used and not status:
                    raise _StaleConnection
                self.http.receive_data(chunk)
            elif isinstance(event, h11.Response):
                status = event.status_code
                headers = {name.decode(): value.decode("latin-1") for name, value in event.headers}
            elif isinstance(event, h11.Data):
                body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                return ModelReply(status, headers, b"".join(body))
            elif not isinstance(event, h11.InformationalResponse):
                raise BrokenReply("the model server closed the connection without an answer")

    def ready_again(self) -> bool:
        """Prepare for the next request; False when the server or its answer says close."""
        if self.http.our_state is not h11.DONE or self.http.their_state is not h11.DONE:
            return False
        self.http.start_next_cycle()
        self.used = True
        return self.usable


class ModelClient:
    """Connections to one model server."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[_Connection] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    async def post(self, path: str, headers: Headers, body: bytes) -> ModelReply:
        """POST and answer the reply, whatever its status.

        Raises:
            BrokenReply: no connection, a broken one, or an answer that is not HTTP.
        """
        self._loop = asyncio.get_running_loop()
        request = h11.Request(
            method=b"POST",
            target=path.encode(),
            headers=[
                (b"host", b"127.0.0.1:%d" % self._port),
                (b"content-length", b"%d" % len(body)),
                *headers,
            ],
        )
        try:
            try:
                return await self._ask(await self._connection(), request, body)
            except _StaleConnection:
                return await self._ask(await self._open(), request, body)
        except (OSError, EOFError, h11.ProtocolError) as error:
            raise BrokenReply(f"{type(error).__name__}: {error}") from error

    async def _ask(self, connection: _Connection, request: h11.Request, body: bytes) -> ModelReply:
        reusable = False
        try:
            try:
                reply = await connection.ask(request, body)
            except ConnectionError:
                if connection.used:
                    raise _StaleConnection from None
                raise
            reusable = connection.ready_again() and not self._closed
        finally:
            if reusable:
                self._idle.append(connection)
            else:
                connection.writer.close()
        return reply

    async def _connection(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                return connection
            connection.writer.close()
        return await self._open()

    async def _open(self) -> _Connection:
        return _Connection(*await asyncio.open_connection("127.0.0.1", self._port))

    def close(self) -> None:
        """Close idle connections; call it from any thread."""
        self._closed = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._close_idle)

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().writer.close()
