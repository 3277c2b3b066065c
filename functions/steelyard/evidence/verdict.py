"""What the evidence says, and what carries it. Pure; anyone may import it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class VerdictKind(StrEnum):
    """The three things that evidence can say."""

    WORSE = "WORSE"
    NOT_WORSE = "NOT_WORSE"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True, slots=True)
class Carrier:
    """What carries the most evidence: a metric, and the segment where one does."""

    metric: str
    segment: str | None = None

    def __str__(self) -> str:
        return self.metric if self.segment is None else f"{self.metric} of segment {self.segment}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One look at the evidence.

    Attributes:
        kind: WORSE, NOT_WORSE or INCONCLUSIVE.
        log_evidence: natural log of the evidence of harm by metric, and `total`, the weighted sum.
        log_threshold: ln(1/alpha); `total` at or above it means WORSE.
        carried_by: what carries the most evidence; None while all of it is below 0.
        unproven: guardrails that do not yet pass at this step (empty when NOT_WORSE).
        forecast_requests: canary requests still expected until all guardrails pass this step, at
            the rates seen so far; None when WORSE, already passed or not foreseeable.
        segments: natural log of the evidence of harm by metric and segment, of those with labels.
    """

    kind: VerdictKind
    log_evidence: Mapping[str, float]
    log_threshold: float
    carried_by: Carrier | None = None
    unproven: tuple[str, ...] = ()
    forecast_requests: int | None = None
    segments: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
