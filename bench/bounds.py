"""The least canary requests that any rule with this alpha can need, by information. For bench.

A rule that is wrong with probability alpha under *every* healthy law needs, on average, at least
ln(1/alpha) / I canary requests to be sure of a regression, where I is the least divergence of the
true pair of laws from a healthy pair, in one canary request and the stable requests that come
with it (Wald 1945; for composite hypotheses Lai 1988; Grünwald, de Heide & Koolen 2024). A median
may lie below it, since the number of requests is skewed, and so may a rule that is told stable's
law beforehand: the bound is for those that have to learn it from stable.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, log, pi, sqrt

import numpy as np
from scipy.integrate import quad
from scipy.optimize import isotonic_regression, minimize_scalar
from scipy.stats import binom, hypergeom

from bench.traffic.curves import Floats

ALPHA = 0.01
_NOTHING = 1e-9  # nats: less is rounding, of bounds to whole microseconds for one
_TINY = 1e-300  # so that nothing is divided by 0


@dataclass(frozen=True, slots=True)
class Bound:
    """What cannot be gone below, in canary requests.

    Attributes:
        information: of one canary request and stable's part, in nats.
        beyond: the same against all laws within the margins; `information` where there are none.
        alternatives: how many equally likely regressions there are (segments, metrics, starting
            minutes). To find one of K that is not named beforehand takes ln K more: with a
            uniform prior over them a rule has 1/K of its evidence on each, and no rule is better
            than that against the worst of K, but for a constant (Tartakovsky, Nikiforov &
            Basseville 2014, section 9 for streams; Lai 1998 for starting times).
        batch: canary requests in a batch: nothing is seen before one is over.
        alpha: the promise.
    """

    information: float
    beyond: float
    alternatives: int = 1
    batch: float = 0.0
    alpha: float = ALPHA

    @property
    def requests(self) -> float:
        """Where the regression and its start are known, and margins are off: ln(1/alpha)/I."""
        return _needed(-log(self.alpha), self.information)

    @property
    def composite(self) -> float:
        """Where it is one of the alternatives, beyond the margins, in whole batches."""
        least = _needed(log(self.alternatives) - log(self.alpha), self.beyond)
        return ceil(least / self.batch) * self.batch if self.batch and least < inf else least


def two_sample(canary: Floats, stable: Floats, share: float) -> float:
    """Information of a canary request and its (1 - share)/share stable ones, in nats.

    Healthy is any law common to both; the nearest is the mixture, so this is the Jensen-Shannon
    divergence with weights `share` and 1 - share, per canary request.

    Args:
        canary, stable: probabilities of each outcome; they sum to 1.
        share: the canary's share of requests, 0 to 1.
    """
    mixed = share * canary + (1 - share) * stable
    return divergence(canary, mixed) + (1 - share) / share * divergence(stable, mixed)


def divergence(true: Floats, other: Floats) -> float:
    """Kullback and Leibler's divergence of two laws with finitely many outcomes, in nats."""
    there = true > 0
    return float(np.sum(true[there] * np.log(true[there] / other[there])))


def ordered(canary: Floats, stable: Floats, share: float) -> float:
    """`two_sample` where healthy is any pair of which the canary's is not the higher one.

    Higher is stochastically: so a canary that is faster somewhere and has a tail elsewhere tells
    by its tail alone. The nearest pair is found by isotonic regression.

    Args:
        canary, stable: probabilities of ascending outcomes, such as latency bands.
        share: the canary's share of requests, 0 to 1.
    Source: Robertson & Wright 1981.
    """
    there = canary + stable > 0
    canary, stable = (np.maximum(law[there], _TINY) for law in (canary, stable))
    mixed = share * canary + (1 - share) * stable
    lower = canary * isotonic_regression(mixed / canary, weights=canary, increasing=False).x
    higher = stable * isotonic_regression(mixed / stable, weights=stable).x
    return divergence(canary, lower) + (1 - share) / share * divergence(stable, higher)


def rates(canary: float, stable: float, share: float, odds: float = 1.0) -> float:
    """Information of bad events at these rates against an odds ratio of `odds`.

    The nearest pair of rates with that odds ratio; at 1 this is `two_sample`. Per canary request,
    in nats.
    """

    def away(logit: float) -> float:
        theirs, mine = (1 / (1 + np.exp(-x)) for x in (logit, logit + log(odds)))
        of_stable = divergence(_bad_or_good(stable), _bad_or_good(theirs))
        of_canary = divergence(_bad_or_good(canary), _bad_or_good(mine))
        return of_canary + (1 - share) / share * of_stable

    known = [log(rate / (1 - rate)) for rate in (canary, stable)]
    reach = (min(known) - log(odds) - 1, max(known) + 1)
    return float(minimize_scalar(away, bounds=reach, method="bounded").fun)


def shift(factor: float, spread: float, share: float) -> float:
    """`two_sample` for exact lognormal latencies, the canary's `factor` times as long.

    Args:
        factor: of the canary's latencies.
        spread: standard deviation of ln latency.
        share: the canary's share of requests.
    """
    ratio = log(factor) / spread

    def gain(z: float) -> float:
        mine, theirs = np.exp(-((z - ratio) ** 2) / 2), np.exp(-(z**2) / 2)
        mixed = share * mine + (1 - share) * theirs
        nats = sum(
            weight * density * np.log(density / mixed)
            for weight, density in ((share, mine), (1 - share, theirs))
            if density > 0
        )
        return float(nats) / sqrt(2 * pi)

    whole, _ = quad(gain, min(0, ratio) - 9, max(0, ratio) + 9, limit=200)
    return float(whole) / share


def table(canary: tuple[int, float], stable: tuple[int, float]) -> float:
    """Information of who has the bad ones of a batch, given how many there are, per canary one.

    Less than `rates` says: a rule that conditions on the bad events of small batches pays for
    learning the base rate anew in each (Fisher's noncentral hypergeometric law).

    Args:
        canary, stable: requests (or labels) of one batch, and the rate of bad ones.
    """
    mine, theirs = (np.arange(n + 1) for n, _ in (canary, stable))
    joint = np.outer(binom.pmf(mine, *canary), binom.pmf(theirs, *stable))
    bad = mine[:, None] + theirs
    total = np.bincount(bad.ravel(), joint.ravel())
    null = hypergeom.pmf(mine[:, None], canary[0] + stable[0], bad, canary[0])
    there = joint > 0
    gain = np.log(joint[there] / total[bad[there]] / null[there])
    return float(np.sum(joint[there] * gain)) / canary[0]


def passing_rate(rate: float, margin: float) -> float:
    """Information that a canary's requests give against a bad rate of `margin` or more."""
    return divergence(_bad_or_good(rate), _bad_or_good(margin)) if rate < margin else 0.0


def _needed(nats: float, information: float) -> float:
    return nats / information if information > _NOTHING else inf


def _bad_or_good(rate: float) -> Floats:
    return np.array([rate, 1 - rate])
