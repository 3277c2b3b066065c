"""A person's command to a rollout: an event like any other, with who and why. For `cli` alone."""

from __future__ import annotations

import json
import time
import uuid

from cli.problems import Problem
from cli.session import Session
from steelyard.aws.ledger import Entry, state_of
from steelyard.errors import IllegalTransition, InvalidEvent
from steelyard.messages import COMMAND_SOURCE, COMMAND_TYPE, Home, parse
from steelyard.rollout.observation import Command, CommandName
from steelyard.rollout.orders import require_legal

_PATIENCE = 90.0  # seconds; a tick behind a slow one takes a while
_POLL = 0.5


def endpoint_of(rollout: str) -> str:
    """The endpoint in a rollout's id, `<endpoint>-r<number>`.

    Raises:
        Problem: it is no such id.
    """
    endpoint, dash, number = rollout.rpartition("-r")
    if not dash or not endpoint or not number.isdigit():
        raise Problem(
            f"{rollout!r} is no rollout's id", "ids look like completion-r2; see `steelyard status`"
        )
    return endpoint


def order(
    session: Session, name: CommandName, rollout: str, reason: str, *, patience: float = _PATIENCE
) -> Entry:
    """Send a command and wait until the ledger has it, for `patience` seconds; the entry.

    Raises:
        Problem: the reason can't be recorded, the rollout is over, the phase doesn't allow it,
            what was seen when its turn came doesn't, or nothing answered.
    """
    endpoint = endpoint_of(rollout)
    command = Command(name, rollout, session.caller, reason, key=str(uuid.uuid4()))
    _require_valid(session, endpoint, command)
    latest = session.ledger.latest(endpoint)
    try:
        require_legal(state_of(latest, endpoint).rollout, command)
    except IllegalTransition as error:
        raise Problem(str(error), f"see `steelyard status {endpoint}`") from error
    _send(session, endpoint, command)
    return _answer(session, command, latest.version if latest else 0, patience)


def _require_valid(session: Session, endpoint: str, command: Command) -> None:
    """What would end in quarantine is refused here, where its sender sees why."""
    home = Home(session.account, session.region)
    event = {
        "account": home.account,
        "region": home.region,
        "detail-type": COMMAND_TYPE,
        "detail": _detail(endpoint, command),
    }
    try:
        parse(json.dumps(event), endpoint, home)
    except InvalidEvent as error:
        raise Problem(str(error), "nothing was sent") from error


def _detail(endpoint: str, command: Command) -> dict[str, str]:
    return {
        "endpoint": endpoint,
        "rollout": command.rollout,
        "command": command.command.value,
        "actor": command.actor,
        "reason": command.reason,
        "key": command.key,
    }


def _send(session: Session, endpoint: str, command: Command) -> None:
    detail = json.dumps(_detail(endpoint, command))
    answer = session.client("events").put_events(
        Entries=[{"Source": COMMAND_SOURCE, "DetailType": COMMAND_TYPE, "Detail": detail}]
    )
    if answer["FailedEntryCount"]:
        raise Problem(f"the event was refused: {answer['Entries'][0]}", "try again")


def _answer(session: Session, command: Command, after: int, patience: float) -> Entry:
    endpoint, until = endpoint_of(command.rollout), time.monotonic() + patience
    while time.monotonic() < until:
        for entry in session.ledger.read(endpoint, after):
            if entry.trigger.get("key") == command.key:
                return entry
        if refusal := _refusal(session, command):
            raise Problem(refusal, f"see `steelyard status {endpoint}`")
        time.sleep(_POLL)
    raise Problem(
        f"no answer to {command.command} within {patience:.0f} s",
        "the quarantine queue or the reconciler's log say why",
    )


def _refusal(session: Session, command: Command) -> str:
    """Why the order went to quarantine, for what only showed when its turn came; else empty."""
    sqs = session.client("sqs")
    url = sqs.get_queue_url(QueueName=session.names.quarantine)["QueueUrl"]
    # Shown to others as well, at once: this only looks.
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    records = (json.loads(message["Body"]) for message in found.get("Messages", []))
    return next((str(r["reason"]) for r in records if command.key in r["body"]), "")
