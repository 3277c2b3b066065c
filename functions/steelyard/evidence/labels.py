"""Evidence that the canary's answers are wrong more often. Pure; for evidence/ only.

Labels arrive when users say what they wanted, so a batch has those of older requests, too; all
counts here are of labels, not of requests. What is assumed: whether and when a label arrives does
not depend on the variant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from math import log

from steelyard.evidence.counts import Arm, Batch, Labels
from steelyard.evidence.likelihood import Table, log_sum
from steelyard.evidence.mixture import REGRESSIONS, Harm, begin_harm
from steelyard.evidence.odds import odds_log_ratios
from steelyard.evidence.pending import Counts, Pending

_NO_LABELS = Labels(0, 0)


@dataclass(frozen=True, slots=True)
class Segment:
    """What the labels of one segment say.

    Attributes:
        pending: counts that wait for a comparison.
        harm: the evidence of the comparisons so far.
    """

    pending: Pending
    harm: Harm


def wrong_log_ratios(table: Table, margin: float) -> tuple[float, ...]:
    """Log likelihood ratios of one comparison: wrong answers may be frequent."""
    return odds_log_ratios(table, margin, tuple(margin * more for more in REGRESSIONS))


def pooled_labels(arm: Arm) -> Counts:
    """Right and wrong answers of all segments, named or not."""
    return _counts(arm.labels.values())


def after_segments(
    segments: Mapping[str, Segment], batch: Batch, named: tuple[str, ...], margin: float
) -> Mapping[str, Segment]:
    """With one more batch. Those without a label yet are left out, those without one now wait."""
    grown = dict(segments)
    for name in named:
        labels = (arm.labels.get(name, _NO_LABELS) for arm in (batch.canary, batch.stable))
        canary, stable = (_counts((counts,)) for counts in labels)
        if any(canary) or any(stable):
            before = segments.get(name) or Segment(Pending(), begin_harm())
            grown[name] = _after(before, batch.canary_percent, (canary, stable), margin)
    return grown


def combined(pooled: float, segments: Mapping[str, float], named: int) -> float:
    """Log evidence of pooled labels and the average over all `named` segments, half and half.

    Averages of e-values stay valid under any dependence; "any segment beyond 1/alpha" does not.
    """
    if not named:
        return pooled
    silent = named - len(segments)
    average = log_sum((*segments.values(), *([log(silent)] if silent else []))) - log(named)
    return log_sum((pooled, average)) - log(2)


def leading(pooled: float, segments: Mapping[str, float], named: int) -> str | None:
    """The segment with the most evidence, if its part of the sum exceeds the pooled one."""
    most = max(segments, key=lambda name: segments[name], default=None)
    if most is None or segments[most] - log(named) <= pooled:
        return None
    return most


def _after(
    segment: Segment, canary_percent: int, counts: tuple[Counts, Counts], margin: float
) -> Segment:
    pending, comparisons = segment.pending.after(canary_percent, *counts)
    gains = (wrong_log_ratios(comparison.table, margin) for comparison in comparisons)
    return Segment(pending, reduce(Harm.after, gains, segment.harm))


def _counts(labels: Iterable[Labels]) -> Counts:
    every = tuple(labels)
    wrong = sum(one.wrong for one in every)
    return sum(one.labels for one in every) - wrong, wrong
