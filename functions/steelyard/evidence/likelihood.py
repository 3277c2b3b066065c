"""Log likelihood ratios of one batch, and sums of evidence in logs. Pure; for evidence/ only."""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, inf, log, log1p
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
