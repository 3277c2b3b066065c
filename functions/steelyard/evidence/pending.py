"""Counts that wait until both arms have enough to be compared. Pure; for evidence/ only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from steelyard.evidence.likelihood import Table

LEAST_REQUESTS = 5

Counts = tuple[int, ...]
"""Requests of one arm, by what became of them: good and bad, or by latency band."""


class Comparison(NamedTuple):
    """What both arms' requests became over the same time."""

    canary: Counts
    stable: Counts

    @property
    def table(self) -> Table:
        """As a table, where the counts are good and bad."""
        return Table(sum(self.canary), self.canary[1], sum(self.stable), self.stable[1])


@dataclass(frozen=True, slots=True)
class Pending:
    """Counts of both arms since the last comparison, at one canary share.

    A comparison is made once each arm has `LEAST_REQUESTS`, and when the share changes. With few
    requests a minute, a minute in which the canary has none tells nothing, and stable's bad
    events of that minute would be lost; gathered at one share they count. Neither rule looks at
    bad events, so neither bends the evidence. Counts of different shares are never added up: with
    a base rate that moves, that would make a difference out of nothing (Simpson).

    Attributes:
        canary_percent: the share at which the counts were made.
        canary, stable: counts so far; empty while nothing waits.
    """

    canary_percent: float = 0
    canary: Counts = ()
    stable: Counts = ()

    def after(
        self, canary_percent: float, canary: Counts, stable: Counts
    ) -> tuple[Pending, tuple[Comparison, ...]]:
        """What waits after a batch, and the comparisons that it completes (0 to 2).

        A batch without requests changes nothing.
        """
        if not any(canary) and not any(stable):
            return self, ()
        same_share = canary_percent == self.canary_percent
        ended = () if same_share else self._comparison(least=1)
        if same_share and self.canary:
            canary, stable = _sum(self.canary, canary), _sum(self.stable, stable)
        pending = Pending(canary_percent, canary, stable)
        full = pending._comparison(least=LEAST_REQUESTS)
        return Pending(canary_percent) if full else pending, ended + full

    def _comparison(self, least: int) -> tuple[Comparison, ...]:
        """The pending counts, if both arms have the least requests."""
        if min(sum(self.canary), sum(self.stable)) < least:
            return ()
        return (Comparison(self.canary, self.stable),)


def _sum(before: Counts, more: Counts) -> Counts:
    return tuple(a + b for a, b in zip(before, more, strict=True))
