"""A small simulated endpoint, and the service's loop around `step`. Not a test itself.

Weights change only through intents that were acted on; calls may be lost, late or refused, and
updates may be rolled back silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from steelyard.evidence import Batch
from steelyard.rollout.actions import (
    Action,
    CreateConfig,
    DeleteAlarms,
    Intent,
    PutAlarms,
    SetWeights,
    UpdateEndpoint,
)
from steelyard.rollout.machine import step
from steelyard.rollout.model import Candidate, Decision, DecisionKind, EndpointState, Stable
from steelyard.rollout.observation import (
    AlarmReading,
    Command,
    Event,
    Hint,
    Live,
    Seen,
    Trigger,
    Variant,
)
from steelyard.rollout.policy import Policy
from tests.unit.rollout.scenes import POLICY, START

MINUTE = timedelta(minutes=1)


class Fate(Enum):
    """What becomes of a call."""

    DONE = auto()
    LOST = auto()
    LATE = auto()
    REFUSED = auto()


@dataclass
class FakeEndpoint:
    """An endpoint that takes a minute for whatever it is asked."""

    now: datetime = START
    config: str = "completion-bootstrap"
    weights: dict[str, float] = field(default_factory=lambda: {"v1": 1.0})
    configs: dict[str, tuple[str, ...]] = field(
        default_factory=lambda: {"completion-bootstrap": ("v1",)}
    )
    alarms: set[str] = field(default_factory=set)
    change: UpdateEndpoint | SetWeights | None = None
    until: datetime = START
    late: list[SetWeights] = field(default_factory=list)
    fate: Fate = Fate.DONE
    fails_silently: bool = False

    @property
    def status(self) -> str:
        """As Describe says."""
        return "Updating" if self.change is not None else "InService"

    def advance(self, by: timedelta) -> None:
        """Let time pass; a late call lands once the endpoint takes it."""
        self.now += by
        if self.change is not None and self.now >= self.until:
            self._finish(self.change)
            self.change = None
        elif self.change is None and self.late:
            self._begin(self.late.pop())

    def act(self, intent: Intent) -> str:
        """What AWS answers: empty, or why it refuses for good."""
        for action in intent.actions:
            if isinstance(action, UpdateEndpoint | SetWeights):
                if self.fate is Fate.REFUSED:
                    return "AccessDeniedException"
                if self.fate is Fate.LATE and isinstance(action, SetWeights):
                    self.late.append(action)
                if self.fate is not Fate.DONE:
                    return ""
            self._do(action)
        return ""

    def describe(self) -> Live:
        """One reading."""
        variants = tuple(Variant(name, weight, 1, 1) for name, weight in self.weights.items())
        return Live(self.status, self.config, variants)

    def share(self, variant: str) -> float:
        """A variant's share of the traffic, in percent."""
        return 100 * self.weights.get(variant, 0.0) / sum(self.weights.values())

    def _do(self, action: Action) -> None:
        match action:
            case CreateConfig():
                new = () if action.canary is None else (action.canary.name,)
                self.configs[action.config] = (action.stable, *new)
            case PutAlarms():
                self.alarms.add(action.variant)
            case DeleteAlarms():
                self.alarms.discard(action.variant)
            case SetWeights():
                self._begin(action)
            case UpdateEndpoint() if self.config != action.config:
                self._begin(action)

    def _begin(self, action: UpdateEndpoint | SetWeights) -> None:
        unknown = isinstance(action, SetWeights) and set(action.weights) - set(self.weights)
        if self.change is None and not unknown:
            self.change, self.until = action, self.now + MINUTE

    def _finish(self, action: UpdateEndpoint | SetWeights) -> None:
        if self.fails_silently:
            self.fails_silently = False
        elif isinstance(action, SetWeights):
            self.weights |= action.weights
        else:
            self.config = action.config
            kept = self.weights
            self.weights = {name: kept.get(name, 0.0) for name in self.configs[action.config]}


@dataclass
class Rehearsal:
    """The service's loop, its ledger a list of states."""

    endpoint: FakeEndpoint = field(default_factory=FakeEndpoint)
    ledger: list[Decision] = field(default_factory=list)
    approved: list[Candidate] = field(default_factory=list)
    alarms: tuple[AlarmReading, ...] = ()
    policy: Policy = POLICY
    traffic: tuple[int, ...] | None = None
    acted: list[tuple[int, Intent]] = field(default_factory=list)
    pages: int = 0

    @property
    def state(self) -> EndpointState:
        """What the ledger says."""
        return self.ledger[-1].state if self.ledger else EndpointState("completion")

    def handle(
        self, trigger: Trigger, batches: tuple[Batch, ...] = (), *, readable: bool = True
    ) -> Decision:
        """Load, see, step, record, act, confirm."""
        refused = ""
        for _ in range(6):
            reading = replace(self._look(readable=readable), refused=refused, batches=batches)
            decision = step(self.state, Event(trigger, reading), self.endpoint.now)
            self._record(decision, trigger)
            refused = self._act(decision) if decision.act else ""
            if not decision.act and decision.phase == decision.phase_before:
                break
            trigger, batches = Hint("recheck"), ()
        return decision

    def _record(self, decision: Decision, trigger: Trigger) -> None:
        changed = decision.state != self.state or decision.kind is not DecisionKind.HOLD
        if changed or isinstance(trigger, Command):
            self.ledger.append(decision)
        self.pages += decision.page

    def _act(self, decision: Decision) -> str:
        rollout = decision.state.rollout
        if rollout is None or rollout.intent is None:
            return ""
        self.acted.append((len(self.ledger), rollout.intent))
        return self.endpoint.act(rollout.intent)

    def _look(self, *, readable: bool) -> Seen:
        live, rollout, until = (
            self.endpoint.describe(),
            self.state.rollout,
            self.state.approvals_until,
        )
        alarms = rollout is not None and rollout.canary in self.endpoint.alarms
        return Seen(
            self.policy,
            live if readable else None,
            serving=_serving(self.endpoint.weights, live) if readable else None,
            approved=tuple(c for c in self.approved if until is None or c.approved_at > until),
            alarms=self.alarms,
            canary_alarms=alarms,
            canary_alarms_gone=not alarms,
            golden=(),
            traffic=self.traffic if readable else None,
            told=True,
            unreadable=() if readable else ("describe endpoint: Throttling",),
        )


def _serving(weights: Mapping[str, float], live: Live) -> Stable:
    most = max(weights, key=lambda name: weights[name])
    version = most.removeprefix("v").partition("-")[0]
    return Stable(most, live.config, int(version) if version.isdigit() else None)
