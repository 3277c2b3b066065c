"""Is the canary worse than stable? Weighs batches and says so. Pure; import it from `evidence`.

Two promises, both valid however often one looks: P(ever WORSE) <= alpha while no metric exceeds
its margin, over the whole rollout (all metrics, segments, looks and steps together); and each
proof behind NOT_WORSE is false with probability <= beta.

Assumed: requests fail independently, given their variant (overdispersion phi = 1). One bad client
with sticky routing, or retries of one failure, break this: then count sessions, not requests.

Sources: Lindon & Malek 2022 (conditioning on all bad events); Howard et al. 2021 (mixtures valid
at any time); Turner, Ly & Grünwald 2024 (two proportions); Shiryaev 1963 (restart); Ville 1939.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from math import ceil, log

from steelyard.evidence.counts import Batch
from steelyard.evidence.forecast import requests_still_expected
from steelyard.evidence.guard import Guard, begin_guard, log_threshold, odds_at
from steelyard.evidence.labels import Segment, after_segments, combined, leading, wrong_log_ratios
from steelyard.evidence.latency import Latency
from steelyard.evidence.likelihood import Table, harm_log_ratio, log_sum
from steelyard.evidence.mixture import REGRESSIONS, Harm, begin_harm
from steelyard.evidence.promise import Promise
from steelyard.evidence.verdict import Carrier, Verdict, VerdictKind

# A proof keeps up to the square of what it needs; see proof.py.
_CAP = 2.0
_ROUNDING = 1e-9  # log evidence below this is none


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is kept of the batches so far; its size does not grow with them.

    Attributes:
        guards: proofs that the canary is not worse, by metric.
        harm: evidence of harm from good and bad requests (or labels, pooled), by metric.
        segments: what labels say, by segment; those that had one.
        latency: evidence of harm from latency bands.
    """

    guards: Mapping[str, Guard]
    harm: Mapping[str, Harm]
    segments: Mapping[str, Segment] = field(default_factory=dict)
    latency: Latency = field(default_factory=Latency)


def begin(promise: Promise) -> Evidence:
    """No evidence yet."""
    return Evidence(
        guards={g.metric: begin_guard(g, promise) for g in promise.guardrails},
        harm={g.metric: begin_harm() for g in promise.guardrails if g.metric != "latency"},
    )


def weigh(evidence: Evidence, batch: Batch, promise: Promise) -> Evidence:
    """The evidence with one more batch: each batch once, in the order of time.

    What an arm did not measure tells nothing; measured without a bad event is 0. An arm without
    requests (or labels) can't be compared and waits for some.
    """
    guards, harm = dict(evidence.guards), dict(evidence.harm)
    segments, latency = evidence.segments, evidence.latency
    for guardrail in promise.guardrails:
        metric, margin = guardrail.metric, guardrail.margin
        cap = _CAP * log_threshold(promise)
        guards[metric], tables = evidence.guards[metric].after(batch, metric, cap)
        if metric == "latency":
            latency = latency.after(batch)
            continue
        gains = (_log_ratios(metric, table, margin) for table in tables)
        harm[metric] = reduce(Harm.after, gains, harm[metric])
        if metric == "labels":
            segments = after_segments(segments, batch, promise.segments, margin)
    return Evidence(guards, harm, segments, latency)


def judge(evidence: Evidence, promise: Promise, step: int) -> Verdict:
    """What the evidence says at this look.

    Args:
        evidence: of the same promise.
        promise: the rollout's.
        step: index into `promise.step_odds`; larger ones use the last.
    """
    segments = {name: one.harm.log_evidence for name, one in evidence.segments.items()}
    harm = {g.metric: _harm(evidence, g.metric, segments, promise) for g in promise.guardrails}
    weighted = {g.metric: log(g.weight) + harm[g.metric] for g in promise.guardrails}
    total = log_sum(weighted.values())
    unproven = _unproven(evidence, promise, step)
    kind = _kind(worse=total >= -log(promise.alpha), unproven=unproven)
    return Verdict(
        kind=kind,
        log_evidence={**harm, "total": total},
        log_threshold=-log(promise.alpha),
        carried_by=_carrier(evidence, harm, weighted, segments, promise),
        unproven=unproven,
        forecast_requests=(
            _forecast(evidence, promise, step, unproven)
            if kind is VerdictKind.INCONCLUSIVE
            else None
        ),
        segments={"labels": segments} if segments else {},
    )


def _log_ratios(metric: str, table: Table, margin: float) -> tuple[float, ...]:
    if metric == "labels":
        return wrong_log_ratios(table, margin)
    return tuple(harm_log_ratio(table, margin, regression) for regression in REGRESSIONS)


def _harm(
    evidence: Evidence, metric: str, segments: Mapping[str, float], promise: Promise
) -> float:
    """Log evidence of one metric."""
    if metric == "latency":
        return evidence.latency.log_evidence
    pooled = evidence.harm[metric].log_evidence
    return combined(pooled, segments, len(promise.segments)) if metric == "labels" else pooled


def _carrier(
    evidence: Evidence,
    harm: Mapping[str, float],
    weighted: Mapping[str, float],
    segments: Mapping[str, float],
    promise: Promise,
) -> Carrier | None:
    """The metric with the most weighted evidence among those with any, and what leads in it."""
    most = max((m for m in harm if harm[m] > _ROUNDING), key=lambda m: weighted[m], default=None)
    if most != "labels":
        return None if most is None else Carrier(most)
    pooled = evidence.harm[most].log_evidence
    return Carrier(most, leading(pooled, segments, len(promise.segments)))


def _kind(*, worse: bool, unproven: tuple[str, ...]) -> VerdictKind:
    if worse:
        return VerdictKind.WORSE
    return VerdictKind.INCONCLUSIVE if unproven else VerdictKind.NOT_WORSE


def _unproven(evidence: Evidence, promise: Promise, step: int) -> tuple[str, ...]:
    odds, threshold = odds_at(promise, step), log_threshold(promise)
    guards = evidence.guards
    return tuple(
        g.metric for g in promise.guardrails if not guards[g.metric].proves(odds, threshold)
    )


def _forecast(
    evidence: Evidence, promise: Promise, step: int, unproven: tuple[str, ...]
) -> int | None:
    """Requests until the slowest unproven guardrail passes; None if any is not foreseeable."""
    odds, threshold = odds_at(promise, step), log_threshold(promise)
    needed = []
    for metric in unproven:
        guard = evidence.guards[metric]
        counts = requests_still_expected(guard, odds, threshold)
        needed.append(counts and ceil(counts * _requests_per_count(evidence, metric)))
    foreseen = [requests for requests in needed if requests is not None]
    return max(foreseen) if len(foreseen) == len(needed) else None


def _requests_per_count(evidence: Evidence, metric: str) -> float:
    """Canary requests that bring one of what the metric counts: for labels more than one."""
    counted = evidence.guards[metric].seen.canary_requests
    most = max(guard.seen.canary_requests for guard in evidence.guards.values())
    return max(1.0, most / counted) if metric == "labels" and counted else 1.0
