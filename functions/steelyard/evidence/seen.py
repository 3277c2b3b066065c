"""The rates seen so far, for forecasts only: no verdict rests on them. Pure; for evidence/ only."""

from __future__ import annotations

from dataclasses import dataclass, replace

from steelyard.evidence.likelihood import Table


@dataclass(frozen=True, slots=True)
class Seen:
    """Sums over the batches so far of one metric.

    The odds ratio is Mantel and Haenszel's (1959), which compares within each batch: summed
    counts would mix the canary's share with the hour of the day.

    Attributes:
        canary_requests, canary_bad: all of the canary's.
        stable_requests, stable_bad: stable's, in comparisons.
        against, in_favour: the estimate's numerator and denominator.
    """

    canary_requests: int = 0
    canary_bad: int = 0
    stable_requests: int = 0
    stable_bad: int = 0
    against: float = 0.0
    in_favour: float = 0.0

    def plus_canary(self, requests: int, bad: int) -> Seen:
        """With one more batch of the canary's own."""
        return replace(
            self,
            canary_requests=self.canary_requests + requests,
            canary_bad=self.canary_bad + bad,
        )

    def plus_comparison(self, table: Table) -> Seen:
        """With one more comparison of both arms."""
        requests = table.canary_requests + table.stable_requests
        canary_good = table.canary_requests - table.canary_bad
        stable_good = table.stable_requests - table.stable_bad
        return replace(
            self,
            stable_requests=self.stable_requests + int(table.stable_requests),
            stable_bad=self.stable_bad + int(table.stable_bad),
            against=self.against + table.canary_bad * stable_good / requests,
            in_favour=self.in_favour + table.stable_bad * canary_good / requests,
        )

    @property
    def canary_rate(self) -> float | None:
        """The canary's bad rate; None without requests."""
        return self.canary_bad / self.canary_requests if self.canary_requests else None

    @property
    def rates(self) -> tuple[float, float] | None:
        """Stable's bad rate, and the canary's by the odds ratio; None where there is none."""
        if not self.in_favour or self.stable_bad == self.stable_requests:
            return None
        stable = self.stable_bad / self.stable_requests
        odds = self.against / self.in_favour
        return stable, odds * stable / (1 - stable + odds * stable)
