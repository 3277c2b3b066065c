"""Failures that hang together: one bad client, or retries of one failure. For bench/traffic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bench.counts import Bools, Ints
from bench.traffic.curves import Floats


@dataclass(frozen=True, slots=True)
class Clusters:
    """Bad clients, each of whose requests fail.

    The failures in a batch are a Poisson number of clients times a Poisson number of requests
    (Neyman 1939, type A): their variance is 1 + `size` times their mean.

    Attributes:
        share: failures of bad clients, as a share of all requests.
        size: a client's failing requests in a batch, on average.
        batches: how many batches a client stays, on average.
        sticky: whether all of a client's requests go to one place, the canary or one of stable's
            parts; otherwise each is routed by itself.
    """

    share: float = 0.005
    size: float = 10.0
    batches: float = 1.0
    sticky: bool = False


class Clients:
    """The bad clients at work, by run, place and segment."""

    def __init__(self, clusters: Clusters, places: int, segments: int, runs: int) -> None:
        self._clusters = clusters
        self._there: NDArray[np.int64] = np.zeros((runs, places, segments), dtype=np.int64)
        self._begun = False

    def failures(self, rng: Generator, requests: Floats) -> Ints:
        """Failing requests of one batch, (runs, places, segments).

        Args:
            rng: where chance comes from.
            requests: expected at each place, (1 or runs, places).
        """
        clusters = self._clusters
        present = requests[:, :, None] * clusters.share / clusters.size / self._there.shape[2]
        arriving = present / clusters.batches if self._begun else present
        if self._begun and clusters.batches > 1:
            stayed = rng.binomial(self._there, 1 - 1 / clusters.batches)
        else:
            stayed = np.zeros_like(self._there)
        self._there = stayed + rng.poisson(
            np.broadcast_to(arriving, self._there.shape), self._there.shape
        )
        self._begun = True
        return rng.poisson(self._there * clusters.size)

    def keep(self, which: Bools) -> None:
        """Go on with these runs only."""
        self._there = self._there[which]
