"""Evidence of harm from one stream: a restart mixture. Pure; for evidence/ only."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, log1p

from steelyard.evidence.likelihood import log_sum

REGRESSIONS = (1.25, 1.6, 2.3, 4.0, 8.0, 20.0)  # odds ratios bet on, beyond the margin
_START = 0.6  # staked on a regression that is there from the first batch
_RESERVE = 1 - _START  # staked bit by bit on one that begins later
_RESTARTS = 1439  # further minutes of a day: after these the reserve is spent
_LOG_STAKE = log(_RESERVE / _RESTARTS)


@dataclass(frozen=True, slots=True)
class Harm:
    """How strongly one stream says that the canary is worse, by bet.

    A bettor against "not worse" starts with 1, so E = mean wealth + reserve is a non-negative
    supermartingale under that hypothesis, and P(ever E >= 1/a) <= a (Ville 1939). The stake moved
    from the reserve after each batch keeps E as it is and starts a fresh bet: a regression that
    begins after hours of health is found about as fast as one from the start, for a few nats
    (Shiryaev 1963; Howard et al. 2021 for mixtures).

    Attributes:
        log_wealth: natural log of the wealth of each bet.
        restarts: stakes moved from the reserve so far.
    """

    log_wealth: tuple[float, ...]
    restarts: int = 0

    def after(self, gains: tuple[float, ...]) -> Harm:
        """The evidence with one more batch; `gains` are log likelihood ratios, one a bet."""
        wealth = tuple(w + gain for w, gain in zip(self.log_wealth, gains, strict=True))
        if self.restarts == _RESTARTS:
            return Harm(wealth, self.restarts)
        return Harm(tuple(_with_stake(bet) for bet in wealth), self.restarts + 1)

    @property
    def log_evidence(self) -> float:
        """Ln E; 0 at the start."""
        mean_wealth = log_sum(self.log_wealth) - log(len(self.log_wealth))
        left = 1 - self.restarts / _RESTARTS
        return log_sum((mean_wealth, log(_RESERVE * left))) if left else mean_wealth


def begin_harm(bets: int = len(REGRESSIONS)) -> Harm:
    """No evidence yet."""
    return Harm((log(_START),) * bets)


def log_stake(bets: int = len(REGRESSIONS)) -> float:
    """Ln of what each bet starts with, as part of E: for forecasts."""
    return log(_START / bets)


def _with_stake(bet: float) -> float:
    more, less = max(bet, _LOG_STAKE), min(bet, _LOG_STAKE)
    return more + log1p(exp(less - more))
