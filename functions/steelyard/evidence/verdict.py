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
        requests_to_pass: canary requests still expected until all guardrails pass this step, at
            the rates seen so far; None when WORSE, already passed or not foreseeable.
        segments: natural log of the evidence of harm by metric and segment, of those measured.
        requests_to_find: by metric and factor ("1.2", "1.5", "2") the canary requests still
            expected until WORSE, were the canary's odds of a bad event from now on so many times
            stable's; None where that is not foreseeable. Empty when WORSE.
        odds_ratios: by metric an interval that holds the odds ratio of bad events, canary to
            stable, with probability >= 1 - beta at all looks together.
        phi: by metric the overdispersion that the evidence was divided by; 1 is none.
        doubts: in words, why counts should not be trusted. A step is not passed in doubt.
        notes: in words, what else a person should know of the counts.
    """

    kind: VerdictKind
    log_evidence: Mapping[str, float]
    log_threshold: float
    carried_by: Carrier | None = None
    unproven: tuple[str, ...] = ()
    requests_to_pass: int | None = None
    segments: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    requests_to_find: Mapping[str, Mapping[str, int | None]] = field(default_factory=dict)
    odds_ratios: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    phi: Mapping[str, float] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
