"""Quarantine keeps what can't be understood; the pager says what was decided and why."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from steelyard.aws.outlets import Pager, Quarantine
from steelyard.errors import EndpointBusy, NeedsHuman
from steelyard.rollout.model import Decision, DecisionKind, EndpointState, Phase
from tests.functional.conftest import Pages
from tests.functional.fake_sagemaker import denied
from tests.functional.world import Clients, World, lost_answer

STATE = EndpointState("completion")


def quarantined(clients: Clients, body: str) -> dict[str, Any]:
    """The record that is kept of one event."""
    sqs = clients["sqs"]
    url = sqs.create_queue(QueueName="quarantine")["QueueUrl"]
    Quarantine(url, sqs).put(body, "completion", "not JSON")
    record: dict[str, Any] = json.loads(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"])
    return record


@pytest.mark.parametrize("body", ["{", "", "né \U0001f600", "half \ud83d", "\x00\x1b[2J"])
def test_event_is_kept_with_reason_digest_and_length(clients: Clients, body: str) -> None:
    digest = hashlib.sha256(body.encode(errors="surrogatepass")).hexdigest()
    assert quarantined(clients, body) == {
        "endpoint": "completion",
        "reason": "not JSON",
        "sha256": digest,
        "length": len(body),
        "body": body,
    }


def test_record_of_the_longest_body_and_reason_is_one_that_sqs_takes(clients: Clients) -> None:
    """Once, a reason quoted what it refused: the record was refused too, and came again."""
    sqs = clients["sqs"]
    url = sqs.create_queue(QueueName="quarantine")["QueueUrl"]
    Quarantine(url, sqs).put("\U0001f984" * 200_000, "e" * 128, "\U0001f984" * 200_000)
    text = sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"]
    assert len(json.loads(text)["reason"]) == 1000


def test_body_of_two_megabytes_is_cut_but_its_digest_is_of_all(clients: Clients) -> None:
    body = "é" * 2_000_000
    record = quarantined(clients, body)
    assert record["body"] == "é" * 20_000
    assert record["length"] == 2_000_000
    assert record["sha256"] == hashlib.sha256(body.encode()).hexdigest()
    assert len(json.dumps(record)) < 256 * 1024


def test_event_that_can_not_be_kept_comes_again(clients: Clients) -> None:
    with pytest.raises(NeedsHuman, match="quarantine: "):
        Quarantine("http://localhost/0/nowhere", clients["sqs"]).put("{", "completion", "not JSON")


def page(phase: Phase | None, kind: DecisionKind, reason: str = "a reason") -> Decision:
    """A decision that people are told."""
    return Decision(kind, reason, None, phase, page=True, state=replace(STATE, untold=reason))


def test_page_says_which_endpoint_is_where_and_why(clients: Clients, pages: Pages) -> None:
    pager = Pager(pages.topic, clients["sns"])
    pager.tell("completion", page(Phase.ROLLING_BACK, DecisionKind.ROLL_BACK, "worse in errors"))
    pager.tell("completion", page(None, DecisionKind.ADOPT, "v7 serves"))
    assert [(told["Subject"], told["Message"]) for told in pages.read()] == [
        ("Steelyard: completion is ROLLING_BACK", "worse in errors"),
        ("Steelyard: about completion", "v7 serves"),
    ]


def test_subject_is_cut_to_what_sns_takes(clients: Clients, pages: Pages) -> None:
    name = "e" * 63
    Pager(pages.topic, clients["sns"]).tell(name, page(Phase.NEEDS_HUMAN, DecisionKind.HAND_OVER))
    assert pages.read()[0]["Subject"].startswith(f"Steelyard: {name} is NEEDS_HUMAN")


def test_page_that_can_not_be_sent_is_one_of_our_errors(
    clients: Clients, pages: Pages, world: World
) -> None:
    def refused() -> None:
        raise denied("Publish")

    pager = Pager(pages.topic, clients["sns"])
    for action, error in ((lost_answer, EndpointBusy), (refused, NeedsHuman)):
        world.before["Publish"] = [action]
        with pytest.raises(error, match="page: "):
            pager.tell("completion", page(None, DecisionKind.ADOPT))
