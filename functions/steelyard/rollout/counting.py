"""Which counts are weighed, and what each guardrail measured at this step. Pure.

Used by the machine, `world.py` and the console.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from steelyard.evidence import Arm, Batch
from steelyard.rollout.model import Phase, Rollout, Samples
from steelyard.rollout.observation import Seen

COMPARED = (Phase.RAMPING, Phase.HOLDBACK, Phase.PAUSED, Phase.NEEDS_HUMAN)
"""Phases in which the canary may have traffic that is compared."""

_MINUTE = timedelta(minutes=1)


def weighed(rollout: Rollout, seen: Seen) -> tuple[Batch, ...]:
    """The batches that are weighed: of whole minutes with this step's traffic, none discarded.

    Labels are about older requests: those that arrive in a discarded minute count all the same.
    """
    if rollout.weights_since is None or rollout.phase not in COMPARED:
        return ()
    first = rollout.weights_since + rollout.policy.discard
    return tuple(
        batch if batch.end - _MINUTE >= first else _labels_alone(batch)
        for batch in seen.batches
        if batch.end - _MINUTE >= first or batch.stable.labels or batch.canary.labels
    )


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


def _labels_alone(batch: Batch) -> Batch:
    stable, canary = (Arm(0, {}, labels=arm.labels) for arm in (batch.stable, batch.canary))
    return replace(batch, stable=stable, canary=canary)
