"""Which counts are weighed, and what each guardrail measured at this step. Pure.

Used by the machine, `world.py` and the console.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from steelyard.evidence import Arm, Batch
from steelyard.rollout.model import Phase, Rollout, Samples
from steelyard.rollout.observation import Seen

COMPARED = (Phase.RAMPING, Phase.HOLDBACK, Phase.PAUSED, Phase.NEEDS_HUMAN)
"""Phases in which the canary may have traffic that is compared."""


def weighed(rollout: Rollout, seen: Seen) -> tuple[Batch, ...]:
    """The batches that are weighed: those with this step's traffic alone, none discarded.

    Labels are about older requests: those that arrive in a discarded minute count all the same.
    """
    if rollout.weights_since is None or rollout.phase not in COMPARED:
        return ()
    first = rollout.weights_since + rollout.policy.discard
    return tuple(
        batch if began >= first else labels_alone(batch)
        for began, batch in _with_beginnings(seen.batches)
        if began >= first or batch.stable.labels or batch.canary.labels
    )


def minutes_of(batches: Iterable[Batch]) -> int:
    """In how many different minutes the batches lie."""
    return len({_minute(batch) for batch in batches})


def with_samples(rollout: Rollout, batches: Iterable[Batch]) -> Rollout:
    """The rollout, with what was measured at this step."""
    counted = tuple(batches)
    if not counted:
        return rollout
    requests = sum(batch.canary.requests for batch in counted)
    return replace(
        rollout,
        canary_requests=rollout.canary_requests + requests,
        samples=dict(_samples(rollout, counted)),
    )


def unmeasured(rollout: Rollout, least: int) -> str | None:
    """A guardrail that has fewer than so many samples of either variant at this step, if any.

    A proof from an earlier step is no sign of life: the metric may be gone since.
    """
    for guardrail in rollout.policy.guardrails:
        samples = rollout.samples.get(guardrail.metric, Samples())
        if min(samples.canary, samples.stable) < least:
            return guardrail.metric
    return None


def _with_beginnings(batches: Iterable[Batch]) -> Iterator[tuple[datetime, Batch]]:
    """Each batch of whole minutes, in order, and when it began.

    The first of a minute begins with it, the others where the one before them ended.
    """
    before = datetime.min.replace(tzinfo=UTC)
    for batch in batches:
        yield max(_minute(batch), before), batch
        before = batch.end


def _minute(batch: Batch) -> datetime:
    """The minute that a batch lies in; one that ends with its minute is still in it."""
    return (batch.end - datetime.resolution).replace(second=0, microsecond=0)


def _samples(rollout: Rollout, batches: tuple[Batch, ...]) -> Iterator[tuple[str, Samples]]:
    for guardrail in rollout.policy.guardrails:
        metric = guardrail.metric
        before = rollout.samples.get(metric, Samples())
        yield (
            metric,
            Samples(
                before.canary + sum(batch.canary.measured(metric) for batch in batches),
                before.stable + sum(batch.stable.measured(metric) for batch in batches),
            ),
        )


def labels_alone(batch: Batch) -> Batch:
    """The batch without its requests: what is left of a discarded one."""
    stable, canary = (Arm(0, {}, labels=arm.labels) for arm in (batch.stable, batch.canary))
    return replace(batch, stable=stable, canary=canary)
