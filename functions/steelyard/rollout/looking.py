"""One look: new counts are weighed, and the evidence judged. Pure; used by the machine alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from steelyard.evidence import Batch, Evidence, Verdict, VerdictKind, judge, weigh
from steelyard.rollout.counting import weighed, with_samples
from steelyard.rollout.model import EndpointState, Phase, Rollout
from steelyard.rollout.observation import Seen
from steelyard.rollout.signals import Look


def look_at(
    state: EndpointState, rollout: Rollout, seen: Seen, now: datetime
) -> tuple[EndpointState, Look]:
    """The state with the new counts weighed, and all that a rule may know."""
    before, batches = rollout.canary_requests, weighed(rollout, seen)
    evidence, verdict = _judged(rollout, batches)
    rollout = replace(
        with_samples(rollout, batches),
        evidence=evidence,
        labels_until=seen.labels_until or rollout.labels_until,
    )
    fresh = rollout.canary_requests > before
    state = replace(state, rollout=rollout, metrics_until=seen.metrics_until or state.metrics_until)
    return state, Look(rollout, seen, now, verdict, fresh)


def _judged(rollout: Rollout, batches: Iterable[Batch]) -> tuple[Evidence, Verdict | None]:
    """The evidence with these batches, and what it says: WORSE ends it, whatever comes after."""
    evidence, promise = rollout.evidence, rollout.policy.promise
    holdback = rollout.phase is Phase.HOLDBACK
    step = len(rollout.policy.steps) if holdback else rollout.step
    verdict = None
    for batch in batches:
        evidence = weigh(evidence, batch, promise)
        verdict = judge(evidence, promise, step)
        if verdict.kind is VerdictKind.WORSE:
            break
    if verdict is None and rollout.step >= 0:
        verdict = judge(evidence, promise, step)
    return evidence, verdict
