"""Evidence by user segment, and what all of them say together. Pure; for evidence/ only.

Labels arrive when users say what they wanted, so a batch has those of older requests, too; counts
of labels are of labels, not of requests. What is assumed: whether and when a label arrives does
not depend on the variant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log

from steelyard.evidence.counts import Arm, Batch, Labels, SegmentCounts
from steelyard.evidence.likelihood import log_sum
from steelyard.evidence.pending import Counts
from steelyard.evidence.stream import Segment, Setting


@dataclass(frozen=True, slots=True)
class Segments:
    """What the segments of one metric say, each by itself.

    Attributes:
        named: those that had a count; the others have no evidence, which is 1.
        log_start: natural log of the pooled evidence when segments were first measured. From then
            on half of the metric's evidence is theirs, so they begin with what it was.
    """

    named: Mapping[str, Segment] = field(default_factory=dict)
    log_start: float = 0.0

    def after(
        self, batch: Batch, metric: str, names: tuple[str, ...], setting: Setting
    ) -> Segments:
        """With one more batch."""
        named = dict(self.named)
        for name in names:
            canary, stable = (_counts(arm, metric, name) for arm in (batch.canary, batch.stable))
            if any(canary) or any(stable):
                before = named.get(name) or Segment()
                named[name] = before.after(batch.canary_percent, (canary, stable), setting)
        return Segments(named, self.log_start)

    def log_evidence(self) -> Mapping[str, float]:
        """Ln E of each segment that had a count."""
        return {name: segment.harm.log_evidence for name, segment in self.named.items()}


def measured(batch: Batch, metric: str) -> bool:
    """Whether a batch tells a metric by segment."""
    if metric == "labels":
        return True
    return metric == "errors" and bool(batch.canary.segments or batch.stable.segments)


def combined(pooled: float, segments: Segments, names: int) -> float:
    """Log evidence of the pooled stream and the average over all segments, half and half.

    Averages of e-values stay valid under any dependence; "any segment beyond 1/alpha" does not.
    """
    silent = names - len(segments.named)
    each = (*segments.log_evidence().values(), *([log(silent)] if silent else []))
    average = segments.log_start + log_sum(each) - log(names)
    return log_sum((pooled, average)) - log(2)


def leading(pooled: float, segments: Segments, names: int) -> str | None:
    """The segment with the most evidence, if its part of the sum exceeds the pooled one."""
    evidence = segments.log_evidence()
    most = max(evidence, key=lambda name: evidence[name], default=None)
    if most is None or segments.log_start + evidence[most] - log(names) <= pooled:
        return None
    return most


def pooled_labels(arm: Arm) -> Counts:
    """Right and wrong answers of all segments, named or not."""
    labels = tuple(arm.labels.values())
    wrong = sum(one.wrong for one in labels)
    return sum(one.labels for one in labels) - wrong, wrong


def _counts(arm: Arm, metric: str, name: str) -> Counts:
    """Good and bad of one segment."""
    if metric == "labels":
        labels = arm.labels.get(name, Labels(0, 0))
        return labels.labels - labels.wrong, labels.wrong
    counts = arm.segments.get(name, SegmentCounts(0, 0))
    return counts.requests - counts.errors, counts.errors
