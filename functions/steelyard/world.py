"""One reading of the world: endpoint, versions, alarms, golden answers, counts, labels.

`service.py` uses it. What can't be read is said, never guessed, and never advances.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from steelyard.aws.alarms import VariantAlarms
from steelyard.aws.endpoint import Endpoint
from steelyard.aws.labels import LabelBook
from steelyard.aws.metrics import MINUTE, Metrics, whole_minute
from steelyard.aws.registry import Registry
from steelyard.errors import EndpointBusy, NeedsHuman
from steelyard.evidence import Batch, Labels
from steelyard.rollout.golden import Answer
from steelyard.rollout.model import EndpointState, Phase, Rollout
from steelyard.rollout.observation import Seen
from steelyard.rollout.policy import Policy

T = TypeVar("T")
_AT_ONCE = timedelta(minutes=45)  # of metrics, after a silence: more would make a large entry
_UNREAD: tuple[bool | None, bool | None] = (None, None)
_WATCHED = (Phase.RAMPING, Phase.HOLDBACK, Phase.PAUSED, Phase.NEEDS_HUMAN)
_NO_LABELS: Mapping[str, Labels] = {}


@dataclass(frozen=True, slots=True)
class World:
    """What can be seen of one endpoint.

    Attributes:
        policy: the one deployed now; a rollout keeps its own.
        ask_golden: asks a variant the model's golden requests.
    """

    name: str
    policy: Policy
    endpoint: Endpoint
    alarms: VariantAlarms
    registry: Registry
    metrics: Metrics
    labels: LabelBook
    ask_golden: Callable[[str], tuple[Answer, ...]]

    def look(self, state: EndpointState, now: datetime) -> Seen:
        """All that the machine may need to know in this state."""
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
            seen = self._of_rollout(seen, state, rollout, now, read)
        return replace(seen, unreadable=(*seen.unreadable, *read.failures))

    def _of_rollout(
        self, seen: Seen, state: EndpointState, rollout: Rollout, now: datetime, read: _Reader
    ) -> Seen:
        canary, stable = rollout.canary, rollout.stable.variant
        there, gone = _UNREAD
        if rollout.intent is not None and rollout.intent.alarms is not None:
            there, gone = read(lambda: self.alarms.standing(canary), _UNREAD)
        warming = rollout.phase is Phase.WARMING
        seen = replace(
            seen,
            canary_alarms=there,
            canary_alarms_gone=gone,
            alarms=read(lambda: self.alarms.readings(canary, stable, now), ()),
            golden=read(lambda: self.ask_golden(canary), None) if warming else None,
        )
        return read(lambda: self._with_counts(seen, state, rollout, now), seen)

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
            arms, (start, until), rollout.canary_percent, rollout.policy
        )
        if any(guardrail.metric == "labels" for guardrail in rollout.policy.guardrails):
            labels = self.labels.counts(self.name, arms, (start, until))
            batches = tuple(_with_labels(batch, arms, labels) for batch in batches)
        if until < end:  # nothing advances on a part of what there is to know
            unreadable = (*unreadable, f"minutes after {until:%H:%M} are read next")
        return replace(seen, batches=batches, unreadable=unreadable, metrics_until=until)


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


def _with_labels(
    batch: Batch,
    arms: tuple[str, str],
    labels: Mapping[str, Mapping[datetime, Mapping[str, Labels]]],
) -> Batch:
    """The batch with the labels that arrived in its minute."""
    minute = batch.end - MINUTE
    stable, canary = (labels.get(arm, {}).get(minute, _NO_LABELS) for arm in arms)
    return replace(
        batch,
        stable=replace(batch.stable, labels=stable),
        canary=replace(batch.canary, labels=canary),
    )
