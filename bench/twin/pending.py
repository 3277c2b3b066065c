"""Counts of many streams that wait to be compared: `evidence/pending.py`. For bench/twin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from bench.counts import Bools, Ints
from bench.twin.tables import Tables
from steelyard.evidence import LEAST_REQUESTS


class Comparisons(NamedTuple):
    """What the requests of some streams became over the same time.

    Attributes:
        which: the streams' indices.
        canary, stable: counts, (kinds, which).
    """

    which: Ints
    canary: Ints
    stable: Ints

    @property
    def tables(self) -> Tables:
        """Where the kinds are good and bad."""
        mine, theirs = self.canary, self.stable
        return Tables(mine.sum(axis=0), mine[1], theirs.sum(axis=0), theirs[1])


class Pending:
    """What waits, of `streams` streams in each run; a stream's index is run * streams + it."""

    def __init__(self, runs: int, streams: int, kinds: int) -> None:
        self._streams = streams
        self._percent = np.zeros(runs * streams)
        self._canary = np.zeros((kinds, runs * streams), np.int64)
        self._stable = np.zeros((kinds, runs * streams), np.int64)

    def after(self, percent: float, canary: Ints, stable: Ints) -> Iterator[Comparisons]:
        """The comparisons that a batch completes: those of the share before, then of its own.

        Args:
            percent: the canary's share.
            canary, stable: counts of all streams, (kinds, runs * streams).
        """
        changed = self._percent != percent
        if changed.any():
            changed &= (canary > 0).any(axis=0) | (stable > 0).any(axis=0)
            yield from self._taken(changed & self._have(1))
            self._canary[:, changed] = self._stable[:, changed] = 0
            self._percent[changed] = percent
        self._canary += canary
        self._stable += stable
        yield from self._taken(self._have(LEAST_REQUESTS))

    def keep(self, which: Bools) -> None:
        """Go on with these runs only."""
        which = np.repeat(which, self._streams)
        self._percent = self._percent[which]
        self._canary, self._stable = self._canary[:, which], self._stable[:, which]

    def _have(self, least: int) -> Bools:
        """Which streams have the least requests in both arms."""
        fewer = np.minimum(self._canary.sum(axis=0), self._stable.sum(axis=0))
        return np.asarray(fewer >= least)

    def _taken(self, full: Bools) -> Iterator[Comparisons]:
        which = np.flatnonzero(full)
        if len(which):
            yield Comparisons(which, self._canary[:, which], self._stable[:, which])
            self._canary[:, which] = self._stable[:, which] = 0
