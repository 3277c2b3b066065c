"""Runs the service minute by minute against the world, and gives orders. Not a test itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from steelyard.aws.ledger import Entry, state_of
from steelyard.rollout.model import Decision, EndpointState, Phase, Rollout
from steelyard.rollout.observation import Command, CommandName, Hint, Trigger
from steelyard.service import Reconciler
from tests.functional.world import World

CANARY = "v2-r1"
TICK = Hint("tick")
LIMIT = 60  # minutes in which every story here is over


def with_sight(reconciler: Reconciler, **changes: Any) -> Reconciler:
    """The reconciler, looking at the world in another way."""
    return replace(reconciler, world=replace(reconciler.world, **changes))


@dataclass
class Operator:
    """Whoever wakes the reconciler."""

    world: World
    reconciler: Reconciler

    def wake(self, trigger: Trigger = TICK) -> Decision:
        """One message, now."""
        return self.reconciler.handle(trigger, self.world.now)

    def minute(self, bad: Mapping[str, float] | None = None, requests: int = 2000) -> Decision:
        """A tick, and a minute of traffic."""
        decision = self.wake()
        self.world.serve(bad, requests)
        return decision

    def until(
        self, phase: Phase, *, bad: Mapping[str, float] | None = None, requests: int = 2000
    ) -> Rollout:
        """Minutes until the rollout is in a phase; the rollout. A tick of that phase is over."""
        for _ in range(LIMIT):
            self.minute(bad, requests)
            rollout = self.state.rollout
            if rollout is not None and rollout.phase is phase:
                return rollout
        raise AssertionError(f"not {phase} within {LIMIT} minutes: {self.reasons()}")

    def ramping(self, percent: int = 10) -> Rollout:
        """Minutes until the canary has this share, confirmed, and no minute of it was read yet."""
        self.world.approve(2)
        for _ in range(LIMIT):
            self.minute()
            rollout = self.state.rollout
            if (
                rollout is not None
                and rollout.intent is None
                and self.world.share(CANARY) >= percent
            ):
                return rollout
        raise AssertionError(f"not at {percent} % within {LIMIT} minutes: {self.reasons()}")

    def order(self, name: CommandName, key: str = "k1", rollout: str = "completion-r1") -> Decision:
        """What a person asks for, now."""
        return self.wake(Command(name, rollout, "arn:aws:iam::0:user/ada", "says so", key))

    @property
    def entries(self) -> list[Entry]:
        """The whole ledger of the endpoint."""
        return list(self.reconciler.ledger.read("completion"))

    @property
    def state(self) -> EndpointState:
        """What the ledger says."""
        return state_of(self.reconciler.ledger.latest("completion"), "completion")

    @property
    def rollout(self) -> Rollout:
        """The latest rollout."""
        rollout = self.state.rollout
        assert rollout is not None
        return rollout

    def reasons(self) -> list[str]:
        """Why each decision was taken, oldest first."""
        return [entry.decision["reason"] for entry in self.entries]

    def phases(self) -> list[str]:
        """The phases in the order in which they were entered."""
        entered: list[str] = []
        for entry in self.entries:
            phase = entry.decision["phase"]
            if phase and (not entered or entered[-1] != phase):
                entered.append(phase)
        return entered
