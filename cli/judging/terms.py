"""What lines are held to: a policy, or by default what the first line measures. For `cli.judging`.

Here counts of a line become a batch of the evidence.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from cli.judging.latency import Buckets
from cli.judging.reading import BadLine
from cli.judging.shape import Line
from steelyard.evidence import OTHER, Arm, Batch, Guardrail, Promise
from steelyard.rollout.policy import Policy

MOST_SEGMENTS = 50
_MICROSECOND = timedelta(microseconds=1)
_WEIGHTS = {"errors": 0.4, "labels": 0.3, "latency": 0.3}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a stream of lines is held to.

    Attributes:
        policy: steps, `slow_after` and `discard` are taken from it.
        promise: the policy's, or with the segments of the first line.
    """

    policy: Policy
    promise: Promise

    def step(self, canary_percent: float) -> int:
        """The step that has this share, or the last one below it."""
        return max(0, bisect_right(self.policy.steps, canary_percent) - 1)

    def batch(self, line: Line) -> Batch:
        """The counts as the evidence weighs them."""
        buckets = self._buckets(line)
        stable, canary = (self._arm(arm, buckets) for arm in (line.stable, line.canary))
        if buckets is not None and canary.latency:
            canary = replace(canary, latency=buckets.shifted(canary.latency))
        return Batch(line.end, line.canary_percent, stable, canary, line.parts)

    def ignored(self, line: Line) -> frozenset[str]:
        """Metrics that the line measures, and no guardrail is about."""
        guarded = {guardrail.metric for guardrail in self.promise.guardrails}
        arms = (line.stable, line.canary)
        slow = {"latency" for arm in arms if "slow" in arm.bad}
        return frozenset(slow.union(*map(_measured, arms)) - guarded)

    def _buckets(self, line: Line) -> Buckets | None:
        guardrail = self.policy.guardrail("latency")
        if line.bounds is None or guardrail is None:
            return None
        return Buckets(line.bounds, guardrail.margin)

    def _arm(self, arm: Arm, buckets: Buckets | None) -> Arm:
        """With the slow requests that latencies show; without latencies that nothing is about.

        Segments that are not weighed by themselves need no care: the evidence pools their labels.
        """
        if buckets is None:
            return replace(arm, latency=())
        if not arm.latency or "slow" in arm.bad:
            return arm
        slow = buckets.slower(arm.latency, self.policy.slow_after / _MICROSECOND)
        return replace(arm, bad={**arm.bad, "slow": slow})


def terms_of(
    first: Line, policy: Policy | None, *, margin_free: bool = False, alpha: float | None = None
) -> Terms:
    """What lines are held to, of which this is the first.

    Args:
        policy: None: what the first line measures in both arms, and its segments, are weighed.
        margin_free: any difference counts, and no rate is good enough by itself.
        alpha: instead of the policy's.

    Raises:
        BadLine: without a policy, nothing is measured in both arms, or there are many segments.
        InvalidPolicy: an alpha that no policy may have.
    """
    chosen = policy or Policy(guardrails=tuple(_guardrails(first)))
    if alpha is not None:
        chosen = replace(chosen, alpha=alpha)
    if margin_free:
        chosen = replace(chosen, guardrails=tuple(map(_without_margins, chosen.guardrails)))
    promise = chosen.promise
    if policy is None:
        promise = replace(promise, segments=_segments_of(first))
    return Terms(chosen, promise)


def _guardrails(first: Line) -> Iterator[Guardrail]:
    """Policy's own, and one on labels, where both arms measure them or have no requests."""
    arms = (first.stable, first.canary)
    missing = {m for arm in arms if arm.requests for m in _WEIGHTS if m not in _measured(arm)}
    found = {metric for arm in arms for metric in _measured(arm)} - missing
    metrics = [metric for metric in _WEIGHTS if metric in found]
    if not metrics:
        accepted = "bad.errors, labels with bad.wrong_labels, or latency_us in both, or a --policy"
        raise BadLine("", f"got nothing that is measured in both arms, accepted: {accepted}")
    total = sum(_WEIGHTS[metric] for metric in metrics)
    for metric in metrics:
        by_default = Policy().guardrail(metric) or Guardrail(metric, 1.0, absolute_margin=None)
        yield replace(by_default, weight=_WEIGHTS[metric] / total)


def _measured(arm: Arm) -> set[str]:
    """Metrics that an arm can be weighed by; how many requests were slow says too little."""
    found = {"errors": "errors" in arm.bad, "labels": arm.labels, "latency": arm.latency}
    return {metric for metric, counts in found.items() if counts}


def _segments_of(first: Line) -> tuple[str, ...]:
    arms = (first.stable, first.canary)
    names = {name for arm in arms for name in (*arm.labels, *arm.segments)} - {OTHER}
    if len(names) > MOST_SEGMENTS:
        accepted = f"at most {MOST_SEGMENTS}, or a --policy that names those to weigh"
        raise BadLine("stable.segments", f"got {len(names)} segments, accepted: {accepted}")
    return tuple(sorted(names))


def _without_margins(guardrail: Guardrail) -> Guardrail:
    return replace(guardrail, margin=1.0, absolute_margin=None)
