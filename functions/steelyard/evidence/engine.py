"""Is the canary worse than stable? Weighs batches and says so. Pure; import it from `evidence`.

One statistic for every bad-event counter. Two promises, both valid however often one looks:
P(ever WORSE) <= alpha while no metric's odds ratio exceeds its margin, over the whole rollout;
and each proof behind NOT_WORSE is false with probability <= beta.

Assumed: requests fail independently, given their variant (overdispersion phi = 1). One bad client
with sticky routing, or retries of one failure, break this: then count sessions, not requests.

Sources: Lindon & Malek 2022 (conditioning on all bad events); Howard et al. 2021 (mixtures valid
at any time); Turner, Ly & Grünwald 2024 (two proportions); Shiryaev 1963 (restart); Ville 1939.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from math import log

from steelyard.evidence.counts import Batch
from steelyard.evidence.forecast import requests_still_expected
from steelyard.evidence.guard import Guard, begin_guard, log_threshold, odds_at
from steelyard.evidence.likelihood import log_sum
from steelyard.evidence.mixture import Harm
from steelyard.evidence.pending import Pending
from steelyard.evidence.promise import Guardrail, Promise
from steelyard.evidence.verdict import Verdict, VerdictKind

# A proof keeps up to the square of what it needs; see proof.py.
_CAP = 2.0


@dataclass(frozen=True, slots=True)
class Stream:
    """What one stream of bad events says about harm.

    Attributes:
        pending: counts that wait for a comparison.
        harm: the evidence of the comparisons so far.
    """

    pending: Pending
    harm: Harm


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is kept of the batches so far; its size does not grow with them.

    Attributes:
        streams: evidence of harm, by metric.
        guards: proofs that the canary is not worse, by metric.
    """

    streams: Mapping[str, Stream]
    guards: Mapping[str, Guard]


def begin(promise: Promise) -> Evidence:
    """No evidence yet."""
    return Evidence(
        streams={guardrail.metric: Stream(Pending(), Harm()) for guardrail in promise.guardrails},
        guards={g.metric: begin_guard(g, promise) for g in promise.guardrails},
    )


def weigh(evidence: Evidence, batch: Batch, promise: Promise) -> Evidence:
    """The evidence with one more batch: each batch once, in the order of time.

    A metric that an arm's `bad` does not name was not measured and tells nothing; measured
    without a bad event is 0. An arm without requests can't be compared and waits for some.
    """
    streams, guards = {}, {}
    for guardrail in promise.guardrails:
        metric = guardrail.metric
        streams[metric], guards[metric] = _weigh_metric(evidence, batch, guardrail, promise)
    return Evidence(streams, guards)


def judge(evidence: Evidence, promise: Promise, step: int) -> Verdict:
    """What the evidence says at this look.

    Args:
        evidence: of the same promise.
        promise: the rollout's.
        step: index into `promise.step_odds`; larger ones use the last.
    """
    harm = {metric: stream.harm.log_evidence for metric, stream in evidence.streams.items()}
    weighted = {g.metric: log(g.weight) + harm[g.metric] for g in promise.guardrails}
    total = log_sum(weighted.values())
    unproven = _unproven(evidence, promise, step)
    kind = _kind(worse=total >= -log(promise.alpha), unproven=unproven)
    return Verdict(
        kind=kind,
        log_evidence={**harm, "total": total},
        log_threshold=-log(promise.alpha),
        carried_by=_carrier(harm, weighted),
        unproven=unproven,
        forecast_requests=(
            _forecast(evidence, promise, step, unproven)
            if kind is VerdictKind.INCONCLUSIVE
            else None
        ),
    )


def _weigh_metric(
    evidence: Evidence, batch: Batch, guardrail: Guardrail, promise: Promise
) -> tuple[Stream, Guard]:
    metric, cap = guardrail.metric, _CAP * log_threshold(promise)
    stream = evidence.streams[metric]
    guard = evidence.guards[metric].after_canary(batch.canary, metric, cap)
    pending, tables = stream.pending.after(batch, metric)
    harm = reduce(lambda sum_, table: sum_.after(table, guardrail.margin), tables, stream.harm)
    guard = reduce(lambda sum_, table: sum_.after_comparison(table, cap), tables, guard)
    return Stream(pending, harm), guard


def _kind(*, worse: bool, unproven: tuple[str, ...]) -> VerdictKind:
    if worse:
        return VerdictKind.WORSE
    return VerdictKind.INCONCLUSIVE if unproven else VerdictKind.NOT_WORSE


def _carrier(harm: Mapping[str, float], weighted: Mapping[str, float]) -> str | None:
    """The metric with the most weighted evidence, among those with any."""
    return max((m for m in harm if harm[m] > 0), key=lambda m: weighted[m], default=None)


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
    needed = [
        requests_still_expected(
            evidence.guards[metric],
            odds,
            threshold,
            evidence.streams[metric].pending.canary_percent,
        )
        for metric in unproven
    ]
    foreseen = [requests for requests in needed if requests is not None]
    return max(foreseen) if len(foreseen) == len(needed) else None
