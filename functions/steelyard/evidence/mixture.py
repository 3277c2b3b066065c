"""Evidence of harm from one stream: a restart mixture. Pure; for evidence/ only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, log, log1p

from steelyard.evidence.likelihood import log_sum

REGRESSIONS = (1.22, 1.55, 2.2, 4.5, 13.0)  # odds ratios bet on, beyond the margin
_START = 0.7  # staked on a regression that is there from the first batch
_RESERVE = 1 - _START  # staked bit by bit on one that begins later
DAY = 1440.0  # minutes, in which the reserve is staked
KNEE = 240.0  # minutes: most rollouts end within hours, so of their minutes each gets more


@dataclass(frozen=True, slots=True)
class Harm:
    """How strongly one stream says that the canary is worse, by bet.

    A bettor against "not worse" starts with 1, so E = mean wealth + reserve is a non-negative
    supermartingale under that hypothesis, and P(ever E >= 1/a) <= a (Ville 1939). The stake moved
    from the reserve after each batch keeps E as it is and starts a fresh bet: a regression that
    begins after hours of health is found about as fast as one from the start, for a few nats
    (Shiryaev 1963; Howard et al. 2021 for mixtures). What is staked follows the clock, not the
    number of batches: six of ten seconds get what one of a minute does.

    Attributes:
        log_wealth: natural log of the wealth of each bet.
        log_reserve: natural log of what is not staked yet.
        minutes: of batches so far, each of at most one.
    """

    log_wealth: tuple[float, ...]
    log_reserve: float
    minutes: float = 0.0

    def after(self, gains: Iterable[float], minutes: float = 1.0) -> Harm:
        """The evidence with one more batch.

        Args:
            gains: log likelihood ratios, one a bet.
            minutes: how long the batch took.
        """
        wealth = tuple(w + gain for w, gain in zip(self.log_wealth, gains, strict=True))
        part = _staked(self.minutes, minutes)
        if not part:
            return Harm(wealth, self.log_reserve, self.minutes)
        stake = self.log_reserve + log(part)
        # The last stake takes all that is left; e^-1000 of it stays, for a finite logarithm.
        reserve = self.log_reserve + (log1p(-part) if part < 1 else NOTHING)
        wealth = tuple(_sum(bet, stake) for bet in wealth)
        return Harm(wealth, reserve, min(self.minutes + minutes, DAY))

    def lifted(self, log_evidence: float) -> Harm:
        """With all wealth raised in proportion, so that the evidence is at least that."""
        more = max(0.0, log_evidence - self.log_evidence)
        wealth = tuple(w + more for w in self.log_wealth)
        return Harm(wealth, self.log_reserve + more, self.minutes)

    @property
    def log_evidence(self) -> float:
        """Ln E; 0 at the start."""
        mean_wealth = log_sum(self.log_wealth) - log(len(self.log_wealth))
        return _sum(mean_wealth, self.log_reserve)


NOTHING = -1000.0


def begin_harm(bets: int = len(REGRESSIONS), log_start: float = 0.0) -> Harm:
    """No evidence yet; `log_start` is the natural log of the wealth to begin with."""
    return Harm((log(_START) + log_start,) * bets, log(_RESERVE) + log_start)


def log_stake(bets: int = len(REGRESSIONS)) -> float:
    """Ln of what each bet starts with, as part of E: for forecasts."""
    return log(_START / bets)


def _staked(before: float, minutes: float) -> float:
    """The part of the reserve that is staked after some more minutes: 1/(t + KNEE) of each."""
    if before >= DAY:
        return 0.0
    if before + minutes >= DAY:
        return 1.0
    return log1p(minutes / (before + KNEE)) / log((DAY + KNEE) / (before + KNEE))


def _sum(one: float, other: float) -> float:
    more, less = max(one, other), min(one, other)
    return more + log1p(exp(less - more))
