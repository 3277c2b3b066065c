"""What happened in a run, in order: for invariants, and for people to read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from tests.faults.plan import NONE


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the story: who, and what."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class Change:
    """A call that changes something, when it reached AWS.

    Attributes:
        known: how many entries the ledger had when it was sent, not when it arrived.
        error: what AWS answered, if that was a refusal.
    """

    at: datetime
    service: str
    operation: str
    params: Mapping[str, Any]
    known: int
    error: str = ""


def brief(params: Mapping[str, Any]) -> str:
    """What a call is about, in words."""
    weights = params.get("DesiredWeightsAndCapacities")
    if weights:
        return ", ".join(f"{w['VariantName']} {w['DesiredWeight']:g}" for w in weights)
    names = ("EndpointConfigName", "ModelName", "AlarmName", "AlarmNames", "ResourceId")
    return next((str(params[name]) for name in names if name in params), "")


class Entry:
    """An item of the ledger, as invariants read it: without the product's own code."""

    def __init__(self, item: Mapping[str, Any]) -> None:
        self.item = item
        self.version = int(item["version"]["S"])
        self.state: dict[str, Any] = json.loads(item["state"]["S"])
        self.decision: dict[str, Any] = json.loads(item["decision"]["S"])
        self.at = datetime.fromisoformat(item["at"]["S"])

    @cached_property
    def seen(self) -> dict[str, Any]:
        """What the machine saw."""
        found: dict[str, Any] = json.loads(self.item["seen"]["S"])
        return found

    @cached_property
    def trigger(self) -> dict[str, Any]:
        """Why it was asked."""
        found: dict[str, Any] = json.loads(self.item["trigger"]["S"])
        return found

    @property
    def rollout(self) -> dict[str, Any]:
        """The rollout; empty where there is none."""
        return self.state["rollout"] or {}

    @property
    def phase(self) -> str:
        """Of the rollout."""
        return str(self.rollout.get("phase", NONE))

    @property
    def share(self) -> float:
        """Percent of the traffic that the canary was approved for."""
        rollout = self.rollout
        phase = rollout.get("resume_to") or rollout.get("phase")
        policy = rollout.get("policy", {})
        if phase == "RAMPING":
            first = rollout["first_percent"] if rollout["step"] == 0 else None
            return float(policy["steps"][rollout["step"]] if first is None else first)
        if phase == "HOLDBACK":
            return float(policy["holdback_percent"])
        return 100.0 if phase in ("FINALIZING", "PROMOTED") else 0.0


@dataclass
class History:
    """All of it.

    Attributes:
        commands: keys of all commands that were sent, and when.
        outside: changes made by others than Steelyard.
        hits: fault and phase, each time one took effect.
        failed_requests: those that failed because of how the endpoint was set up.
    """

    events: list[Event] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    commands: dict[str, datetime] = field(default_factory=dict)
    outside: list[Event] = field(default_factory=list)
    hits: list[tuple[str, str]] = field(default_factory=list)
    failed_requests: int = 0

    @property
    def phase(self) -> str:
        """Of the ledger, now."""
        return self.entries[-1].phase if self.entries else NONE
