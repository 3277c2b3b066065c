"""Log likelihood ratios of one batch, and sums of evidence in logs. Pure; for evidence/ only."""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, inf, log, log1p, sqrt
from typing import NamedTuple


class Table(NamedTuple):
    """One metric in both arms over the same time: requests and bad events.

    Whole numbers when counted, fractions when expected (a forecast's "per canary request").
    """

    canary_requests: float
    canary_bad: float
    stable_requests: float
    stable_bad: float

    @property
    def silent(self) -> bool:
        """Whether it says nothing about the ratio: an empty arm, or no bad event."""
        bad = self.canary_bad + self.stable_bad
        return not (self.canary_requests and self.stable_requests and bad)


def harm_log_ratio(table: Table, margin: float, regression: float) -> float:
    """Log likelihood ratio of "odds ratio margin * regression" against "at most `margin`".

    Given x bad events in all, the canary's are Binomial(x, q) with
    q = r n_c / (r n_c + n_s): whatever the base rate, a shared incident or the weights did, it
    did to both arms. With q0 at r = margin and q1 at r = margin * regression the ratio
    (q1/q0)^x_c ((1-q1)/(1-q0))^x_s simplifies to the line below.

    Its mean is at most 1 wherever the canary's rate is at most margin times stable's (and so
    wherever the odds ratio is at most margin, margin >= 1): exactly 1 for Poisson counts, less
    for independent requests, alike or not, and for random routing of any pattern of failures,
    because a hypergeometric count is less spread than the binomial one (Hoeffding 1963).

    Args:
        table: both arms of one batch.
        margin: tolerated odds ratio, >= 1.
        regression: how much beyond the margin the alternative is, > 1.
    Source: Lindon & Malek 2022, "Anytime-valid inference for multinomial count data".
    """
    if table.silent:
        return 0.0
    exposed = margin * table.canary_requests
    null_share = exposed / (exposed + table.stable_requests)
    bad = table.canary_bad + table.stable_bad
    return table.canary_bad * log(regression) - bad * log1p((regression - 1) * null_share)


def mirrored_log_ratio(table: Table, odds: float, alternative: float) -> float:
    """Log likelihood ratio of "odds ratio `alternative`" against "at least `odds`".

    Holds for frequent events too. Given x bad events, the canary's follow Fisher's non-central
    hypergeometric law: a sum of independent Bernoullis (Harkness 1965), hence E[a^X] is at most
    that of a binomial of the same mean, and its mean at an odds ratio above 1 is at least
    Cornfield's: E[X(n_s-x+X)] = odds E[(n_c-X)(x-X)] gives g(mean) = (odds-1) Var(X) >= 0 for the
    rising g whose zero is Cornfield's. So the ratio of binomials at Cornfield's shares has a mean
    of at most 1 for every odds ratio >= `odds` > 1. Rare events give back the binomial shares of
    `harm_log_ratio`.

    Args:
        table: both arms of one batch; the requests of one arm fail at one rate, or seldom.
        odds: odds ratio to rule out, > 1.
        alternative: smaller odds ratio that is bet on, > 0.
    Source: Turner, Ly & Grünwald 2024 (a test for two proportions that may stop at any time);
        Cornfield 1956 (the mean).
    """
    if table.silent:
        return 0.0
    null, other = _shares(table, odds), _shares(table, alternative)
    return table.canary_bad * log(other[0] / null[0]) + table.stable_bad * log(other[1] / null[1])


def rate_log_ratio(requests: float, bad: float, margin: float, part: float) -> float:
    """Log likelihood ratio of "bad rate margin * part" against "at least `margin`".

    Its mean is at most 1 for independent requests with an average bad rate of at least `margin`.

    Args:
        requests, bad: the canary's, of one batch.
        margin: bad rate to rule out, between 0 and 1.
        part: the alternative as a part of it, between 0 and 1.
    """
    good = requests - bad
    return bad * log(part) + good * (log1p(-margin * part) - log1p(-margin))


def log_sum(terms: Iterable[float]) -> float:
    """ln(sum of e^term), without overflow; -inf for no terms."""
    terms = tuple(terms)
    highest = max(terms, default=-inf)
    if highest == -inf:
        return -inf
    return highest + log(sum(exp(term - highest) for term in terms))


def _shares(table: Table, odds: float) -> tuple[float, float]:
    """Cornfield's shares of the bad events, canary's and stable's, at this odds ratio."""
    canary, stable = table.canary_requests, table.stable_requests
    bad = table.canary_bad + table.stable_bad
    # Each share by its own formula: 1 - share would lose what is left beside a huge arm.
    return _share(canary, stable, bad, odds), _share(stable, canary, bad, 1 / odds)


def _share(own: float, other: float, bad: float, odds: float) -> float:
    """m/bad, for the m that solves m (other - bad + m) = odds (own - m) (bad - m)."""
    middle = odds * (own + bad) + other - bad
    under_root = (  # a sum of what is never negative: nothing cancels
        (odds * (own - bad)) ** 2
        + (other - bad) ** 2
        + 2 * odds * (own * other + bad * (own + other - bad))
    )
    return 2 * odds * own / (middle + sqrt(under_root))
