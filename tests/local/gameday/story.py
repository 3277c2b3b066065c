"""What happens to one endpoint in a round: a bad version, and a good one approved meanwhile.

People give orders too, and each rollout is looked after as its owner would.
"""

import json
import random
import time
from dataclasses import dataclass, field

from steelyard.aws.ledger import Entry
from steelyard.messages import COMMAND_SOURCE, COMMAND_TYPE
from steelyard.rollout.model import Phase
from steelyard.rollout.observation import CommandName
from tests.local.scenes.stage import Stage

_PATIENCE = 300.0  # real seconds for a rollout: a killed look is taken again after nine
_POLL = 0.1


@dataclass(frozen=True)
class Zero:
    """When a canary's weight was seen at 0 after the rollback began; virtual seconds."""

    rollout: str
    at: float


class Stuck(Exception):
    """A rollout did not end as told; the message has the endpoint's history."""


@dataclass
class Story:
    """One endpoint's rounds.

    Attributes:
        orders: keys of all commands given.
        bad, good: the rollouts that were begun.
        zeros: when the canaries of bad ones lost their traffic.
    """

    stage: Stage
    endpoint: str
    chance: random.Random
    orders: list[str] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    good: list[str] = field(default_factory=list)
    zeros: list[Zero] = field(default_factory=list)

    @property
    def rollouts(self) -> list[str]:
        """All that were begun."""
        return [*self.bad, *self.good]

    def play(self) -> None:
        """One round.

        Raises:
            Stuck: a bad version was not rolled back, or a good one not promoted.
        """
        bad = self._bad()
        good = self.stage.release(self.endpoint, "good")  # while the rollback is still settling
        self.good.append(good)
        self._await(bad, Phase.ROLLED_BACK)
        self._lead(good)
        self._await(good, Phase.PROMOTED)

    def roll_back(self) -> None:
        """The first half of a round: a bad version, and nothing else.

        Raises:
            Stuck: it was not rolled back.
        """
        self._await(self._bad(), Phase.ROLLED_BACK)

    def order(self, name: CommandName, rollout: str, reason: str) -> None:
        """Give a command, legal or not, and don't wait for what becomes of it."""
        key = f"{self.endpoint}-order-{len(self.orders) + 1}"
        self.orders.append(key)
        detail = {
            "endpoint": self.endpoint,
            "rollout": rollout,
            "command": name.value,
            "actor": "game day",
            "reason": reason,
            "key": key,
        }
        entry = {"Source": COMMAND_SOURCE, "DetailType": COMMAND_TYPE, "Detail": json.dumps(detail)}
        answer = self.stage.session.client("events").put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise Stuck(f"EventBridge refused order {key}: {answer['Entries']}")

    def phase(self, rollout: str) -> Phase | None:
        """Where a rollout stands; None before it begins."""
        own = [e for e in self.stage.entries(self.endpoint) if of_rollout(e, rollout)]
        return Phase(own[-1].state["rollout"]["phase"]) if own else None

    def _bad(self) -> str:
        bad = self.stage.release(self.endpoint, "bad")
        self.bad.append(bad)
        self._see_off(bad)
        return bad

    def _see_off(self, rollout: str) -> None:
        """Wait until the canary has lost its traffic, and say when that was."""
        self._until(rollout, {Phase.ROLLING_BACK, Phase.ROLLED_BACK})
        canary = self._canary(rollout)
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            live = self.stage.live(self.endpoint)
            weights = {v["VariantName"]: v["CurrentWeight"] for v in live["ProductionVariants"]}
            if live["EndpointStatus"] == "InService" and weights.get(canary, 0) == 0:
                self.zeros.append(Zero(rollout, live["LastModifiedTime"].timestamp()))
                return
            time.sleep(_POLL)
        raise self._stuck(f"{canary} still has traffic")

    def _lead(self, rollout: str) -> None:
        """Hold a good version up and let it go on, and ask for what can't be."""
        self._until(rollout, {Phase.RAMPING, *_ENDS})
        self.order(CommandName.PAUSE, rollout, "a demonstration")
        time.sleep(self.chance.uniform(0, 3))
        self.order(CommandName.PROMOTE, self.bad[-1], "of a rollout that is over")
        self.order(CommandName.RESUME, rollout, "it is over")

    def _await(self, rollout: str, wanted: Phase) -> None:
        """Wait for an end; a pause that has lasted a while is ended by a person, as it would be."""
        deadline, paused_since = time.monotonic() + _PATIENCE, 0.0
        while time.monotonic() < deadline:
            phase = self.phase(rollout)
            if phase is wanted:
                return
            if phase in _ENDS:
                break
            if phase is not Phase.PAUSED:
                paused_since = time.monotonic()
            elif time.monotonic() - paused_since > 10:
                self.order(CommandName.RESUME, rollout, "still PAUSED")
                paused_since = time.monotonic()
            time.sleep(5 * _POLL)
        raise self._stuck(f"{rollout} is {self.phase(rollout)} and not {wanted}")

    def _until(self, rollout: str, phases: set[Phase]) -> None:
        deadline = time.monotonic() + _PATIENCE
        while self.phase(rollout) not in phases:
            if time.monotonic() > deadline:
                raise self._stuck(f"{rollout} is {self.phase(rollout)}, not in {sorted(phases)}")
            time.sleep(_POLL)

    def _canary(self, rollout: str) -> str:
        own = next(e for e in self.stage.entries(self.endpoint) if of_rollout(e, rollout))
        return str(own.state["rollout"]["canary"])

    def _stuck(self, what: str) -> Stuck:
        return Stuck(f"{what}:\n{self.stage.history(self.endpoint)}")


_ENDS = {Phase.PROMOTED, Phase.ROLLED_BACK, Phase.NEEDS_HUMAN}


def of_rollout(entry: Entry, rollout: str) -> bool:
    """Whether an entry is about a rollout."""
    return entry.state["rollout"] is not None and bool(entry.state["rollout"]["id"] == rollout)
