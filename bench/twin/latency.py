"""Evidence from latency bands in many runs: `evidence/latency.py`. For bench/twin."""

from __future__ import annotations

from collections.abc import Mapping
from math import log

import numpy as np

from bench.counts import Bools, Ints, Look
from bench.traffic.curves import Floats
from bench.twin.harm import Harms
from bench.twin.pending import Comparisons, Pending
from bench.twin.ranks import cuts, from_each_band, tilt_gains
from bench.twin.stream import Setting, compare
from bench.twin.tables import Tables, log_sum, log_sum_of
from steelyard.evidence import BANDS
from steelyard.evidence.latency import REMEMBERED
from steelyard.evidence.ranks import SLOWEST, TILTS

_SLOWEST = len(SLOWEST)


class Latencies:
    """How strongly the latencies of each run say that the canary is slower."""

    def __init__(self, runs: int, log_threshold: float) -> None:
        """Args: log_threshold: at which latency suffices for WORSE alone."""
        self._alone = log_threshold + log(2 * _SLOWEST)
        self._pending = Pending(runs, 1, BANDS)
        self._slowest = Harms(runs, _SLOWEST)
        self._tilt = Harms(runs, bets=len(TILTS))
        self._before = np.zeros((BANDS, runs), np.int64)

    def see(self, look: Look, minutes: float) -> None:
        """One more batch."""
        sides = look.canary, look.stable
        unknown = [side.requests > 0 for side in sides if side.latency is None]
        canary, stable = (
            np.zeros_like(self._before) if side.latency is None else side.latency.T
            for side in sides
        )
        for not_measured in unknown:
            canary, stable = (np.where(not_measured, 0, one) for one in (canary, stable))
        for comparisons in self._pending.after(look.canary_percent, canary, stable):
            self._compare(comparisons, minutes)

    def log_evidence(self) -> Floats:
        """Ln E of each run."""
        slowest = log_sum(self._slowest.by_run(), axis=1) - log(_SLOWEST)
        return log_sum_of(slowest, self._tilt.evidence) - log(2)

    def streams(self) -> Mapping[str, Floats]:
        """Ln E of each stream by itself."""
        slowest = zip(SLOWEST, self._slowest.by_run().T, strict=True)
        return {**{f"slowest {share:g}": of for share, of in slowest}, "tilt": self._tilt.evidence}

    def keep(self, which: Bools) -> None:
        """Go on with these runs only."""
        for part in (self._pending, self._slowest, self._tilt):
            part.keep(which)
        self._before = self._before[:, which]

    def _compare(self, both: Comparisons, minutes: float) -> None:
        which, canary, stable = both
        pooled, before = canary + stable, self._before[:, which]
        remembered = before.any(axis=0)
        at = cuts(before if remembered.all() else np.where(remembered, before, pooled))
        streams = (which * _SLOWEST + np.arange(_SLOWEST)[:, None]).ravel()
        same = np.ones(len(streams))
        setting = Setting(1.0, self._alone * same, same, minutes)
        compare(self._slowest, streams, _slow(canary, stable, at), setting)
        self._tilt.add(which, tilt_gains(canary, stable), minutes)
        both_ = before + pooled
        self._before[:, which] = np.where(both_.sum(axis=0) > 2 * REMEMBERED, both_ // 2, both_)


def _slow(canary: Ints, stable: Ints, at: Ints) -> Tables:
    """Requests in the bands from each of `at` on, (shares, runs), as bad events; share by share."""
    mine, theirs = (from_each_band(counts) for counts in (canary, stable))
    all_mine, all_theirs = (np.tile(counts[0], len(at)) for counts in (mine, theirs))
    slow = (np.take_along_axis(counts, at, axis=0).ravel() for counts in (mine, theirs))
    return Tables(all_mine, next(slow), all_theirs, next(slow))
