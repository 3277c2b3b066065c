"""One event, from the queue to the weight shift: load, see, step, record, act, confirm.

Handlers call it; it calls the machine and `aws/`. The order is what makes it safe: an intent is in
the ledger before anyone acts on it, and it is done when Describe shows it, not when a call
returned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from steelyard.aws.alarms import VariantAlarms
from steelyard.aws.endpoint import Endpoint
from steelyard.aws.ledger import Entry, Ledger, state_of
from steelyard.aws.metrics import Metrics, whole_minute
from steelyard.aws.outlets import Pager
from steelyard.aws.registry import Registry
from steelyard.errors import EndpointBusy, NeedsHuman, StaleRollout
from steelyard.rollout.machine import step
from steelyard.rollout.model import Decision, DecisionKind, EndpointState, Phase, Rollout
from steelyard.rollout.observation import Event, Hint, Seen, Trigger
from steelyard.rollout.policy import Policy
from steelyard.telemetry import count, logger

T = TypeVar("T")
_PASSES = 6
_AT_ONCE = timedelta(minutes=45)  # of metrics, after a silence: more would make a large entry
_UNREAD: tuple[bool | None, bool | None] = (None, None)
_WATCHED = (Phase.RAMPING, Phase.HOLDBACK, Phase.PAUSED, Phase.NEEDS_HUMAN)


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Brings one endpoint closer to what its ledger says."""

    name: str
    policy: Policy
    ledger: Ledger
    endpoint: Endpoint
    alarms: VariantAlarms
    registry: Registry
    metrics: Metrics
    pager: Pager

    def handle(self, trigger: Trigger, now: datetime) -> Decision:
        """Deal with one message; the last decision that it led to.

        Args:
            trigger: why we were woken.
            now: when the message was sent, aware UTC.

        Raises:
            IllegalTransition: a command that the phase doesn't allow.
            EndpointBusy: the ledger can't be read for now; the message comes again.
        """
        try:
            decision, seen = self._reconcile(trigger, now)
        except StaleRollout:  # someone else appended first: what we saw is old, so look again
            decision, seen = self._reconcile(trigger, now)
        if seen.live is not None:  # no sign of life from one who can't see the endpoint
            self._publish(decision, now)
        return decision

    def _reconcile(self, trigger: Trigger, now: datetime) -> tuple[Decision, Seen]:
        """Look and decide until nothing more is to be done at this instant."""
        refused = ""
        for _ in range(_PASSES):
            entry = self.ledger.latest(self.name)
            state = state_of(entry, self.name)
            seen = replace(self._look(state, now), refused=refused)
            event = Event(trigger, seen)
            decision = step(state, event, now)
            if _changes(state, decision, trigger):
                self._record(entry, event, decision, now)
            refused = self._act(decision) if decision.act else ""
            if decision.page:  # after acting: calling people must not delay a rollback
                self._page(decision)
            if not decision.act and decision.phase == decision.phase_before:
                break
            trigger = Hint("recheck")
        return decision, seen

    def _look(self, state: EndpointState, now: datetime) -> Seen:
        """Read the world. What can't be read is said, never guessed, and never advances."""
        read = _Reader()
        live = read(self.endpoint.describe, None)
        seen = Seen(
            policy=self.policy,
            live=live,
            serving=read(lambda: self.endpoint.serving(live), None) if live else None,
            approved=read(lambda: self.registry.approved_after(state.approvals_until), ()),
        )
        rollout = state.rollout
        if rollout is not None and (rollout.intent is not None or not rollout.phase.is_over):
            canary, stable = rollout.canary, rollout.stable.variant
            there, gone = _UNREAD
            if rollout.intent is not None and rollout.intent.alarms is not None:
                there, gone = read(lambda: self.alarms.standing(canary), _UNREAD)
            seen = replace(
                seen,
                canary_alarms=there,
                canary_alarms_gone=gone,
                alarms=read(lambda: self.alarms.readings(canary, stable, now), ()),
            )
            seen = read(lambda: self._with_counts(seen, state, rollout, now), seen)
        seen = replace(seen, unreadable=(*seen.unreadable, *read.failures))
        if seen.unreadable:
            logger.warning(
                "world.unreadable", extra={"endpoint": self.name, "what": seen.unreadable}
            )
        return seen

    def _with_counts(
        self, seen: Seen, state: EndpointState, rollout: Rollout, now: datetime
    ) -> Seen:
        if rollout.weights_since is None or rollout.phase not in _WATCHED:
            return seen
        begun = whole_minute(rollout.weights_since)
        start = max(begun, state.metrics_until) if state.metrics_until else begun
        end = whole_minute(now - rollout.policy.metric_lag)
        if start >= end:
            return seen
        until = min(end, start + _AT_ONCE)
        arms = (rollout.stable.variant, rollout.canary)
        batches, unreadable = self.metrics.batches(
            arms, (start, until), rollout.canary_percent, rollout.policy.slow_after
        )
        if until < end:  # nothing advances on a part of what there is to know
            unreadable = (*unreadable, f"minutes after {until:%H:%M} are read next")
        return replace(seen, batches=batches, unreadable=unreadable, metrics_until=until)

    def _record(self, entry: Entry | None, event: Event, decision: Decision, now: datetime) -> None:
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

    def _page(self, decision: Decision) -> None:
        try:
            self.pager.tell(self.name, decision)
        except (EndpointBusy, NeedsHuman) as failure:  # the ledger has it; other work goes on
            logger.error("page.lost", extra={"endpoint": self.name, "why": str(failure)})
            count("PageLost")

    def _publish(self, decision: Decision, now: datetime) -> None:
        try:
            self.metrics.publish(_evidence(decision), now)
        except (EndpointBusy, NeedsHuman) as failure:  # the heartbeat's alarm tells of it
            logger.warning("metrics.lost", extra={"endpoint": self.name, "why": str(failure)})

    def _act(self, decision: Decision) -> str:
        """Do the open intent's actions; empty, or why AWS refused for good."""
        rollout = decision.state.rollout
        if rollout is None or rollout.intent is None:
            return ""
        try:
            self.endpoint.act(rollout.intent)
        except EndpointBusy as busy:
            logger.warning("endpoint.busy", extra={"endpoint": self.name, "why": str(busy)})
        except NeedsHuman as refusal:
            return str(refusal)
        return ""


class _Reader:
    """Reads one thing after the other, and remembers what could not be read."""

    def __init__(self) -> None:
        self.failures: list[str] = []

    def __call__(self, read: Callable[[], T], default: T) -> T:
        try:
            return read()
        except (EndpointBusy, NeedsHuman) as failure:
            self.failures.append(str(failure))
            return default


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
