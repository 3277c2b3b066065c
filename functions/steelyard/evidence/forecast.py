"""How many canary requests a verdict takes, for sizing and for the forecast. Pure.

Anyone may import it. The figures are expectations in the fluid limit: evidence grows by its mean
per request until it reaches the threshold. The averages of simulated rollouts lie within a fourth
of them (but a verdict ends on a batch), the medians about a fifth lower; a single rollout may well
take half or twice as many.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, log

from steelyard.evidence.guard import Guard, begin_guard, log_threshold, odds_at
from steelyard.evidence.likelihood import Table, harm_log_ratio
from steelyard.evidence.mixture import REGRESSIONS, log_stake
from steelyard.evidence.promise import Guardrail, Promise
from steelyard.evidence.proof import RateProof, RatioProof


@dataclass(frozen=True, slots=True)
class Traffic:
    """Steady traffic of one metric.

    Attributes:
        stable_rate, canary_rate: bad rates, 0 to 1.
        canary_percent: the canary's share of the requests, 1 to 99.
    """

    stable_rate: float
    canary_rate: float
    canary_percent: int

    @property
    def per_canary_request(self) -> Table:
        """What comes with one request to the canary, on average."""
        stable = (100 - self.canary_percent) / self.canary_percent
        return Table(1, self.canary_rate, stable, stable * self.stable_rate)


def requests_until_worse(promise: Promise, metric: str, traffic: Traffic) -> int | None:
    """Canary requests until WORSE, if the canary is so bad from the start, on this metric only.

    None where the evidence does not grow: a regression within the margin, or hardly beyond it.
    """
    guardrail = _guardrail(promise, metric)
    table = traffic.per_canary_request
    missing = -log(promise.alpha) - log(guardrail.weight) - log_stake()
    return _soonest(
        (missing, harm_log_ratio(table, guardrail.margin, regression)) for regression in REGRESSIONS
    )


def requests_until_not_worse(
    promise: Promise, metric: str, step: int, traffic: Traffic
) -> int | None:
    """Canary requests until this metric passes the step, counted from the rollout's start.

    None where it can't: the odds ratio is not below the step's, or hardly, and the bad rate not
    below the absolute margin.
    """
    guard, odds = begin_guard(_guardrail(promise, metric), promise), odds_at(promise, step)
    threshold = log_threshold(promise)
    by_ratio = _by_ratio(guard.ratio_at(odds), traffic, threshold)
    return _least(by_ratio, _by_rate(guard.rate, traffic.canary_rate, threshold))


def requests_still_expected(
    guard: Guard, odds: float, threshold: float, canary_percent: int
) -> int | None:
    """Canary requests still expected until an unproven guardrail passes, at the rates seen so far.

    Assumes that the rates, the odds ratio and the share stay as they are; with few bad events
    seen these are rough. None where it is not foreseeable at those rates.
    """
    seen, by_ratio = guard.seen, None
    if seen.rates is not None and 0 < canary_percent < 100:
        traffic = Traffic(*seen.rates, canary_percent)
        by_ratio = _by_ratio(guard.ratio_at(odds), traffic, threshold)
    if seen.canary_rate is None:
        return by_ratio
    return _least(by_ratio, _by_rate(guard.rate, seen.canary_rate, threshold))


def _by_ratio(proof: RatioProof, traffic: Traffic, threshold: float) -> int | None:
    gains = proof.gains(traffic.per_canary_request)
    missing = (threshold - wealth for wealth in proof.log_wealth)
    return _soonest(zip(missing, gains, strict=True))


def _by_rate(proof: RateProof | None, canary_rate: float, threshold: float) -> int | None:
    if proof is None:
        return None
    missing = (threshold - wealth for wealth in proof.log_wealth)
    return _soonest(zip(missing, proof.gains(1, canary_rate), strict=True))


def _soonest(bets: Iterable[tuple[float, float]]) -> int | None:
    """Requests until the first of several bets gains what it misses; None if none ever does."""
    return min((ceil(missing / gain) for missing, gain in bets if gain > 0), default=None)


def _least(*forecasts: int | None) -> int | None:
    return min((forecast for forecast in forecasts if forecast is not None), default=None)


def _guardrail(promise: Promise, metric: str) -> Guardrail:
    return next(guardrail for guardrail in promise.guardrails if guardrail.metric == metric)
