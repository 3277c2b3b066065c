"""How much more bad events hang together than chance, by stable's own parts. For evidence/ only.

One bad client, or the retries of one failure, make bad events come in clusters. Where requests
stick to an instance, a cluster hits one variant alone and looks like a regression. Stable's parts
(its instances) are alike, so they show how far parts differ by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import sqrt

from steelyard.evidence.likelihood import Table
from steelyard.evidence.mixture import REGRESSIONS, Harm, begin_harm
from steelyard.evidence.odds import odds_log_ratios
from steelyard.evidence.pending import Counts

SURE = 2.0  # standard deviations beyond chance; less is taken for chance
LEAST_PARTS = 2


@dataclass(frozen=True, slots=True)
class Dispersion:
    """Pearson's statistic of bad events over stable's parts, and a standing A/A test.

    The log likelihood ratios are divided by phi (quasi-likelihood; Wedderburn 1974): the promise
    holds approximately then. What phi does not cover shows in the A/A test, in which the first
    part plays the canary and the others stable: its evidence reaches 1/alpha with probability
    <= alpha, if parts differ by no more than phi says.

    Attributes:
        statistic: sums of Pearson's statistic, each times the batch's variance of one request:
            batches count by their bad events, and a cluster is not hidden by the rate it makes.
        expected, variance: its mean and variance, had bad events been spread by chance.
        a_a: evidence that the first part is worse than the others.
    """

    statistic: float = 0.0
    expected: float = 0.0
    variance: float = 0.0
    a_a: Harm = field(default_factory=begin_harm)

    @property
    def phi(self) -> float:
        """How many bad events count as one; 1 without a sign that they hang together.

        The variance is that of all bad events. Where half of them come alone and half in clusters
        it says half of what a cluster is, and a cluster must not count as two: so twice the excess.
        """
        if self.statistic - self.expected <= SURE * sqrt(self.variance):
            return 1.0
        return 2 * self.statistic / self.expected - 1

    def after(self, parts: Sequence[Counts]) -> Dispersion:
        """With one more batch: good and bad of each part, in the same order in all batches."""
        counted = [part for part in parts if sum(part)]
        requests, bad = sum(map(sum, counted)), sum(part[1] for part in counted)
        if len(counted) < LEAST_PARTS or not 0 < bad < requests:
            return self
        rate = bad / requests
        each = [sum(part) for part in counted]
        spread = rate * (1 - rate)
        statistic = sum((p[1] - n * rate) ** 2 / n for p, n in zip(counted, each, strict=True))
        freedom = len(counted) - 1
        # Given the totals the counts are hypergeometric; few events make the statistic jump.
        sparse = sum(1 / (n * spread) for n in each) / len(each)
        spread_out = replace(
            self,
            statistic=self.statistic + statistic,
            expected=self.expected + freedom * requests / (requests - 1) * spread,
            variance=self.variance + freedom * (2 + sparse) * spread**2,
        )
        return replace(spread_out, a_a=_compared(self.a_a, parts, spread_out.phi))


def _compared(a_a: Harm, parts: Sequence[Counts], phi: float) -> Harm:
    """With the first part against the others."""
    first, bad = sum(parts[0]), sum(part[1] for part in parts)
    others = sum(map(sum, parts)) - first
    table = Table(first, parts[0][1], others, bad - parts[0][1])
    return a_a.after(gain / phi for gain in odds_log_ratios(table, 1.0, REGRESSIONS))
