"""cli/demo/traffic.py and latency.py, against a runtime that answers as SageMaker's does."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from typing import Any

import boto3
import pytest

from cli.demo.feedback import Feedback
from cli.demo.latency import Histogram
from cli.demo.prompts import Prompt
from cli.demo.story_data import ClientTotals
from cli.demo.traffic import CONFIG, Traffic, _is_right
from tests.unit.demo.test_demo_feedback import FakeIntake

RATE = 200.0
ANSWER = {"completions": [{"token": "self", "probability": 0.5}, {"token": ")"}]}


class RuntimeServer(ThreadingHTTPServer):
    """Counts the requests that reach it."""

    daemon_threads = True
    requests = 0

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.headers: list[Message] = []


class Runtime(BaseHTTPRequestHandler):
    """Answers by what the context says: fine, a failing model, or a failing platform."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        """Answer one invocation."""
        assert isinstance(self.server, RuntimeServer)
        self.server.requests += 1
        self.server.headers.append(self.headers)
        assert self.path == "/endpoints/completion/invocations"
        context = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["context"]
        status, error, variant = {
            "fine": (200, None, "v1"),
            "canary": (200, None, "v2"),
            "model": (424, "ModelError", "v2"),
            "model, unnamed": (424, "ModelError", None),
            "platform": (503, "ServiceUnavailable", None),
        }[context]
        self.send_response(status)
        if error:
            self.send_header("x-amzn-ErrorType", error)
        if variant:
            self.send_header("x-Amzn-Invoked-Production-Variant", variant)
        content = {"Message": error, "OriginalStatusCode": 500} if error else ANSWER
        body = json.dumps(content).encode()
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def runtime() -> Iterator[RuntimeServer]:
    with RuntimeServer(("127.0.0.1", 0), Runtime) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def url(runtime: RuntimeServer) -> str:
    return f"http://127.0.0.1:{runtime.server_address[1]}"


def _traffic(url: str, *contexts: str, rate: float = RATE) -> Traffic:
    return _sending(url, [Prompt("", context) for context in contexts], rate)


def _sending(
    url: str, prompts: list[Prompt], rate: float = RATE, feedback: Feedback | None = None
) -> Traffic:
    client = boto3.client(
        "sagemaker-runtime",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the stub asks for none
        config=CONFIG,
    )
    return Traffic(client, "completion", cycle(prompts), rate, feedback)


def _until(traffic: Traffic, requests: int) -> ClientTotals:
    deadline = time.monotonic() + 10
    while traffic.snapshot().requests < requests and time.monotonic() < deadline:
        time.sleep(0.01)
    return traffic.stop()


def test_failed_request_is_never_sent_again(url: str, runtime: RuntimeServer) -> None:
    traffic = _traffic(url, "platform", "model")
    traffic.start()

    totals = _until(traffic, 20)

    assert runtime.requests == totals.requests


def test_every_outcome_is_counted_where_it_belongs(url: str) -> None:
    traffic = _traffic(url, "fine", "fine", "canary", "model", "model, unnamed", "platform")
    traffic.start()

    totals = _until(traffic, 120)

    rounds = totals.requests / 6
    assert totals.answered == pytest.approx({"v1": 2 * rounds, "v2": rounds}, abs=5)
    assert totals.model_errors == pytest.approx({"v2": rounds, "unnamed": rounds}, abs=5)
    assert totals.platform_errors == pytest.approx({"ServiceUnavailable": rounds}, abs=5)
    counted = (totals.answered, totals.model_errors, totals.platform_errors)
    assert totals.requests == sum(sum(counts.values()) for counts in counted)
    assert totals.p50_ms is not None
    assert totals.p99_ms is not None
    assert 0 < totals.p50_ms <= totals.p99_ms


def test_answers_are_reported_with_their_segment_and_whether_they_were_right(
    url: str, runtime: RuntimeServer
) -> None:
    intake = FakeIntake()
    feedback = Feedback(intake, lambda: datetime(2026, 3, 2, tzinfo=UTC))
    sent = [
        Prompt("text", "fine", "self.value"),
        Prompt("text", "fine", "selfish"),
        Prompt("networking", "canary", " )"),
        Prompt("networking", "model", "self"),
    ]
    traffic = _sending(url, sent, feedback=feedback)
    traffic.start()

    totals = _until(traffic, 80)
    told = feedback.stop()

    reports = [report for batch in intake.batches for report in batch]
    found = Counter((r["variant"], r["segment"], r["correct"]) for r in reports)
    rounds = totals.requests / 4
    assert found == pytest.approx(
        {
            ("v1", "text", True): rounds,
            ("v1", "text", False): rounds,
            ("v2", "networking", True): rounds,
        },
        abs=5,
    )
    assert told.labels == sum(totals.answered.values())
    first = runtime.headers[0]
    assert first["X-Amzn-SageMaker-Custom-Attributes"] == f"segment={sent[0].segment}"
    assert {headers["X-Amzn-SageMaker-Inference-Id"] for headers in runtime.headers} == {"id-0000"}


def test_answer_that_holds_no_suggestions_is_wrong() -> None:
    prompt = Prompt("text", "x", "self")
    right = json.dumps(ANSWER).encode()

    assert _is_right(right, prompt)
    for garbage in (b"", b"[]", b"{}", b'{"completions": [1]}', b'{"completions": [{"token": 1}]}'):
        assert not _is_right(garbage, prompt)


def test_requests_come_at_the_asked_rate_all_clients_together(url: str) -> None:
    traffic = _traffic(url, "fine")
    traffic.start()
    time.sleep(1)

    totals = traffic.stop()

    assert 0.5 * RATE <= totals.requests <= 1.1 * RATE
    assert sum(second.answered.total() for second in traffic.seconds()) == totals.requests


def test_endpoint_that_nobody_listens_at_is_a_platform_error() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        traffic = _traffic(f"http://127.0.0.1:{unused.getsockname()[1]}", "fine")
        traffic.start()
        totals = _until(traffic, 8)

    assert totals.requests >= 8
    assert totals.platform_errors == {"EndpointConnectionError": totals.requests}
    assert not totals.answered


def test_stopped_clients_send_no_more_and_leave_no_thread(url: str) -> None:
    traffic = _traffic(url, "fine", rate=0.5)
    traffic.start()
    started = time.monotonic()

    totals = _until(traffic, 1)

    assert time.monotonic() - started < 2
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("client-")]
    assert traffic.snapshot() == totals


def test_clients_that_never_started_can_be_stopped(url: str) -> None:
    totals = _traffic(url, "fine").stop()

    assert (totals.requests, totals.p50_ms, totals.p99_ms) == (0, None, None)


def test_quantiles_are_right_to_a_bucket() -> None:
    histogram = Histogram()
    for number in range(1, 1_001):
        histogram.add(number / 1_000)

    assert histogram.quantile(0.5) == pytest.approx(0.5, rel=0.03)
    assert histogram.quantile(0.99) == pytest.approx(0.99, rel=0.03)
