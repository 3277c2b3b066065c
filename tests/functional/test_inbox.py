"""A message that failed comes again soon, and does not keep its endpoint waiting for minutes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from steelyard.aws.inbox import Inbox
from steelyard.composition import Runtime
from steelyard.errors import NoAnswer
from steelyard.messages import Home
from steelyard.reception import Message, take
from steelyard.settings import Settings
from tests.functional.fake_sagemaker import ACCOUNT, REGION, refusal
from tests.functional.lambda_queue import event
from tests.functional.world import lost_answer

SETTINGS = Settings(
    ledger_table="ledger",
    labels_table="labels",
    events_url="https://events",
    quarantine_url="https://quarantine",
    topic_arn="arn:aws:sns:eu-west-1:0:pages",
    parameter_prefix="/steelyard",
    home=Home(ACCOUNT, REGION),
)


class Visibilities:
    """A client of SQS that is asked for nothing else."""

    def __init__(self, *answers: Callable[[], None]) -> None:
        self.asked: list[dict[str, Any]] = []
        self.kept = 0
        self._answers = list(answers)

    def change_message_visibility(self, **asked: Any) -> None:
        self.asked.append(asked)
        if self._answers:
            self._answers.pop()()

    def send_message(self, **_: Any) -> None:
        self.kept += 1


def denied() -> None:
    raise refusal("AccessDenied", "not authorized to perform: sqs:ChangeMessageVisibility")


def test_it_comes_after_five_seconds_then_later_and_never_later_than_the_queue_lets_it() -> None:
    sqs = Visibilities()
    for receives in range(1, 8):
        Inbox("https://queue", sqs).come_again("AQEB", receives)
    assert [asked["VisibilityTimeout"] for asked in sqs.asked] == [5, 15, 45, 135, 180, 180, 180]
    assert {(asked["QueueUrl"], asked["ReceiptHandle"]) for asked in sqs.asked} == {
        ("https://queue", "AQEB")
    }


@pytest.mark.parametrize("answer", [denied, lost_answer])
def test_where_it_can_not_be_said_the_queues_own_time_out_counts(
    answer: Callable[[], None],
) -> None:
    sqs = Visibilities(answer)
    Inbox("https://queue", sqs).come_again("AQEB", 1)
    assert len(sqs.asked) == 1, "it is not asked again: the message has failed already"


class Away:
    """A client of a service that answers nothing."""

    def get_parameter(self, **_: Any) -> None:
        lost_answer()


def test_message_that_fails_comes_again_soon_and_one_for_quarantine_does_not() -> None:
    sqs, away = Visibilities(), Away()
    runtime = Runtime(lambda: SETTINGS, lambda service: sqs if service == "sqs" else away)
    failing = Message(event(), "completion", "1772442000000", "AQEB", 2)
    with pytest.raises(NoAnswer):
        take(failing, runtime)
    assert [(a["ReceiptHandle"], a["VisibilityTimeout"]) for a in sqs.asked] == [("AQEB", 15)]
    take(replace(failing, body="no JSON"), runtime)
    assert len(sqs.asked) == 1
    assert sqs.kept == 1
