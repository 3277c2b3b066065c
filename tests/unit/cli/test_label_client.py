"""The client of the intake: batches, signatures, and what it does when it gets no answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from cli.labels import LabelClient, Told
from cli.problems import Problem
from cli.session import Session
from infra.environments import ENVIRONMENTS
from steelyard.labels.ids import verify

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ACCEPTED = {"counted": 1, "duplicates": 0, "other_segment": 0, "refused": []}


class Intake(HTTPServer):
    """Answers as it was told to, one status after the other, and then with 200."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.statuses: list[int] = []
        self.batches: list[list[Any]] = []
        self.paths: list[str] = []
        self.signatures: list[str] = []
        self.refused: list[dict[str, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Intake

    def do_POST(self) -> None:
        """One batch."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.batches.append(body["reports"])
        self.server.paths.append(self.path)
        self.server.signatures.append(self.headers["Authorization"])
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        answer = {**ACCEPTED, "counted": len(body["reports"]), "refused": self.server.refused}
        sent = json.dumps(answer if status == 200 else {"message": "not now"}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Connected(Session):
    """A session with an intake at its URL, and a key."""

    @cached_property
    def labels_url(self) -> str:
        """The intake's."""
        return f"{self.url}/api"

    @cached_property
    def region(self) -> str:
        """As in the local cloud."""
        return "eu-west-1"

    def client(self, service: str, config: Any = None) -> Any:
        """Secrets Manager alone."""
        assert (service, config) == ("secretsmanager", None)
        return SimpleNamespace(get_secret_value=lambda SecretId: {"SecretString": SecretId})  # noqa: N803


@pytest.fixture
def intake() -> Iterator[Intake]:
    """A running intake."""
    server = Intake()
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(intake: Intake) -> LabelClient:
    """A client of it."""
    url = f"http://127.0.0.1:{intake.server_port}"
    return LabelClient(Connected(ENVIRONMENTS["local"], url), "completion")


def test_id_is_issued_with_the_environments_key(client: LabelClient) -> None:
    issued = client.inference_id(NOW)
    assert verify(b"steelyard-local-labels-key", "completion", NOW, issued) == NOW
    assert client.inference_id(NOW) != issued


def test_reports_go_in_batches_and_are_signed(client: LabelClient, intake: Intake) -> None:
    told = client.report([{"n": n} for n in range(1001)])
    assert told == Told(counted=1001)
    assert [len(batch) for batch in intake.batches] == [500, 500, 1]
    assert set(intake.paths) == {"/api/endpoints/completion/labels"}
    assert all("/eu-west-1/execute-api/aws4_request" in one for one in intake.signatures)


def test_places_of_refused_reports_are_among_all(client: LabelClient, intake: Intake) -> None:
    intake.refused = [{"index": 2, "why": "because"}]
    told = client.report([{"n": n} for n in range(600)])
    assert [refused["index"] for refused in told.refused] == [2, 502]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_was_not_taken_for_now_is_sent_again(
    client: LabelClient, intake: Intake, status: int
) -> None:
    intake.statuses = [status]
    assert client.report([{"n": 1}]) == Told(counted=1)
    assert intake.batches == [[{"n": 1}], [{"n": 1}]]


def test_refusal_is_not_sent_again_and_says_why(client: LabelClient, intake: Intake) -> None:
    intake.statuses = [403]
    with pytest.raises(Problem, match=r"did not take 1 reports: 403: .*not now"):
        client.report([{"n": 1}])
    assert len(intake.batches) == 1


def test_intake_that_stays_away_is_a_problem(client: LabelClient, intake: Intake) -> None:
    intake.statuses = [503] * 9
    with pytest.raises(Problem, match="503: "):
        client.report([{"n": 1}])
    assert len(intake.batches) == 3


def test_nothing_to_report_asks_nobody(client: LabelClient, intake: Intake) -> None:
    assert client.report([]) == Told()
    assert intake.batches == []
