"""One entry of the ledger decided again by the machine. For `tests/faults/invariants`."""

from __future__ import annotations

from typing import Any

from steelyard.codec import decode, encode
from steelyard.rollout.machine import step
from steelyard.rollout.model import EndpointState
from steelyard.rollout.observation import Command, Event, Hint, Seen, Trigger
from tests.faults.history import Entry
from tests.faults.settings import ENDPOINT


def decided_again(before: Entry | None, entry: Entry) -> tuple[dict[str, Any], dict[str, Any]]:
    """The decision and the state, as the ledger would hold them.

    Raises:
        IllegalTransition: a command that is refused now.
    """
    state = EndpointState(ENDPOINT) if before is None else decode(EndpointState, before.state)
    by_hand = entry.trigger["kind"] == "command"
    trigger: Trigger = decode(Command, entry.trigger) if by_hand else decode(Hint, entry.trigger)
    decision = step(state, Event(trigger, decode(Seen, entry.seen)), entry.at)
    encoded = encode(decision)
    made = encoded.pop("state")
    return encoded, made
