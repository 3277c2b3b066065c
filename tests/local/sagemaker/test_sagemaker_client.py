"""The client of model servers against servers that misbehave."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

import pytest

from infra.local.sagemaker.model_client import BrokenReply, ModelClient

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def against(serve: Serve, use: Callable[[ModelClient], Awaitable[None]]) -> None:
    async def run() -> None:
        async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await serve(reader, writer)
            finally:
                writer.close()

        server = await asyncio.start_server(answering, "127.0.0.1", 0)
        async with server:
            client = ModelClient(server.sockets[0].getsockname()[1])
            await use(client)
            client.close()
            await asyncio.sleep(0)

    asyncio.run(run())


async def request_of(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return head + await reader.readexactly(length)


def test_kept_connection_that_the_server_dropped_is_replaced_once() -> None:
    seen = []

    async def one_each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await request_of(reader))
        writer.write(OK)
        await writer.drain()
        await reader.read(1)  # until the next request's first byte: then hang up unread

    async def use(client: ModelClient) -> None:
        for _ in range(3):
            assert (await client.post("/invocations", [], b"{}")).body == b"ok"

    against(one_each, use)
    assert len(seen) == 3


def test_kept_connection_that_the_server_reset_is_replaced_once() -> None:
    seen = []

    async def one_each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await request_of(reader))
        writer.write(OK)
        await writer.drain()
        await reader.read(1)
        closes_by_reset = struct.pack("ii", 1, 0)
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, closes_by_reset)
        writer.transport.abort()

    async def use(client: ModelClient) -> None:
        for _ in range(3):
            assert (await client.post("/invocations", [], b"{}")).body == b"ok"

    against(one_each, use)
    assert len(seen) == 3


def test_fresh_connection_that_breaks_is_not_tried_again() -> None:
    seen = []

    async def hang_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        seen.append(await request_of(reader))

    async def use(client: ModelClient) -> None:
        with pytest.raises(BrokenReply):
            await client.post("/invocations", [], b"{}")

    against(hang_up, use)
    assert len(seen) == 1


@pytest.mark.parametrize(
    "reply",
    [
        b"this is not HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_reply_that_is_not_http_or_cut_short_is_broken(reply: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(reply)
        await writer.drain()

    async def use(client: ModelClient) -> None:
        with pytest.raises(BrokenReply):
            await client.post("/invocations", [], b"{}")

    against(serve, use)


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.0 200 OK\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
    ],
)
def test_every_way_to_end_a_body_is_read(reply: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(reply)
        await writer.drain()

    async def use(client: ModelClient) -> None:
        assert (await client.post("/invocations", [], b"{}")).body == b"ok"
        assert (await client.post("/invocations", [], b"{}")).body == b"ok"

    against(serve, use)


def test_nobody_listening_is_broken() -> None:
    async def run() -> None:
        with pytest.raises(BrokenReply, match="ConnectionRefusedError"):
            await ModelClient(1).post("/invocations", [], b"")

    asyncio.run(run())
