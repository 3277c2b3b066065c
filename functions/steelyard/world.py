"""One reading of the world: endpoint, versions, alarms, golden answers, counts, labels.

`service.py` uses it. What can't be read is said, never guessed, and never advances.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from steelyard.aws.alarms import VariantAlarms
from steelyard.aws.batches import MINUTE
from steelyard.aws.endpoint import Endpoint
from steelyard.aws.labels import Counts, LabelBook
from steelyard.aws.metrics import Metrics, whole_minute
from steelyard.aws.registry import Registry
from steelyard.errors import EndpointBusy, NeedsHuman
from steelyard.evidence import Arm, Batch
from steelyard.rollout.counting import COMPARED
from steelyard.rollout.golden import Answer
from steelyard.rollout.model import EndpointState, Phase, Rollout
from steelyard.rollout.observation import Seen
from steelyard.rollout.policy import Policy

T = TypeVar("T")
_AT_ONCE = timedelta(minutes=20)  # after a silence: more would make a large entry of the ledger
_IN_PIECES = timedelta(minutes=5)  # 44 KB of an entry; what comes later than that, comes whole
_SIZED_OVER = timedelta(minutes=5)  # of stable's traffic; the busiest minute of it counts
_UNREAD: tuple[bool | None, bool | None] = (None, None)


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
        intent = rollout.intent
        there, gone = _UNREAD
        if intent is not None and intent.alarms is not None:
            there, gone = read(lambda: self.alarms.standing(canary), _UNREAD)
        deleted = intent.gone if intent is not None else ()
        serves = seen.live is not None and seen.live.in_service
        warming = rollout.phase is Phase.WARMING and serves
        seen = replace(
            seen,
            canary_alarms=there,
            canary_alarms_gone=gone,
            collected=read(lambda: self.endpoint.are_gone(deleted), None) if deleted else None,
            alarms=read(lambda: self.alarms.readings(canary, stable, now), ()),
            golden=read(lambda: self.ask_golden(canary), None) if warming else None,
            traffic=read(lambda: self._traffic(rollout, now), None) if warming else None,
        )
        if rollout.weights_since is None or rollout.phase not in COMPARED:
            return seen
        begun = whole_minute(rollout.weights_since)
        end = whole_minute(now - rollout.policy.metric_lag)
        start = max(begun, state.metrics_until or begun)
        seen = read(lambda: self._with_counts(seen, rollout, start, end), seen)
        start = rollout.labels_until or begun
        return read(lambda: self._with_labels(seen, rollout, start, end), seen)

    def _traffic(self, rollout: Rollout, now: datetime) -> tuple[int, ...] | None:
        """What the first step is sized by; None where the policy says how large it is."""
        if rollout.policy.first_step is None:
            return None
        end = whole_minute(now - rollout.policy.metric_lag)
        return self.metrics.requests(rollout.stable.variant, (end - _SIZED_OVER, end))

    def _with_counts(self, seen: Seen, rollout: Rollout, start: datetime, end: datetime) -> Seen:
        if start >= end:
            return seen
        until = min(end, start + _AT_ONCE)
        arms = (rollout.stable.variant, rollout.canary)
        every = seen.live.metrics_every if seen.live is not None else None
        if every is not None and until - start > _IN_PIECES:
            every = max(every, MINUTE)  # pieces find nothing sooner now, and are kept for 3 hours
        batches, unreadable = self.metrics.batches(
            arms, (start, until), rollout.canary_percent, rollout.policy, every
        )
        if until < end:  # nothing advances on a part of what there is to know
            unreadable = (*unreadable, f"minutes after {until:%H:%M} are read next")
        return replace(seen, batches=batches, unreadable=unreadable, metrics_until=until)

    def _with_labels(self, seen: Seen, rollout: Rollout, start: datetime, end: datetime) -> Seen:
        """With the labels since they were last read, also those of minutes not counted otherwise.

        They have a cursor of their own: a table that can't be read must not keep errors and
        latency from being weighed, and a label that comes while weights shift is no less true.
        """
        if rollout.policy.guardrail("labels") is None or start >= end:
            return seen
        until = min(end, start + _AT_ONCE)
        arms = (rollout.stable.variant, rollout.canary)
        labels = self.labels.counts(self.name, arms, (start, until))
        batches = _with_labels(seen.batches, arms, labels, rollout.canary_percent)
        late = (f"labels after {until:%H:%M} are read next",) if until < end else ()
        unreadable = (*seen.unreadable, *late)
        return replace(seen, batches=batches, unreadable=unreadable, labels_until=until)


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
    batches: Iterable[Batch], arms: tuple[str, str], labels: Counts, percent: float
) -> tuple[Batch, ...]:
    """The batches with the labels that arrived in their minutes; new ones for other minutes.

    The last batch of a minute has its labels: they are counted by the minute.
    """
    stable, canary = (labels.get(arm, {}) for arm in arms)
    by_end = {batch.end: batch for batch in batches}
    for minute in stable.keys() | canary.keys():
        end = minute + MINUTE
        batch = by_end.get(end, Batch(end, percent, Arm(0, {}), Arm(0, {})))
        by_end[end] = replace(
            batch,
            stable=replace(batch.stable, labels=stable.get(minute, {})),
            canary=replace(batch.canary, labels=canary.get(minute, {})),
        )
    return tuple(by_end[end] for end in sorted(by_end))
