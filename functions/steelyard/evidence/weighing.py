"""Adds a batch to the evidence. Pure; for evidence/ only, use it as `evidence.weigh`."""

from __future__ import annotations

from dataclasses import replace
from math import log

from steelyard.evidence.counts import Batch
from steelyard.evidence.dispersion import Dispersion
from steelyard.evidence.guard import good_and_bad, log_threshold
from steelyard.evidence.promise import Guardrail, Promise
from steelyard.evidence.segments import Segments, measured
from steelyard.evidence.state import Evidence, log_weights
from steelyard.evidence.stream import Setting, all_compared

# A proof keeps up to the square of what it needs; see proof.py.
_CAP = 2.0


def weigh(evidence: Evidence, batch: Batch, promise: Promise) -> Evidence:
    """The evidence with one more batch: each batch once, in the order of time.

    What an arm did not measure tells nothing; measured without a bad event is 0. An arm without
    requests (or labels) can't be compared and waits for some. The canary must be rolled back at
    the first batch after which `judge` says WORSE: no promise holds beyond it.
    """
    evidence = _shares(evidence, batch)
    for guardrail in promise.guardrails:
        evidence = _spread(evidence, batch, guardrail.metric)
        evidence = _weighed(evidence, batch, guardrail, promise)
    return replace(evidence, until=batch.end)


def _shares(evidence: Evidence, batch: Batch) -> Evidence:
    canary, stable, percent = batch.canary, batch.stable, batch.canary_percent
    labels = (canary.measured("labels"), stable.measured("labels"))
    return replace(
        evidence,
        sample_ratio=evidence.sample_ratio.after(canary.requests, stable.requests, percent),
        label_ratio=evidence.label_ratio.after(*labels, percent),
    )


def _spread(evidence: Evidence, batch: Batch, metric: str) -> Evidence:
    """With how far stable's parts differ in one metric."""
    counts = [good_and_bad(part, metric) for part in batch.stable_parts]
    parts = [part for part in counts if part is not None]
    if not parts or len(parts) < len(counts):
        return evidence
    before = evidence.dispersion.get(metric) or Dispersion()
    return replace(evidence, dispersion={**evidence.dispersion, metric: before.after(parts)})


def _weighed(evidence: Evidence, batch: Batch, guardrail: Guardrail, promise: Promise) -> Evidence:
    metric, phi = guardrail.metric, evidence.phi(guardrail.metric)
    cap = _CAP * log_threshold(promise)
    guard, tables = evidence.guards[metric].after(batch, metric, cap, phi)
    evidence = replace(evidence, guards={**evidence.guards, metric: guard})
    enough, minutes = -log(promise.alpha), evidence.minutes(batch)
    if metric == "latency":
        setting = Setting(guardrail.margin, enough - log(guardrail.weight), phi, minutes)
        return replace(evidence, latency=evidence.latency.after(batch, setting))
    if promise.segments and metric not in evidence.segments and measured(batch, metric):
        start = Segments({}, evidence.harm[metric].log_evidence)
        evidence = replace(evidence, segments={**evidence.segments, metric: start})
    names = len(promise.segments)
    pooled, each = log_weights(evidence, metric, guardrail.weight, names)
    setting = Setting(guardrail.margin, enough - pooled, phi, minutes)
    harm = all_compared(evidence.harm[metric], tables, setting)
    evidence = replace(evidence, harm={**evidence.harm, metric: harm})
    before = evidence.segments.get(metric)
    if before is None:
        return evidence
    setting = replace(setting, log_threshold=enough - each)
    after = before.after(batch, metric, promise.segments, setting)
    return replace(evidence, segments={**evidence.segments, metric: after})
