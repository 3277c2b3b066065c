"""The six orders: help that says where each is legal, refusals that say what would be."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.orders import order
from cli.problems import Problem
from cli.session import Session
from steelyard.aws.ledger import Ledger
from steelyard.rollout.model import Phase
from steelyard.rollout.observation import CommandName
from steelyard.rollout.signals import Signal
from steelyard.rollout.transitions import TRANSITIONS
from tests.unit.cli.told import ID, Told
from tests.unit.rollout.scenes import BOOTSTRAP


def said(*words: str) -> str:
    result = CliRunner(env={"COLUMNS": "300"}).invoke(app, list(words))
    return " ".join(result.output.split())


class FakeSession:
    """A cloud whose reconciler does, with an event that is sent, what the test says.

    Attributes:
        refuses: why it goes to quarantine; empty: it is obeyed.
    """

    account, region = "000000000000", "eu-west-1"
    caller = "arn:aws:iam::000000000000:user/ada"

    def __init__(self, told: Told, refuses: str = "") -> None:
        self.told, self.refuses = told, refuses
        self.sent: list[dict[str, Any]] = []
        self.quarantined: list[dict[str, Any]] = []

    @property
    def ledger(self) -> Ledger:
        return self.told.ledger

    @property
    def names(self) -> FakeSession:
        return self

    quarantine = "quarantine"

    def client(self, _service: str) -> FakeSession:
        return self

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's
        (entry,) = Entries
        self.sent.append(json.loads(entry["Detail"]))
        if self.refuses:
            body = json.dumps({"detail": self.sent[-1]})
            self.quarantined.append({"reason": "of another", "body": "{}"})
            self.quarantined.append({"reason": self.refuses, "body": body})
        return {"FailedEntryCount": 0}

    def get_queue_url(self, QueueName: str) -> dict[str, str]:  # noqa: N803 - boto3's
        return {"QueueUrl": QueueName}

    def receive_message(self, **_: object) -> dict[str, Any]:
        return {"Messages": [{"Body": json.dumps(record)} for record in self.quarantined]}


def session(told: Told, refuses: str = "") -> tuple[Session, FakeSession]:
    fake = FakeSession(told, refuses)
    return cast("Session", fake), fake


@pytest.mark.parametrize("name", CommandName)
def test_help_names_every_phase_in_which_the_order_is_legal_and_no_other(name: CommandName) -> None:
    help_ = said(name, "--help")
    legal = help_.partition("Legal: ")[2].partition(".")[0]
    starts = {word.strip(",;") for part in legal.split("from ")[1:] for word in part.split()}
    named = {phase for phase in Phase if phase in starts}
    targets = {row[Signal[name.name]] for row in TRANSITIONS.values() if Signal[name.name] in row}
    expected = {phase for phase, row in TRANSITIONS.items() if Signal[name.name] in row}
    assert named == expected | {target for target in targets if target is not None}
    assert "--reason" in help_


@pytest.mark.parametrize("name", CommandName)
def test_order_without_a_reason_is_refused(name: CommandName) -> None:
    assert "Missing option '--reason'" in said(name, ID)


@pytest.mark.parametrize(
    ("name", "legal"),
    [
        (CommandName.PROMOTE, "promote is not legal in PENDING; legal: start, abort"),
        (CommandName.RESUME, "resume is not legal in PENDING; legal: start, abort"),
    ],
)
def test_order_that_the_phase_forbids_is_refused_with_those_that_are_legal(
    name: CommandName, legal: str
) -> None:
    where, fake = session(Told().opened())
    with pytest.raises(Problem, match=legal):
        order(where, name, ID, "says so")
    assert fake.sent == []


def test_pause_before_the_first_step_leaves_promote_out_of_what_is_legal() -> None:
    told = Told().opened()
    told.event(BOOTSTRAP)
    where, _ = session(told)
    with pytest.raises(Problem, match="promote is not legal in PROVISIONING; legal: abort, rollb"):
        order(where, CommandName.PROMOTE, ID, "says so")


def test_refusal_for_what_only_shows_in_its_turn_is_told_by_its_reason() -> None:
    told = Told().ramping()
    reason = "promote is not legal while 100 % needs 3 canary instances, but 1 serve"
    where, fake = session(told, reason)
    with pytest.raises(Problem, match=reason):
        order(where, CommandName.PROMOTE, ID, "says so")
    (sent,) = fake.sent
    assert (sent["command"], sent["actor"], sent["reason"]) == ("promote", fake.caller, "says so")


def test_order_that_nobody_answers_says_where_to_look() -> None:
    where, _ = session(Told().ramping())
    with pytest.raises(Problem, match=r"no answer to pause within 0 s; the quarantine queue"):
        order(where, CommandName.PAUSE, ID, "says so", patience=0.0)
