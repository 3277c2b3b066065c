"""The restart mixtures of many streams at once: `evidence/mixture.py`. For bench/twin."""

from __future__ import annotations

import numpy as np

from bench.counts import Bools, Ints
from bench.traffic.curves import Floats
from bench.twin.tables import log_sum, log_sum_of
from steelyard.evidence.mixture import DAY, KNEE, NOTHING, REGRESSIONS, begin_harm


class Harms:
    """Evidence of harm of `streams` streams in each run; a stream's index is run * streams + it.

    Attributes:
        evidence: ln E of all of them.
    """

    def __init__(self, runs: int, streams: int = 1, bets: int = len(REGRESSIONS)) -> None:
        harm = begin_harm(bets)
        self._streams = streams
        self._wealth = np.full((bets, runs * streams), harm.log_wealth[0])
        self._reserve = np.full(runs * streams, harm.log_reserve)
        self._minutes = np.zeros(runs * streams)
        self.evidence = np.zeros(runs * streams)

    def by_run(self) -> Floats:
        """Ln E, (runs, streams)."""
        return self.evidence.reshape(-1, self._streams)

    def if_gained(self, which: Ints, gains: Floats) -> tuple[Floats, Floats]:
        """What some streams' bets and reserves would be, in logs, were there no restart."""
        return self._wealth[:, which] + gains, self._reserve[which]

    def add(self, which: Ints, gains: Floats, minutes: float) -> None:
        """One more comparison of some streams, with what each bet gains: (bets, which)."""
        before = self._minutes[which]
        wealth, reserve = self.if_gained(which, gains)
        staked, kept = _staked(before, minutes)
        wealth = log_sum_of(wealth, reserve + staked)
        reserve = reserve + kept
        self._wealth[:, which] = wealth
        self._reserve[which] = reserve
        self._minutes[which] = np.minimum(before + minutes, DAY)
        self.evidence[which] = log_sum_of(log_sum(wealth) - np.log(len(wealth)), reserve)

    def lift(self, which: Ints, log_evidence: Floats) -> None:
        """Raise some streams' wealth in proportion, so that their evidence is at least that."""
        more = np.maximum(0.0, log_evidence - self.evidence[which])
        self._wealth[:, which] += more
        self._reserve[which] += more
        self.evidence[which] += more

    def keep(self, which: Bools) -> None:
        """Go on with these runs only."""
        which = np.repeat(which, self._streams)
        self._wealth = self._wealth[:, which]
        self._reserve, self._minutes = self._reserve[which], self._minutes[which]
        self.evidence = self.evidence[which]


def _staked(before: Floats, minutes: float) -> tuple[Floats, Floats]:
    """Ln of the part of the reserve that is staked, and of the part that is kept."""
    with np.errstate(divide="ignore"):
        part = np.log1p(minutes / (before + KNEE)) / np.log((DAY + KNEE) / (before + KNEE))
        part = np.where(before + minutes >= DAY, 1.0, part)
        part = np.where((before >= DAY) | (minutes == 0), 0.0, part)
        return np.log(part), np.where(part < 1, np.log1p(-part), NOTHING)
