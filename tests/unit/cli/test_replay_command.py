"""`steelyard replay` as people type it, against a server that answers as DynamoDB does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from re import search
from threading import Thread

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.unit.cli.replayed import minute, played
from tests.unit.cli.told import Shelf
from tests.unit.rollout.scenes import MINUTE, POLICY

PART = """
alpha: 0.2
steps: [10, 50]
step_odds: [3, 2]
bake: 2m
discard: 0s
warm_up: 1m
holdback_percent: 90
holdback: 2m
deadline: 30m
provision_timeout: 10m
metric_lag: 0s
"""


class Table(ThreadingHTTPServer):
    """DynamoDB with one table, which can only be queried."""

    def __init__(self, shelf: Shelf) -> None:
        super().__init__(("127.0.0.1", 0), Query)
        self.shelf = shelf


class Query(BaseHTTPRequestHandler):
    """One query."""

    server: Table

    def do_POST(self) -> None:
        """Answer with all items of the endpoint."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        endpoint = asked["ExpressionAttributeValues"][":endpoint"]
        items = [item for item in self.server.shelf.items if item["endpoint"] == endpoint]
        body = json.dumps({"Items": items}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """What the table of an account has."""
    table = Table(Shelf())
    thread = Thread(target=table.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{table.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    yield table.shelf
    table.shutdown()
    thread.join()
    table.server_close()


def steelyard(*words: str) -> tuple[int, str]:
    """Run the command; its exit code, and all that it printed, in one line."""
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*words, "--env", "dev"])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, " ".join(result.output.split())


def test_policy_of_a_file_is_replayed_from_the_ledger(shelf: Shelf, tmp_path: Path) -> None:
    played(POLICY, bad=0.03, shelf=shelf)
    (tmp_path / "bold.yaml").write_text(PART)
    code, said = steelyard("replay", "completion-r1", "--policy", str(tmp_path / "bold.yaml"))
    assert code == 0
    assert "completion-r1: version 2 against version 1, ROLLED_BACK; replayed under bold.yaml" in (
        said
    )
    assert "Policy alpha 0.01 → 0.2 Decisions" in said
    assert search("bold.yaml would have rolled back [0-9]+ min earlier, carried by errors", said)


def test_without_a_file_it_is_the_policy_that_is_deployed_now(shelf: Shelf) -> None:
    told = played(POLICY, shelf=shelf)
    assert "Policy the rollout's own" in steelyard("replay", "completion-r1")[1]
    told.policy = replace(POLICY, bake=7 * MINUTE)
    minute(told, 0.01)
    code, said = steelyard("replay", "completion-r1")
    assert code == 0
    assert "replayed under the policy deployed now" in said
    assert "bake 0:02:00 → 0:07:00" in said


@pytest.mark.parametrize(
    ("rollout", "text", "problem"),
    [
        ("completion-r1", "alpha: 2\n", "bold.yaml:1: alpha: got 2, accepted: more than 0"),
        ("completion-r7", PART, "the ledger has no rollout 'completion-r7' it has completion-r1"),
        ("completion", PART, "'completion' is no rollout's id"),
    ],
)
def test_what_can_not_be_replayed_is_told(
    shelf: Shelf, tmp_path: Path, rollout: str, text: str, problem: str
) -> None:
    played(POLICY, shelf=shelf, minutes=2)
    (tmp_path / "bold.yaml").write_text(text)
    code, said = steelyard("replay", rollout, "--policy", str(tmp_path / "bold.yaml"))
    assert code == 1
    assert problem in said
