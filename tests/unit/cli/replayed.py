"""Rollouts to replay: whole ones under constant traffic, and what the command prints of them.

Not a test itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from rich.console import Console

from cli.past import Past, past_of
from cli.replay import replay
from steelyard.aws.ledger import Entry, Ledger
from steelyard.evidence import Batch
from steelyard.rollout.policy import Policy
from tests.unit.cli.told import ID, Shelf, Told, arm, at
from tests.unit.rollout.scenes import MINUTE, POLICY

REQUESTS = 1000  # a minute, of both variants; one of 100 of stable's fails
OTHER = "other.yaml"


def with_latency(**changes: Any) -> Policy:
    """The usual policy with another guardrail on latency."""
    errors, latency = POLICY.guardrails
    return replace(POLICY, guardrails=(errors, replace(latency, **changes)))


def played(
    policy: Policy = POLICY, *, bad: float = 0.01, minutes: int = 16, shelf: Shelf | None = None
) -> Told:
    """A rollout whose canary fails for so large a part of its requests, minute by minute."""
    told = Told(policy, ledger=Ledger("ledger", shelf or Shelf())).ramping()
    for _ in range(minutes):
        minute(told, bad)
    return told


def minute(told: Told, bad: float, **seen: Any) -> Entry:
    """One more look, at the share that the rollout has come to."""
    phase, share = _share(told)
    over = {"canary_alarms": False, "canary_alarms_gone": True} if phase in _OVER else {}
    canary = REQUESTS * share // 100
    counts = arm(canary, round(canary * bad)), arm(REQUESTS - canary, (REQUESTS - canary) // 100)
    batch = Batch(told.now + MINUTE, share, stable=counts[1], canary=counts[0])
    compared = (batch,) if 0 < share < 100 else ()
    return told.event(at(share), **{"batches": compared, **over, **seen})


def past(entries: Iterable[Entry]) -> Past:
    """What the ledger has of the rollout."""
    return past_of(entries, ID)


def said(told: Told, other: Policy, entries: Iterable[Entry] | None = None) -> str:
    """What the command prints, in one line."""
    console = Console(width=250)
    with console.capture() as captured:
        console.print(replay(past(entries or told.entries), other, OTHER))
    return " ".join(captured.get().split())


_OVER = ("PROMOTED", "ROLLED_BACK")


def _share(told: Told) -> tuple[str, int]:
    entry = told.ledger.latest("completion")
    rollout = entry.state["rollout"] if entry else {}
    phase = rollout["resume_to"] or rollout["phase"]
    shares = {"RAMPING": told.policy.steps[rollout["step"]], "HOLDBACK": 90}
    return phase, shares.get(phase, 100 if phase in ("FINALIZING", "PROMOTED") else 0)
