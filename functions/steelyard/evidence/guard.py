"""What one guardrail shows, and has to show before a step is left. Pure; for evidence/ only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, log

from steelyard.evidence.counts import Arm, Batch
from steelyard.evidence.interval import Interval
from steelyard.evidence.likelihood import Table
from steelyard.evidence.pending import Counts, Pending
from steelyard.evidence.promise import Guardrail, Promise
from steelyard.evidence.proof import RateProof, RatioProof, begin_rate, begin_ratio
from steelyard.evidence.seen import Seen
from steelyard.evidence.segments import pooled_labels


@dataclass(frozen=True, slots=True)
class Guard:
    """The proofs of one guardrail, over all of its requests (never by segment).

    It passes a step when its odds ratio is shown to be below the step's, or its bad rate below
    the absolute margin. Each of the two claims is false with probability <= beta, at any time.
    A canary worse than both limits passes with at most 2 beta, and near that only where it lies on
    both at once (simulated: 7 % for a beta of 5 %).

    Attributes:
        pending: good and bad requests (or labels) that wait for a comparison.
        ratios: one proof for each different odds ratio of the steps.
        rate: the proof of the absolute margin; None without one.
        interval: for the odds ratio.
        seen: rates so far, for the forecast.
    """

    pending: Pending
    ratios: tuple[RatioProof, ...]
    rate: RateProof | None
    interval: Interval
    seen: Seen

    def after(
        self, batch: Batch, metric: str, cap: float, phi: float
    ) -> tuple[Guard, tuple[Table, ...]]:
        """With one more batch, and the comparisons that it completes.

        What an arm did not measure (no count, as opposed to a count of 0) changes nothing.
        """
        canary, stable = good_and_bad(batch.canary, metric), good_and_bad(batch.stable, metric)
        if canary is None:
            return self, ()
        guard = self._after_canary(canary, cap, phi)
        if stable is None:
            return guard, ()
        pending, comparisons = guard.pending.after(batch.canary_percent, canary, stable)
        tables = tuple(comparison.table for comparison in comparisons)
        for table in tables:
            guard = _compared(guard, table, cap, phi)
        return replace(guard, pending=pending), tables

    def ratio_at(self, odds: float) -> RatioProof:
        """The proof for a step that has to rule out `odds`."""
        return next(proof for proof in self.ratios if proof.odds == odds)

    def proves(self, odds: float, log_threshold: float) -> bool:
        """Whether the guardrail passes a step that has to rule out `odds`."""
        rate = self.rate.log_evidence if self.rate else -inf
        return max(rate, self.ratio_at(odds).log_evidence) >= log_threshold

    def _after_canary(self, counts: Counts, cap: float, phi: float) -> Guard:
        """With the canary's own counts of one batch."""
        requests, bad = sum(counts), counts[1]
        rate = self.rate and self.rate.after(requests, bad, cap, phi)
        return replace(self, rate=rate, seen=self.seen.plus_canary(requests, bad))


def begin_guard(guardrail: Guardrail, promise: Promise) -> Guard:
    """Nothing proved yet."""
    margin = guardrail.absolute_margin
    return Guard(
        pending=Pending(),
        ratios=tuple(begin_ratio(odds) for odds in sorted(set(promise.step_odds))),
        rate=None if margin is None else begin_rate(margin),
        interval=Interval(),
        seen=Seen(),
    )


def log_threshold(promise: Promise) -> float:
    """ln(1/beta): a proof at or above it passes."""
    return -log(promise.beta)


def odds_at(promise: Promise, step: int) -> float:
    """The odds ratio that step has to rule out; later steps have the last one's."""
    return promise.step_odds[min(step, len(promise.step_odds) - 1)]


def _compared(guard: Guard, table: Table, cap: float, phi: float) -> Guard:
    """With one comparison of both arms."""
    return replace(
        guard,
        ratios=tuple(proof.after(table, cap, phi) for proof in guard.ratios),
        interval=guard.interval.after(table, phi),
        seen=guard.seen.plus_comparison(table),
    )


def good_and_bad(arm: Arm, metric: str) -> Counts | None:
    """Good and bad of one metric; None where it was not measured."""
    if metric == "labels":
        return pooled_labels(arm)
    counted = "slow" if metric == "latency" else metric
    if counted not in arm.bad:
        return None
    return arm.requests - arm.bad[counted], arm.bad[counted]
