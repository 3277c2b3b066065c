"""Calls that are lost or throttled, over HTTP and with a real client, in front of a real server."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, IncompleteRead
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from hypercorn.asyncio import serve
from hypercorn.config import Config as Serving

from infra.local.chaos import Mishaps, MishapsOfCalls
from infra.local.chaos.weather import Weather
from infra.local.clock import Clock


class Behind:
    """Answers every call, and remembers which arrived."""

    def __init__(self) -> None:
        self.arrived: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        self.arrived.append((await receive())["body"])
        headers = [(b"content-type", b"application/x-amz-json-1.1"), (b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})


@pytest.fixture
def behind() -> Behind:
    """What the mishaps stand before."""
    return Behind()


@pytest.fixture
def mishaps() -> Mishaps:
    """A calm day, until a test says otherwise."""
    return Mishaps(Clock())


@pytest.fixture
def url(behind: Behind, mishaps: Mishaps) -> Iterator[str]:
    """Where both listen."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()  # so that a client may come before the server does
    port = listener.getsockname()[1]
    config = Serving()
    config.bind = [f"fd://{listener.detach()}"]
    config.loglevel = "CRITICAL"
    loop = asyncio.new_event_loop()
    over = asyncio.Event()
    app: Any = MishapsOfCalls(mishaps, behind)

    async def main() -> None:
        await serve(app, config, shutdown_trigger=over.wait)

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def client(url: str, key: str = "ASIAROLE", service: str = "sagemaker") -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id=key,
        aws_secret_access_key="test",  # noqa: S106 - as everybody's on loopback
        config=Config(retries={"total_max_attempts": 1}, read_timeout=5),
    )


def set_weights(of: Any) -> None:
    of.update_endpoint_weights_and_capacities(
        EndpointName="completion",
        DesiredWeightsAndCapacities=[{"VariantName": "stable", "DesiredWeight": 100.0}],
    )


def test_lost_response_breaks_off_after_the_call_was_carried_out(
    url: str, behind: Behind, mishaps: Mishaps
) -> None:
    mishaps.set(Weather(lose_response=1.0))
    with pytest.raises(BotoCoreError, match=r"(?i)connection"):
        set_weights(client(url))
    assert len(behind.arrived) == 1
    (call,) = mishaps.report()["calls"]
    assert (call["operation"], call["endpoint"], call["fate"]) == (
        "UpdateEndpointWeightsAndCapacities",
        "completion",
        "lost response",
    )


def test_answer_that_is_cut_off_is_shorter_than_announced(
    url: str, behind: Behind, mishaps: Mishaps
) -> None:
    mishaps.set(Weather(cut_off=1.0))
    connection = HTTPConnection(url.removeprefix("http://"), timeout=5)
    signed = "AWS4-HMAC-SHA256 Credential=ASIAROLE/20260101/eu-west-1/sagemaker/aws4_request"
    connection.request("POST", "/", b"{}", {"Authorization": signed})
    with pytest.raises(IncompleteRead) as broken:
        connection.getresponse().read()
    connection.close()
    assert (broken.value.partial, broken.value.expected) == (b"{", 8)
    assert behind.arrived == [b"{}"]


def test_lost_request_breaks_off_and_never_arrives(
    url: str, behind: Behind, mishaps: Mishaps
) -> None:
    mishaps.set(Weather(lose_request=1.0))
    with pytest.raises(BotoCoreError, match=r"(?i)connection"):
        set_weights(client(url))
    assert behind.arrived == []


def test_throttled_call_is_told_so_and_never_arrives(
    url: str, behind: Behind, mishaps: Mishaps
) -> None:
    mishaps.set(Weather(throttle=1.0))
    with pytest.raises(ClientError, match=r"ThrottlingException.*Rate exceeded"):
        set_weights(client(url))
    assert behind.arrived == []


def test_calls_of_people_and_of_other_services_are_let_through(
    url: str, behind: Behind, mishaps: Mishaps
) -> None:
    mishaps.set(Weather(lose_request=1.0))
    set_weights(client(url, key="000000000000"))
    client(url, service="ssm").put_parameter(Name="n", Value="v", Type="String")
    assert len(behind.arrived) == 2
    assert b"completion" in behind.arrived[0]


def test_service_that_is_down_answers_people_neither(
    url: str, behind: Behind, mishaps: Mishaps
) -> None:
    mishaps.break_down("sagemaker", 60.0)
    with pytest.raises(BotoCoreError, match=r"(?i)connection"):
        set_weights(client(url, key="000000000000"))
    assert behind.arrived == []
