"""One event, from the queue to the weight shift: load, see, step, record, act, confirm.

Handlers call it; it calls the machine and `aws/`. The order is what makes it safe: an intent is in
the ledger before anyone acts on it, and it is done when Describe shows it, not when a call
returned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from steelyard.aws.endpoint import Endpoint
from steelyard.aws.ledger import Entry, Ledger, state_of
from steelyard.aws.metrics import Metrics
from steelyard.aws.outlets import Pager
from steelyard.aws.scaling import VariantScaling
from steelyard.errors import EndpointBusy, NeedsHuman, NoAnswer, NotApproved, StaleRollout
from steelyard.rollout.machine import step
from steelyard.rollout.model import Decision, DecisionKind, EndpointState, Phase
from steelyard.rollout.observation import Event, Hint, Seen, Trigger
from steelyard.rollout.scaling import wanted
from steelyard.telemetry import count, logger
from steelyard.world import World

_PASSES = 6


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Brings one endpoint closer to what its ledger says."""

    name: str
    ledger: Ledger
    world: World
    endpoint: Endpoint
    scaling: VariantScaling
    metrics: Metrics
    pager: Pager

    def handle(self, trigger: Trigger, sent: datetime) -> Decision:
        """Deal with one message; the last decision that it led to.

        Args:
            trigger: why we were woken.
            sent: when the message was sent, aware UTC.

        Raises:
            IllegalTransition: a command that the phase doesn't allow.
            EndpointBusy: the ledger can't be read for now; the message comes again.
        """
        try:
            decision, seen, now = self._reconcile(trigger, sent)
        except StaleRollout:  # someone else appended first: what we saw is old, so look again
            decision, seen, now = self._reconcile(trigger, sent)
        if seen.live is not None:  # no sign of life from one who can't see the endpoint
            self._aside("MetricsLost", lambda: self.metrics.publish(_evidence(decision), now))
        if self.scaling.asked_for:  # again, in case a call was lost, or somebody else made one
            self._scale(decision.state)
        return decision

    def _reconcile(self, trigger: Trigger, sent: datetime) -> tuple[Decision, Seen, datetime]:
        """Look and decide until nothing more is to be done; when the last look was, too."""
        answer, page_lost = _Answer(), False
        for _ in range(_PASSES):
            entry, read_at = self.ledger.latest_at(self.name)
            # A message may have waited for hours; what is seen is seen now.
            now = max(sent, read_at or sent)
            state = state_of(entry, self.name)
            seen = answer.added_to(self._look(state, now), entry)
            event = Event(trigger, seen)
            decision = step(state, event, now)
            if _changes(state, decision, trigger):
                entry = self._record(entry, event, decision, now)
            if wanted(decision.state) != wanted(state):
                self._scale(decision.state)  # before acting: scaling would lock the endpoint
            answer = self._act(decision) if decision.act else _Answer()
            if decision.page and not page_lost:  # after acting: it must not delay a rollback
                tell = partial(self.pager.tell, self.name, decision)
                page_lost = bool(self._aside("PageLost", tell))
                answer = replace(answer, told=None if page_lost else entry)
            if not decision.act and not answer.told and decision.phase == decision.phase_before:
                break
            trigger = Hint("recheck")
        return decision, seen, now

    def _look(self, state: EndpointState, now: datetime) -> Seen:
        seen = self.world.look(state, now)
        warming = state.rollout is not None and state.rollout.phase is Phase.WARMING
        if warming and (lost := self._scale(state)):  # no traffic while counts may still change
            seen = replace(seen, unreadable=(*seen.unreadable, lost))
        if seen.unreadable:
            logger.warning(
                "world.unreadable", extra={"endpoint": self.name, "what": seen.unreadable}
            )
        return seen

    def _record(
        self, entry: Entry | None, event: Event, decision: Decision, now: datetime
    ) -> Entry:
        appended = self.ledger.append(entry, self.name, event, decision, now)
        if decision.kind is not DecisionKind.HOLD:
            count(decision.kind)
        logger.info(
            "rollout.decided",
            extra={
                "endpoint": self.name,
                "version": appended.version,
                "decision": decision.kind,
                "phase": decision.phase,
                "reason": decision.reason,
            },
        )
        return appended

    def _scale(self, state: EndpointState) -> str:
        """Make autoscaling as the recorded state wants it; empty, or why it could not be."""
        variants = wanted(state)
        if variants is None:
            return ""
        return self._aside("ScalingLost", lambda: self.scaling.sync(variants))

    def _aside(self, lost: str, work: Callable[[], None]) -> str:
        """Do what delays nothing; empty, or why it failed, which is logged and counted."""
        try:
            work()
        except (EndpointBusy, NeedsHuman) as failure:
            logger.error(
                "aside.lost", extra={"endpoint": self.name, "what": lost, "why": str(failure)}
            )
            count(lost)
            return str(failure)
        return ""

    def _act(self, decision: Decision) -> _Answer:
        """Do the open intent's actions."""
        rollout = decision.state.rollout
        if rollout is None or rollout.intent is None:
            return _Answer()
        try:
            self.endpoint.act(rollout.intent)
        except EndpointBusy as busy:
            logger.warning("endpoint.busy", extra={"endpoint": self.name, "why": str(busy)})
            return _Answer(busy=not isinstance(busy, NoAnswer))
        except NotApproved as withdrawn:
            return _Answer(withdrawn=str(withdrawn))
        except NeedsHuman as refusal:
            return _Answer(refused=str(refusal))
        return _Answer()


@dataclass(frozen=True, slots=True)
class _Answer:
    """What AWS answered to what was just tried, see `Seen`.

    Attributes:
        told: the entry that people were told of; another writer's is another matter.
    """

    refused: str = ""
    withdrawn: str = ""
    busy: bool = False
    told: Entry | None = None

    def added_to(self, seen: Seen, entry: Entry | None) -> Seen:
        """With the answers; `entry` is what the ledger has by now."""
        return replace(
            seen,
            refused=self.refused,
            withdrawn=self.withdrawn,
            busy=self.busy,
            told=self.told is not None and self.told == entry,
        )


def _evidence(decision: Decision) -> float:
    """The log evidence of the rollout under way, 0 between rollouts."""
    rollout, verdict = decision.state.rollout, decision.verdict
    if rollout is None or verdict is None or rollout.phase.is_over:
        return 0.0
    return verdict.log_evidence["total"]


def _changes(state: EndpointState, decision: Decision, trigger: Trigger) -> bool:
    """Whether there is anything to record: a tick that finds nothing new is no fact."""
    if trigger.kind == "command" or decision.kind is not DecisionKind.HOLD:
        return True
    return decision.state != state
