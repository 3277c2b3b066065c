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
