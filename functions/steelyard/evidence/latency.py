"""Evidence that the canary is slower, from requests by latency band. Pure; for evidence/ only."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from math import log

from steelyard.evidence.bands import BANDS
from steelyard.evidence.counts import Arm, Batch
from steelyard.evidence.likelihood import log_sum
from steelyard.evidence.mixture import REGRESSIONS, Harm, begin_harm
from steelyard.evidence.pending import Comparison, Counts, Pending
from steelyard.evidence.ranks import SLOWEST, TILTS, slowest_log_ratios, tilt_log_ratios

_SLOWEST_BETS = len(SLOWEST) * len(REGRESSIONS)


@dataclass(frozen=True, slots=True)
class Latency:
    """How strongly the latencies say that the canary is slower than the margin allows.

    The canary's bands are a margin times as wide as stable's, so the hypothesis is that it is not
    stochastically slower in bands. Half is bet on the slowest requests, which finds a tail, half
    on normal scores, which finds a shift.

    Attributes:
        pending: counts by band that wait for a comparison.
        slowest: evidence from who has the slowest half, tenth and hundredth of the requests.
        tilt: evidence from normal scores.
    """

    pending: Pending = field(default_factory=Pending)
    slowest: Harm = field(default_factory=lambda: begin_harm(_SLOWEST_BETS))
    tilt: Harm = field(default_factory=lambda: begin_harm(len(TILTS)))

    def after(self, batch: Batch) -> Latency:
        """With one more batch; one that was not measured in both arms changes nothing."""
        canary, stable = _bands(batch.canary), _bands(batch.stable)
        if canary is None or stable is None:
            return self
        pending, comparisons = self.pending.after(batch.canary_percent, canary, stable)
        return reduce(_compared, comparisons, Latency(pending, self.slowest, self.tilt))

    @property
    def log_evidence(self) -> float:
        """Ln E; 0 at the start."""
        return log_sum((self.slowest.log_evidence, self.tilt.log_evidence)) - log(2)


def _compared(latency: Latency, comparison: Comparison) -> Latency:
    return Latency(
        latency.pending,
        latency.slowest.after(slowest_log_ratios(*comparison, REGRESSIONS)),
        latency.tilt.after(tilt_log_ratios(*comparison)),
    )


def _bands(arm: Arm) -> Counts | None:
    """An arm without requests was measured, and has none in any band."""
    return arm.latency or (None if arm.requests else (0,) * BANDS)
