"""models/completion/serve.py: SageMaker's serving contract over real HTTP."""

from __future__ import annotations

import http.client
import json
import signal
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pytest

from completer import Completer
from ngram.counting import count
from ngram.lexer import tokens
from ngram.model import Model
from ngram.vocabulary import learn
from serve import Handler, Server
from tests.unit.models.conftest import SOURCE, Job, Run
from tests.unit.models.served import LOG, serving

Connection = http.client.HTTPConnection


class Failing(Completer):
    """Fails on one context, as code with a bug does."""

    def complete(self, context: str, top: int) -> list[Mapping[str, object]]:
        """Complete all but one context."""
        if context == "fail":
            raise KeyError(context)
        return super().complete(context, top)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    stream = tokens(SOURCE)
    vocabulary = learn([stream], min_count=1)
    levels = count([vocabulary.encode(stream)], 3, 1, vocabulary.ids["\n"])
    completer = Failing(Model(vocabulary, levels))
    with Server(("127.0.0.1", 0), partial(Handler, completer)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def connection(port: int) -> Iterator[Connection]:
    connection = Connection("127.0.0.1", port, timeout=5)
    yield connection
    connection.close()


def _post(connection: Connection, body: bytes, path: str = "/invocations") -> tuple[int, Any]:
    connection.request("POST", path, body)
    response = connection.getresponse()
    assert response.headers["Content-Type"] == "application/json"
    return response.status, json.loads(response.read())


def test_ping_answers_200(connection: Connection) -> None:
    connection.request("GET", "/ping")

    assert connection.getresponse().status == 200


def test_invocation_answers_the_likeliest_tokens_first(connection: Connection) -> None:
    body = json.dumps({"context": "        return self.", "top": 3}).encode()

    status, answer = _post(connection, body)

    completions = answer["completions"]
    named = [completion["token"] for completion in completions]
    probabilities = [completion["probability"] for completion in completions]
    assert status == 200
    assert len(named) == 3
    assert named[0] == "value"
    assert probabilities == sorted(probabilities, reverse=True)
    assert 0 < probabilities[-1] <= probabilities[0] <= 1


@pytest.mark.parametrize("context", ["", "\x00\ud800 naïve → ", "x" * 50_000, "unseen never "])
def test_any_context_is_completed(connection: Connection, context: str) -> None:
    status, answer = _post(connection, json.dumps({"context": context}).encode())

    assert status == 200
    assert len(answer["completions"]) == 5


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "accepted: an object"),
        (b"{}", "context"),
        (b'{"context": 3}', "accepted: a string"),
        (b'{"context": "", "top": 0}', "1 to 50"),
        (b'{"context": "", "top": 51}', "1 to 50"),
        (b'{"context": "", "top": true}', "1 to 50"),
        (b'{"context": "", "top": 2.5}', "1 to 50"),
        (b'{"context": "", "tops": 2}', "accepted: context, top"),
    ],
)
def test_bad_input_gets_400_and_the_connection_lives_on(
    connection: Connection, body: bytes, complaint: str
) -> None:
    status, answer = _post(connection, body)
    socket_before = connection.sock

    assert status == 400
    assert complaint in answer["error"]
    assert _post(connection, b'{"context": "self."}')[0] == 200
    assert connection.sock is socket_before


def test_body_larger_than_sagemaker_allows_is_refused_unread(connection: Connection) -> None:
    connection.putrequest("POST", "/invocations")
    connection.putheader("Content-Length", str(7 * 1024 * 1024))
    connection.endheaders()

    response = connection.getresponse()

    assert response.status == 400
    assert "Content-Length" in json.loads(response.read())["error"]


@pytest.mark.parametrize("path", ["/", "/invocation"])
def test_other_paths_are_not_found(connection: Connection, path: str) -> None:
    assert _post(connection, b'{"context": ""}', path)[0] == 404


def test_failure_of_the_models_code_gets_500_and_the_next_request_an_answer(
    connection: Connection,
) -> None:
    assert _post(connection, b'{"context": "fail"}')[0] == 500
    assert _post(connection, b'{"context": "self."}')[0] == 200


def test_server_process_serves_its_model_and_stops_on_sigterm(job: Job, run_training: Run) -> None:
    root = job(hyperparameters={"min_count": "1"})
    run_training(root)
    with serving(root) as (process, port):
        connection = Connection("127.0.0.1", port, timeout=5)
        assert _post(connection, b'{"context": "self."}')[0] == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


def test_server_process_without_a_model_says_so_and_ends(job: Job) -> None:
    root = job()
    with serving(root) as (process, _):
        assert process.wait(5) == 1

    complaint = (root / LOG).read_text()
    assert "can't serve" in complaint
    assert "Traceback" not in complaint
