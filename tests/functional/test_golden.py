"""What the canary answered, what was wrong with it, and what says nothing about it yet."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import count
from typing import Any, NoReturn

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.response import StreamingBody

from steelyard.aws.golden import GoldenRequests
from steelyard.rollout.golden import LARGEST_ANSWER, LONGEST_WHY, Answer, Golden, read_golden
from tests.functional.fake_runtime import FakeRuntime, Reply, body, model_error, refused

URL = "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/completion/invocations"


@pytest.fixture(scope="module")
def shared() -> FakeRuntime:
    """One client for all: making one is slow."""
    return FakeRuntime()


@pytest.fixture
def runtime(shared: FakeRuntime) -> FakeRuntime:
    """A runtime that knows no request yet."""
    shared.replies.clear()
    shared.asked.clear()
    return shared


def golden(number: int) -> Golden:
    """A request that is answered rightly by its own number."""
    expect = [{"at": "/n", "equals": number}]
    return read_golden(json.dumps({"name": f"is-{number}", "request": number, "expect": expect}))


def ask(
    runtime: FakeRuntime, replies: Mapping[int, Reply], limit: float = 20, **changes: Any
) -> tuple[Answer, ...]:
    """The answers to requests with these replies."""
    runtime.replies |= {str(number): reply for number, reply in replies.items()}
    goldens = [golden(number) for number in replies]
    requests = GoldenRequests(
        "completion", runtime.client, goldens, limit=timedelta(seconds=limit), **changes
    )
    return requests.ask("v2-r1")


def outcome(runtime: FakeRuntime, reply: Reply) -> tuple[str, str]:
    """What one reply says about the candidate, and why."""
    (answer,) = ask(runtime, {1: reply})
    return answer.outcome, answer.why


def raised(error: Exception) -> Reply:
    def reply() -> NoReturn:
        raise error

    return reply


def test_answers_come_in_the_files_order_from_the_variant_that_is_asked(
    runtime: FakeRuntime,
) -> None:
    replies = {n: body(b'{"n": %d}' % (n if n != 3 else 0)) for n in range(1, 10)}
    answers = ask(runtime, replies)
    assert [answer.name for answer in answers] == [f"is-{n}" for n in range(1, 10)]
    assert [answer.outcome for answer in answers] == ["right"] * 2 + ["wrong"] + ["right"] * 6
    assert answers[2].why == "expected 3 at /n, got 0"
    assert sorted(call["body"] for call in runtime.asked) == [str(n) for n in range(1, 10)]
    for call in runtime.asked:
        assert call["path"] == "/endpoints/completion/invocations"
        assert call["X-Amzn-SageMaker-Target-Variant"] == "v2-r1"
        assert call["Content-Type"] == call["Accept"] == "application/json"


def test_model_without_golden_requests_is_asked_nothing(runtime: FakeRuntime) -> None:
    assert ask(runtime, {}) == ()
    assert runtime.asked == []


@pytest.mark.parametrize("content", [b"garbage", b"", b"\xff", b"[" * 50_000])
def test_garbage_is_wrong(runtime: FakeRuntime, content: bytes) -> None:
    found, why = outcome(runtime, body(content))
    assert found == "wrong"
    assert why.startswith("expected JSON in UTF-8, got ")


@pytest.mark.parametrize(
    ("status", "message"), [(500, "KeyError: 'x'"), (400, "no such key"), (0, "broke off")]
)
def test_models_own_error_is_a_wrong_answer(
    runtime: FakeRuntime, status: int, message: str
) -> None:
    assert outcome(runtime, model_error(status, message)) == (
        "wrong",
        f"the model answered with status {status}: {message}",
    )


@pytest.mark.parametrize(
    "reply",
    [
        model_error(0, "Your invocation timed out while waiting for a response from container"),
        model_error(503, "still loading"),
        model_error(429, "queue is full"),
        refused(429, "ModelNotReadyException", "Wait and try your request again."),
        refused(503, "ServiceUnavailable"),
        refused(500, "InternalFailure"),
        refused(400, "ThrottlingException", "Rate exceeded"),
        refused(400, "ValidationError", "Variant v2-r1 not found for endpoint completion."),
        refused(403, "AccessDeniedException", "not authorized"),
        raised(ReadTimeoutError(endpoint_url=URL)),
        raised(EndpointConnectionError(endpoint_url=URL)),
    ],
)
def test_what_is_no_answer_of_the_model_says_nothing_about_it(
    runtime: FakeRuntime, reply: Reply
) -> None:
    found, why = outcome(runtime, reply)
    assert found == "none"
    assert why


class Trickle(io.RawIOBase):
    """A body that never ends, or ends by a time-out."""

    def __init__(self, fails_after: int | None = None) -> None:
        self.given = 0
        self._fails_after = fails_after

    def read(self, amount: int | None = None) -> bytes:
        if self._fails_after is not None and self.given >= self._fails_after:
            raise ReadTimeoutError(endpoint_url=URL)
        self.given += amount or 1
        return b" " * (amount or 1)


def test_body_that_stops_in_the_middle_is_no_answer(runtime: FakeRuntime) -> None:
    stream = StreamingBody(Trickle(fails_after=0), 10**9)
    assert outcome(runtime, lambda: (200, {"Body": stream}))[0] == "none"


def test_endless_body_is_wrong_and_is_not_read_to_its_end(runtime: FakeRuntime) -> None:
    endless = Trickle()
    found, why = outcome(runtime, lambda: (200, {"Body": StreamingBody(endless, None)}))
    assert (found, why) == ("wrong", "expected an answer of at most 1048576 bytes, got more")
    assert endless.given == LARGEST_ANSWER + 1


def test_long_words_of_a_model_are_cut(runtime: FakeRuntime) -> None:
    found, why = outcome(runtime, model_error(500, "secret " * 1000))
    assert found == "wrong"
    assert len(why) == LONGEST_WHY


def test_seconds_are_those_until_the_answer(runtime: FakeRuntime) -> None:
    ticks = count(100, 0.25)
    (answer,) = ask(runtime, {1: body(b'{"n": 1}')}, clock=lambda: next(ticks))
    assert answer.seconds == 0.25


@pytest.fixture
def stuck() -> Iterator[Reply]:
    """A model that does not answer before the test is over."""
    released = threading.Event()

    def reply() -> tuple[int, Mapping[str, Any]]:
        released.wait()
        return body(b"{}")()

    yield reply
    released.set()


def test_what_has_no_answer_in_time_holds_up_nothing_else(
    runtime: FakeRuntime, stuck: Reply
) -> None:
    replies = {1: stuck, **{n: body(b'{"n": %d}' % n) for n in range(2, 8)}}
    first, *others = ask(runtime, replies, limit=1)
    assert (first.outcome, first.why) == ("none", "no answer within 1 s for all")
    assert {answer.outcome for answer in others} == {"right"}


def test_what_is_not_reached_in_time_is_not_asked(runtime: FakeRuntime, stuck: Reply) -> None:
    answers = ask(runtime, dict.fromkeys(range(1, 10), stuck), limit=0.2)
    assert [answer.why.partition(" within")[0] for answer in answers] == (
        ["no answer"] * 4 + ["not asked"] * 5
    )
    assert len(runtime.asked) == 4
