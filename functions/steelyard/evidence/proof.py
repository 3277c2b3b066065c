"""Evidence that the canary is not worse: two ways to prove it. Pure; for evidence/ only.

Both are mixtures of likelihood ratios, so each is wrong with probability <= beta however often
one looks (Ville 1939; mixtures: Howard et al. 2021). No bet keeps more than e^cap times its stake,
which only ever takes away: what was proved beyond need in good hours must not cover for a canary
that turns bad under a larger share, and every bet stays in play.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

from steelyard.evidence.likelihood import Table, log_sum, rate_log_ratio
from steelyard.evidence.odds import odds_log_ratios

# Odds ratios bet on: a canary that fails far less, half as often, equally; the fourth, between 1
# and the odds ratio to rule out, is its square root.
_BETTER = (0.1, 0.5, 1.0)
_RATIO_STAKES = (0.1, 0.15, 0.55, 0.2)
# Parts of the margin bet on: next to nothing (0 itself would be lost with the first bad event).
_PARTS = (0.001, 0.1, 0.4)
_RATE_STAKES = (0.7, 0.15, 0.15)


@dataclass(frozen=True, slots=True)
class RatioProof:
    """How strongly the comparisons say that the odds ratio is below `odds`.

    Attributes:
        odds: odds ratio to rule out, > 1.
        log_wealth: natural log of the wealth of the bet on each alternative.
    """

    odds: float
    log_wealth: tuple[float, ...]

    @property
    def alternatives(self) -> tuple[float, ...]:
        """The odds ratios bet on, all below `odds`."""
        return (*_BETTER, sqrt(self.odds))

    @property
    def log_evidence(self) -> float:
        """Ln of the e-value; 0 at the start."""
        return log_sum(self.log_wealth)

    def gains(self, table: Table) -> tuple[float, ...]:
        """What each bet gains by one batch, in logs."""
        return odds_log_ratios(table, self.odds, self.alternatives)

    def after(self, table: Table, cap: float, phi: float = 1.0) -> RatioProof:
        """The proof with one more batch, at an overdispersion of phi."""
        gains = tuple(gain / phi for gain in self.gains(table))
        wealth = _grown(self.log_wealth, gains, _RATIO_STAKES, cap)
        return RatioProof(self.odds, wealth)


@dataclass(frozen=True, slots=True)
class RateProof:
    """How strongly the canary's own requests say that its bad rate is below `margin`.

    It learns from good requests alone: where nothing fails in either arm there is no ratio.

    Attributes:
        margin: bad rate to rule out, between 0 and 1.
        log_wealth: natural log of the wealth of the bet on each alternative.
    """

    margin: float
    log_wealth: tuple[float, ...]

    @property
    def log_evidence(self) -> float:
        """Ln of the e-value; 0 at the start."""
        return log_sum(self.log_wealth)

    def gains(self, requests: float, bad: float) -> tuple[float, ...]:
        """What each bet gains by the canary's requests of one batch, in logs."""
        return tuple(rate_log_ratio(requests, bad, self.margin, part) for part in _PARTS)

    def after(self, requests: float, bad: float, cap: float, phi: float = 1.0) -> RateProof:
        """The proof with one more batch, at an overdispersion of phi."""
        gains = tuple(gain / phi for gain in self.gains(requests, bad))
        wealth = _grown(self.log_wealth, gains, _RATE_STAKES, cap)
        return RateProof(self.margin, wealth)


def begin_ratio(odds: float) -> RatioProof:
    """Nothing proved yet about the odds ratio."""
    return RatioProof(odds, tuple(log(stake) for stake in _RATIO_STAKES))


def begin_rate(margin: float) -> RateProof:
    """Nothing proved yet about the canary's bad rate."""
    return RateProof(margin, tuple(log(stake) for stake in _RATE_STAKES))


def _grown(
    log_wealth: tuple[float, ...],
    gains: tuple[float, ...],
    stakes: tuple[float, ...],
    cap: float,
) -> tuple[float, ...]:
    bets = zip(log_wealth, gains, stakes, strict=True)
    return tuple(min(before + gain, log(stake) + cap) for before, gain, stake in bets)
