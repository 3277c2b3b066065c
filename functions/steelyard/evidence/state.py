"""All that is kept of the batches so far. Pure; for evidence/ and, whole, for the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import log

from steelyard.evidence.counts import Batch
from steelyard.evidence.dispersion import Dispersion
from steelyard.evidence.guard import Guard, begin_guard
from steelyard.evidence.latency import Latency
from steelyard.evidence.mixture import Harm, begin_harm
from steelyard.evidence.promise import Promise
from steelyard.evidence.sample_ratio import LabelRatio, SampleRatio
from steelyard.evidence.segments import Segments, combined

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is kept of the batches so far; its size does not grow with them.

    Attributes:
        guards: proofs that the canary is not worse, by metric.
        harm: evidence of harm from good and bad requests (or labels), pooled, by metric.
        segments: what segments say, by metric; of metrics that were measured by segment.
        latency: evidence of harm from latency bands.
        dispersion: by metric, from stable's parts; of metrics that were measured by part.
        sample_ratio, label_ratio: whether the canary gets its share of requests, and of labels.
        until: end of the last batch.
    """

    guards: Mapping[str, Guard]
    harm: Mapping[str, Harm]
    segments: Mapping[str, Segments] = field(default_factory=dict)
    latency: Latency = field(default_factory=Latency)
    dispersion: Mapping[str, Dispersion] = field(default_factory=dict)
    sample_ratio: SampleRatio = field(default_factory=SampleRatio)
    label_ratio: LabelRatio = field(default_factory=LabelRatio)
    until: datetime | None = None

    def minutes(self, batch: Batch) -> float:
        """How long one more batch took, by the end of the one before it: at most a minute."""
        if self.until is None:
            return 1.0
        return min(1.0, max(0.0, (batch.end - self.until) / _MINUTE))

    def phi(self, metric: str) -> float:
        """Overdispersion of a metric; 1 where parts of stable were not measured."""
        spread = self.dispersion.get(metric)
        return spread.phi if spread is not None else 1.0

    def of(self, metric: str, promise: Promise) -> float:
        """Log evidence of harm of one metric."""
        if metric == "latency":
            return self.latency.log_evidence
        pooled, segments = self.harm[metric].log_evidence, self.segments.get(metric)
        return combined(pooled, segments, len(promise.segments)) if segments else pooled


def begin(promise: Promise) -> Evidence:
    """No evidence yet."""
    return Evidence(
        guards={g.metric: begin_guard(g, promise) for g in promise.guardrails},
        harm={g.metric: begin_harm() for g in promise.guardrails if g.metric != "latency"},
    )


def log_weights(evidence: Evidence, metric: str, weight: float, names: int) -> tuple[float, float]:
    """Ln of the parts of the total that a metric's pooled stream and each of its segments have."""
    segments = evidence.segments.get(metric)
    if segments is None:
        return log(weight), log(weight)
    half = log(weight / 2)
    return half, half + segments.log_start - log(names)
