"""A ledger made by the machine from one event after the other. Not a test itself."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console

from cli.receipt import receipt_of
from cli.why import why
from steelyard.aws.ledger import Entry, Ledger, state_of
from steelyard.evidence import Arm, Batch, Guardrail, Labels
from steelyard.rollout.machine import step
from steelyard.rollout.observation import Event, Hint, Live, Seen, Trigger
from steelyard.rollout.policy import Policy
from tests.unit.rollout.scenes import (
    BOOTSTRAP,
    CANARY,
    CANDIDATE,
    MINUTE,
    POLICY,
    STABLE,
    START,
    live,
)

ID = "completion-r1"
TICK = Hint("tick")
WEIGHED = replace(
    POLICY,
    guardrails=(
        Guardrail("errors", 0.4),
        Guardrail("labels", 0.6, absolute_margin=None),
    ),
    segments=("networking", "text"),
    metric_lag=timedelta(seconds=30),
)


class Shelf:
    """A table that keeps what it is given."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []

    def put_item(self, Item: dict[str, Any], **_: object) -> None:  # noqa: N803 - boto3's
        self.items.append(Item)

    def query(self, ScanIndexForward: bool = True, **_: object) -> dict[str, Any]:  # noqa: N803, FBT001, FBT002 - boto3's
        return {"Items": self.items if ScanIndexForward else self.items[::-1]}


@dataclass
class Told:
    """One endpoint's ledger, and the minute that it is now."""

    policy: Policy = POLICY
    minute: int = 0
    ledger: Ledger = field(default_factory=lambda: Ledger("ledger", Shelf()))

    @property
    def entries(self) -> list[Entry]:
        return list(self.ledger.read("completion"))

    @property
    def now(self) -> datetime:
        return START + self.minute * MINUTE

    def event(self, live: Live | None, trigger: Trigger = TICK, **seen: Any) -> Entry:
        """One event, a minute after the one before it."""
        self.minute += 1
        before = self.ledger.latest("completion")
        reading = {"canary_alarms": True, "canary_alarms_gone": False, "golden": (), **seen}
        event = Event(trigger, Seen(self.policy, live, **reading))
        decision = step(state_of(before, "completion"), event, self.now)
        return self.ledger.append(before, "completion", event, decision, self.now)

    def opened(self) -> Told:
        """Adopted, approved, and PENDING."""
        for _ in range(2):
            self.event(BOOTSTRAP, serving=STABLE, approved=(CANDIDATE,))
        return self

    def ramping(self) -> Told:
        """With the first step's traffic, confirmed."""
        self.opened()
        self.event(BOOTSTRAP)
        self.event(live())
        self.event(live())
        self.event(at(self.policy.steps[0]))
        return self

    def look(self, *batches: Batch, trigger: Trigger = TICK, **seen: Any) -> Entry:
        """A minute of traffic at the first step."""
        return self.event(at(self.policy.steps[0]), trigger, batches=batches, **seen)

    def counts(self, canary: Arm, stable: Arm) -> Batch:
        """A minute's batch, for the event that comes next."""
        return Batch(self.now + MINUTE, self.policy.steps[0], stable, canary)

    def why(self, entry: int | None = None, rollout: str = ID, instead: Entry | None = None) -> str:
        """What the command prints, in one line; `instead` of the last entry another one."""
        entries = [*self.entries[:-1], instead] if instead else self.entries
        console = Console(width=250)
        with console.capture() as captured:
            console.print(why(receipt_of(entries, rollout, entry)))
        return " ".join(captured.get().split())


def at(percent: int) -> Live:
    """The endpoint with this canary share."""
    return live(weights={"v1": 100 - percent, CANARY: percent})


def arm(requests: int, errors: int = 0, **wrong: tuple[int, int]) -> Arm:
    """Requests and errors; by segment, labels and how many were wrong."""
    labels = {name: Labels(count, bad) for name, (count, bad) in wrong.items()}
    return Arm(requests, {"errors": errors, "slow": 0}, labels=labels)
