"""Is the canary worse than stable? Judges the evidence. Pure; import it from `evidence`.

Two promises, both valid however often one looks: P(ever WORSE) <= alpha while no metric exceeds
its margin, over the whole rollout (all metrics, segments, looks and steps together); and each
proof behind NOT_WORSE is false with probability <= beta.

Assumed: requests fail independently, given their variant, or as far apart as stable's own parts
(overdispersion phi). One bad client with sticky routing, or retries of one failure, break this
where parts are not known: then count sessions, not requests.

Sources: Lindon & Malek 2022 (conditioning on all bad events); Howard et al. 2021 (mixtures valid
at any time); Turner, Ly & Grünwald 2024 (two proportions); Shiryaev 1963 (restart); Ville 1939.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil, log

from steelyard.evidence.forecast import FACTORS, requests_still_expected, requests_until_found
from steelyard.evidence.guard import log_threshold, odds_at
from steelyard.evidence.likelihood import log_sum
from steelyard.evidence.promise import Promise
from steelyard.evidence.segments import leading
from steelyard.evidence.state import Evidence, log_weights
from steelyard.evidence.stream import Setting
from steelyard.evidence.verdict import Carrier, Verdict, VerdictKind

_ROUNDING = 1e-9  # log evidence below this is none


def judge(evidence: Evidence, promise: Promise, step: int) -> Verdict:
    """What the evidence says at this look.

    Args:
        evidence: of the same promise.
        promise: the rollout's.
        step: index into `promise.step_odds`; larger ones use the last.
    """
    harm = {g.metric: evidence.of(g.metric, promise) for g in promise.guardrails}
    weighted = {g.metric: log(g.weight) + harm[g.metric] for g in promise.guardrails}
    total, threshold = log_sum(weighted.values()), -log(promise.alpha)
    unproven = _unproven(evidence, promise, step)
    doubts = tuple(_doubts(evidence, threshold))
    kind = _kind(worse=total >= threshold, unproven=bool(unproven or doubts))
    open_ = kind is VerdictKind.INCONCLUSIVE
    return Verdict(
        kind=kind,
        log_evidence={**harm, "total": total},
        log_threshold=threshold,
        carried_by=_carrier(evidence, harm, weighted, promise),
        unproven=unproven,
        requests_to_pass=_to_pass(evidence, promise, step, unproven) if open_ else None,
        segments={name: of.log_evidence() for name, of in evidence.segments.items() if of.named},
        requests_to_find=(
            {} if kind is VerdictKind.WORSE else dict(_to_find(evidence, promise, threshold))
        ),
        odds_ratios={m: g.interval.ends(promise.beta) for m, g in evidence.guards.items()},
        phi={metric: evidence.phi(metric) for metric in evidence.guards},
        doubts=doubts,
        notes=tuple(_notes(evidence, threshold)),
    )


def _carrier(
    evidence: Evidence,
    harm: Mapping[str, float],
    weighted: Mapping[str, float],
    promise: Promise,
) -> Carrier | None:
    """The metric with the most weighted evidence among those with any, and what leads in it."""
    most = max((m for m in harm if harm[m] > _ROUNDING), key=lambda m: weighted[m], default=None)
    if most is None or most not in evidence.segments:
        return None if most is None else Carrier(most)
    pooled, segments = evidence.harm[most].log_evidence, evidence.segments[most]
    return Carrier(most, leading(pooled, segments, len(promise.segments)))


def _kind(*, worse: bool, unproven: bool) -> VerdictKind:
    if worse:
        return VerdictKind.WORSE
    return VerdictKind.INCONCLUSIVE if unproven else VerdictKind.NOT_WORSE


def _unproven(evidence: Evidence, promise: Promise, step: int) -> tuple[str, ...]:
    odds, threshold = odds_at(promise, step), log_threshold(promise)
    guards = evidence.guards
    return tuple(
        g.metric for g in promise.guardrails if not guards[g.metric].proves(odds, threshold)
    )


def _doubts(evidence: Evidence, threshold: float) -> Iterator[str]:
    """Whatever speaks against trusting the counts."""
    if evidence.sample_ratio.harm.log_evidence >= threshold:
        yield f"sample ratio: {evidence.sample_ratio}"
    for metric, spread in evidence.dispersion.items():
        if spread.a_a.log_evidence >= threshold:
            yield (
                f"{metric}: stable's own parts differ by more than overdispersion "
                f"{spread.phi:.2g} explains, so alpha is not promised for this traffic"
            )


def _notes(evidence: Evidence, threshold: float) -> Iterator[str]:
    """What may be meant to be so: raters may be given as many answers of each variant."""
    if evidence.label_ratio.harm.log_evidence >= threshold:
        yield "labels: the canary's answers are labelled more often than stable's"


def _to_pass(
    evidence: Evidence, promise: Promise, step: int, unproven: tuple[str, ...]
) -> int | None:
    """Requests until the slowest unproven guardrail passes; None if any is not foreseeable."""
    odds, threshold = odds_at(promise, step), log_threshold(promise)
    needed = []
    for metric in unproven:
        guard = evidence.guards[metric]
        counts = requests_still_expected(guard, odds, threshold, evidence.phi(metric))
        needed.append(counts and ceil(counts * _requests_per_count(evidence, metric)))
    foreseen = [requests for requests in needed if requests is not None]
    return max(foreseen, default=None) if len(foreseen) == len(needed) else None


def _to_find(
    evidence: Evidence, promise: Promise, threshold: float
) -> Iterator[tuple[str, Mapping[str, int | None]]]:
    """By metric: requests until regressions that began now would be found."""
    for guardrail in promise.guardrails:
        metric = guardrail.metric
        if metric == "latency":
            continue
        pooled, _ = log_weights(evidence, metric, guardrail.weight, len(promise.segments))
        setting = Setting(guardrail.margin, threshold - pooled, evidence.phi(metric))
        guard, harm = evidence.guards[metric], evidence.harm[metric]
        per_count = _requests_per_count(evidence, metric)
        counts = {f"{f:g}": requests_until_found(guard, harm, setting, f) for f in FACTORS}
        yield metric, {f: n and ceil(n * per_count) for f, n in counts.items()}


def _requests_per_count(evidence: Evidence, metric: str) -> float:
    """Canary requests that bring one of what the metric counts: for labels more than one."""
    counted = evidence.guards[metric].seen.canary_requests
    most = max(guard.seen.canary_requests for guard in evidence.guards.values())
    return max(1.0, most / counted) if metric == "labels" and counted else 1.0
