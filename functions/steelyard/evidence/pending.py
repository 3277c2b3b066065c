"""Counts that wait until both arms have enough to be compared. Pure; for evidence/ only."""

from __future__ import annotations

from dataclasses import dataclass

from steelyard.evidence.counts import Batch
from steelyard.evidence.likelihood import Table

LEAST_REQUESTS = 5


@dataclass(frozen=True, slots=True)
class Pending:
    """Both arms of one metric since the last comparison, at one canary share.

    A comparison is made once each arm has `LEAST_REQUESTS`, and when the share changes. With few
    requests a minute, a minute in which the canary has none tells nothing, and stable's bad
    events of that minute would be lost; gathered at one share they count. Neither rule looks at
    bad events, so neither bends the evidence. Counts of different shares are never added up: with
    a base rate that moves, that would make a difference out of nothing (Simpson).

    Attributes:
        canary_percent: the share at which the counts were made.
        canary_requests, canary_bad, stable_requests, stable_bad: counts so far.
    """

    canary_percent: int = 0
    canary_requests: int = 0
    canary_bad: int = 0
    stable_requests: int = 0
    stable_bad: int = 0

    def after(self, batch: Batch, metric: str) -> tuple[Pending, tuple[Table, ...]]:
        """What waits after the batch, and the comparisons that it completes (0 to 2).

        A batch in which the metric was not measured in both arms (no count, as opposed to a
        count of 0) changes nothing.
        """
        if metric not in batch.canary.bad or metric not in batch.stable.bad:
            return self, ()
        same_share = batch.canary_percent == self.canary_percent
        ended = () if same_share else _comparison(self, least=1)
        pending = _sum(self if same_share else Pending(batch.canary_percent), batch, metric)
        full = _comparison(pending, least=LEAST_REQUESTS)
        return Pending(batch.canary_percent) if full else pending, ended + full


def _sum(pending: Pending, batch: Batch, metric: str) -> Pending:
    return Pending(
        pending.canary_percent,
        pending.canary_requests + batch.canary.requests,
        pending.canary_bad + batch.canary.bad[metric],
        pending.stable_requests + batch.stable.requests,
        pending.stable_bad + batch.stable.bad[metric],
    )


def _comparison(pending: Pending, least: int) -> tuple[Table, ...]:
    """The pending counts as a table, if both arms have the least requests."""
    if min(pending.canary_requests, pending.stable_requests) < least:
        return ()
    return (
        Table(
            pending.canary_requests,
            pending.canary_bad,
            pending.stable_requests,
            pending.stable_bad,
        ),
    )
