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
from steelyard.evidence.likelihood import Table
from steelyard.evidence.mixture import REGRESSIONS, Harm, log_stake
from steelyard.evidence.odds import odds_log_ratios
from steelyard.evidence.promise import Guardrail, Promise
from steelyard.evidence.proof import RateProof, RatioProof
from steelyard.evidence.stream import Setting

FACTORS = (1.2, 1.5, 2.0)
"""Odds ratios of the regressions that a verdict tells the forecast for."""

_MANY = 1_000_000


@dataclass(frozen=True, slots=True)
class Traffic:
    """Steady traffic of one metric.

    Attributes:
        stable_rate, canary_rate: bad rates, 0 to 1.
        canary_percent: the canary's share of the requests, above 0, below 100.
    """

    stable_rate: float
    canary_rate: float
    canary_percent: float

    @property
    def of_many(self) -> Table:
        """What comes with so many requests to the canary that chance is left out."""
        stable = _MANY * (100 - self.canary_percent) / self.canary_percent
        return Table(_MANY, _MANY * self.canary_rate, stable, stable * self.stable_rate)


def requests_until_worse(promise: Promise, metric: str, traffic: Traffic) -> int | None:
    """Canary requests until WORSE, if the canary is so bad from the start, on this metric only.

    For `labels` it counts labels of the canary, all segments alike. None where the evidence does
    not grow: a regression within the margin, or hardly beyond it; and for `latency`, of which
    rates of slow requests do not tell enough.
    """
    if metric == "latency":
        return None
    guardrail = _guardrail(promise, metric)
    halved = metric == "labels" and promise.segments
    weight = guardrail.weight / 2 if halved else guardrail.weight
    return _until_worse(promise, weight, guardrail.margin, traffic)


def labels_until_worse(promise: Promise, traffic: Traffic) -> int | None:
    """Canary labels of one segment until WORSE, if this one alone gets so bad, from the start.

    `traffic` is the segment's: shares of wrong answers among its labels. The labels of all other
    segments come on top. None where the evidence does not grow, or is not kept by segment.
    """
    if not promise.segments:
        return None
    guardrail = _guardrail(promise, "labels")
    weight = guardrail.weight / 2 / len(promise.segments)
    return _until_worse(promise, weight, guardrail.margin, traffic)


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
    guard: Guard, odds: float, threshold: float, phi: float = 1.0
) -> int | None:
    """Canary requests still expected until an unproven guardrail passes, at the rates seen so far.

    Assumes that the rates, the odds ratio and the share stay as they are; with few bad events
    seen these are rough. None where it is not foreseeable at those rates.
    """
    seen, by_ratio, canary_percent = guard.seen, None, guard.pending.canary_percent
    if seen.rates is not None and 0 < canary_percent < 100:
        traffic = Traffic(*seen.rates, canary_percent)
        by_ratio = _by_ratio(guard.ratio_at(odds), traffic, threshold, phi)
    if seen.canary_rate is None:
        return by_ratio
    return _least(by_ratio, _by_rate(guard.rate, seen.canary_rate, threshold, phi))


def requests_until_found(guard: Guard, harm: Harm, setting: Setting, factor: float) -> int | None:
    """Canary requests (or labels) until WORSE by one stream, were a regression to begin now.

    Args:
        guard: of the metric; says at which rate and share, as seen so far.
        harm: the stream's evidence so far.
        setting: how the stream is weighed.
        factor: the regression's odds ratio. None comes of one within the margin, or hardly beyond.
    """
    rates, canary_percent = guard.seen.rates, guard.pending.canary_percent
    if rates is None or not 0 < canary_percent < 100:
        return None
    stable = rates[0]
    worse = factor * stable / (1 - stable + factor * stable)
    gains = _gains(setting.margin, Traffic(stable, worse, canary_percent))
    missing = setting.log_threshold + log(len(REGRESSIONS))
    bets = zip(harm.log_wealth, gains, strict=True)
    return _soonest((missing - wealth, gain / setting.phi) for wealth, gain in bets)


def _until_worse(promise: Promise, weight: float, margin: float, traffic: Traffic) -> int | None:
    """Counts until WORSE by one stream of this weight, from its start."""
    missing = -log(promise.alpha) - log(weight) - log_stake()
    return _soonest((missing, gain) for gain in _gains(margin, traffic))


def _gains(margin: float, traffic: Traffic) -> tuple[float, ...]:
    """What each bet on a regression gains by one request of the canary, and stable's part."""
    others = tuple(margin * regression for regression in REGRESSIONS)
    return tuple(gain / _MANY for gain in odds_log_ratios(traffic.of_many, margin, others))


def _by_ratio(
    proof: RatioProof, traffic: Traffic, threshold: float, phi: float = 1.0
) -> int | None:
    gains = proof.gains(traffic.of_many)
    bets = zip(proof.log_wealth, gains, strict=True)
    return _soonest((threshold - wealth, gain / _MANY / phi) for wealth, gain in bets)


def _by_rate(
    proof: RateProof | None, canary_rate: float, threshold: float, phi: float = 1.0
) -> int | None:
    if proof is None:
        return None
    bets = zip(proof.log_wealth, proof.gains(1, canary_rate), strict=True)
    return _soonest((threshold - wealth, gain / phi) for wealth, gain in bets)


def _soonest(bets: Iterable[tuple[float, float]]) -> int | None:
    """Requests until the first of several bets gains what it misses; None if none ever does."""
    return min((ceil(missing / gain) for missing, gain in bets if gain > 0), default=None)


def _least(*forecasts: int | None) -> int | None:
    return min((forecast for forecast in forecasts if forecast is not None), default=None)


def _guardrail(promise: Promise, metric: str) -> Guardrail:
    return next(guardrail for guardrail in promise.guardrails if guardrail.metric == metric)
