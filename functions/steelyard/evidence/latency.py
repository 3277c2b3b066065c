"""Evidence that the canary is slower, from requests by latency band. Pure; for evidence/ only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from math import log

from steelyard.evidence.counts import Batch
from steelyard.evidence.likelihood import Table, log_sum
from steelyard.evidence.mixture import Harm, begin_harm
from steelyard.evidence.pending import Comparison, Counts, Pending
from steelyard.evidence.ranks import SLOWEST, TILTS, cuts, tilt_log_ratios
from steelyard.evidence.stream import Setting, compared

REMEMBERED = 20_000  # requests; twice as many are halved, so that cuts follow the day


@dataclass(frozen=True, slots=True)
class Latency:
    """How strongly the latencies say that the canary is slower than the margin allows.

    The canary's bands are a margin times as wide as stable's, so the hypothesis is that it is not
    stochastically slower in bands. Half is bet on who has the slowest requests, which finds a
    tail, half on normal scores, which finds a shift.

    Attributes:
        pending: counts by band that wait for a comparison.
        slowest: evidence from who has the slowest 30, 3 and 0.3 %.
        tilt: evidence from normal scores.
        before: both variants' requests by band, lately: they say where the slowest begin.
    """

    pending: Pending = field(default_factory=Pending)
    slowest: tuple[Harm, ...] = field(default_factory=lambda: (begin_harm(),) * len(SLOWEST))
    tilt: Harm = field(default_factory=lambda: begin_harm(len(TILTS)))
    before: Counts = ()

    def after(self, batch: Batch, setting: Setting) -> Latency:
        """With one more batch; one that was not measured in both arms changes nothing."""
        canary, stable = batch.canary, batch.stable
        if not all(arm.latency or not arm.requests for arm in (canary, stable)):
            return self
        bands = len(canary.latency or stable.latency)
        counts = (canary.latency or (0,) * bands, stable.latency or (0,) * bands)
        pending, comparisons = self.pending.after(batch.canary_percent, *counts)
        waiting = Latency(pending, self.slowest, self.tilt, self.before)
        alone = replace(
            setting, margin=1.0, log_threshold=setting.log_threshold + log(2 * len(SLOWEST))
        )
        return reduce(partial(_compared, setting=alone), comparisons, waiting)

    @property
    def log_evidence(self) -> float:
        """Ln E; 0 at the start."""
        slowest = log_sum(harm.log_evidence for harm in self.slowest) - log(len(self.slowest))
        return log_sum((slowest, self.tilt.log_evidence)) - log(2)


def _compared(before: Latency, both: Comparison, setting: Setting) -> Latency:
    """With one comparison; `setting` is that of each of the slowest shares."""
    pooled = tuple(map(sum, zip(*both, strict=True)))
    slow = (_beyond(both, cut) for cut in cuts(before.before or pooled))
    return Latency(
        before.pending,
        tuple(compared(h, table, setting) for h, table in zip(before.slowest, slow, strict=True)),
        before.tilt.after((g / setting.phi for g in tilt_log_ratios(*both)), setting.minutes),
        _remembered(before.before, pooled),
    )


def _beyond(both: Comparison, cut: int) -> Table:
    """Requests in the bands from `cut` on, as bad events."""
    canary, stable = both
    return Table(sum(canary), sum(canary[cut:]), sum(stable), sum(stable[cut:]))


def _remembered(before: Counts, pooled: Sequence[int]) -> Counts:
    both = tuple(a + b for a, b in zip(before, pooled, strict=True)) if before else tuple(pooled)
    return tuple(count // 2 for count in both) if sum(both) > 2 * REMEMBERED else both
