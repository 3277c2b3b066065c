"""What one guardrail has to show before a step is left. Pure; for evidence/ only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, log

from steelyard.evidence.counts import Arm
from steelyard.evidence.likelihood import Table
from steelyard.evidence.promise import Guardrail, Promise
from steelyard.evidence.proof import RateProof, RatioProof, begin_rate, begin_ratio
from steelyard.evidence.seen import Seen


@dataclass(frozen=True, slots=True)
class Guard:
    """The proofs of one guardrail, over all of its requests (never by segment).

    It passes a step when its odds ratio is shown to be below the step's, or its bad rate below
    the absolute margin. Each of the two claims is false with probability <= beta, at any time.
    A canary worse than both limits passes with at most 2 beta, and near that only where it lies on
    both at once (simulated: 7 % for a beta of 5 %).

    Attributes:
        ratios: one proof for each different odds ratio of the steps.
        rate: the proof of the absolute margin; None without one.
        seen: rates so far, for the forecast.
    """

    ratios: tuple[RatioProof, ...]
    rate: RateProof | None
    seen: Seen

    def after_canary(self, canary: Arm, metric: str, cap: float) -> Guard:
        """With the canary's own counts of one batch; unmeasured (no count) changes nothing."""
        if metric not in canary.bad:
            return self
        bad = canary.bad[metric]
        rate = self.rate and self.rate.after(canary.requests, bad, cap)
        return replace(self, rate=rate, seen=self.seen.plus_canary(canary.requests, bad))

    def after_comparison(self, table: Table, cap: float) -> Guard:
        """With one comparison of both arms."""
        ratios = tuple(proof.after(table, cap) for proof in self.ratios)
        return replace(self, ratios=ratios, seen=self.seen.plus_comparison(table))

    def ratio_at(self, odds: float) -> RatioProof:
        """The proof for a step that has to rule out `odds`."""
        return next(proof for proof in self.ratios if proof.odds == odds)

    def proves(self, odds: float, log_threshold: float) -> bool:
        """Whether the guardrail passes a step that has to rule out `odds`."""
        rate = self.rate.log_evidence if self.rate else -inf
        return max(rate, self.ratio_at(odds).log_evidence) >= log_threshold


def begin_guard(guardrail: Guardrail, promise: Promise) -> Guard:
    """Nothing proved yet."""
    margin = guardrail.absolute_margin
    return Guard(
        ratios=tuple(begin_ratio(odds) for odds in sorted(set(promise.step_odds))),
        rate=None if margin is None else begin_rate(margin),
        seen=Seen(),
    )


def log_threshold(promise: Promise) -> float:
    """ln(1/beta): a proof at or above it passes."""
    return -log(promise.beta)


def odds_at(promise: Promise, step: int) -> float:
    """The odds ratio that step has to rule out; later steps have the last one's."""
    return promise.step_odds[min(step, len(promise.step_odds) - 1)]
