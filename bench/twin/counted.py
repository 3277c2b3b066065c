"""Evidence from good and bad requests or labels, pooled and by segment. For bench/twin.

`evidence/weighing.py` and `evidence/segments.py`, for one metric and many runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log

import numpy as np

from bench.counts import Bools, Ints, Look, Side
from bench.engine import segment_names
from bench.traffic.curves import Floats
from bench.twin.harm import Harms
from bench.twin.pending import Pending
from bench.twin.stream import Setting, compare
from bench.twin.tables import log_sum, log_sum_of
from steelyard.evidence import Guardrail, Promise


class Counted:
    """How strongly one metric of each run says that the canary is worse.

    Of each run's streams the first is the pooled one, then come the promise's segments.
    """

    def __init__(self, runs: int, guardrail: Guardrail, promise: Promise) -> None:
        self._guardrail = guardrail
        self._names = promise.segments
        self._enough = -log(promise.alpha)
        streams = 1 + len(self._names)
        self._pending = Pending(runs, streams, 2)
        self._harms = Harms(runs, streams)
        self._log_start: Floats | None = None  # (runs,) once measured by segment
        self._thresholds = np.full(runs * streams, self._enough - log(guardrail.weight))

    def see(self, look: Look, phi: Floats, minutes: float) -> None:
        """One more batch, at each run's overdispersion."""
        if self._names and self._log_start is None and self._by_segment(look):
            self._divide(self._harms.by_run()[:, 0].copy())
        canary, stable = self._counts(look.canary), self._counts(look.stable)
        phi = np.repeat(phi, 1 + len(self._names))
        for both in self._pending.after(look.canary_percent, canary, stable):
            enough = self._thresholds[both.which]
            setting = Setting(self._guardrail.margin, enough, phi[both.which], minutes)
            compare(self._harms, both.which, both.tables, setting)

    def log_evidence(self) -> Floats:
        """Ln E of each run."""
        streams = self._harms.by_run()
        pooled = streams[:, 0]
        if self._log_start is None:
            return pooled
        average = self._log_start + log_sum(streams[:, 1:], axis=1) - log(len(self._names))
        return log_sum_of(pooled, average) - log(2)

    def streams(self) -> Mapping[str, Floats]:
        """Ln E of each stream by itself."""
        return dict(zip(("pooled", *self._names), self._harms.by_run().T, strict=True))

    def keep(self, which: Bools) -> None:
        """Go on with these runs only."""
        self._pending.keep(which)
        self._harms.keep(which)
        self._thresholds = self._thresholds[np.repeat(which, 1 + len(self._names))]
        if self._log_start is not None:
            self._log_start = self._log_start[which]

    def _by_segment(self, look: Look) -> bool:
        if self._guardrail.metric == "labels":
            return True
        return any(side.segment_requests is not None for side in (look.canary, look.stable))

    def _divide(self, log_start: Floats) -> None:
        """Half of the evidence is the segments' from now on."""
        self._log_start = log_start
        half = self._enough - log(self._guardrail.weight / 2)
        thresholds = np.full((len(log_start), 1 + len(self._names)), half)
        thresholds[:, 1:] += log(len(self._names)) - log_start[:, None]
        self._thresholds = thresholds.ravel()

    def _counts(self, side: Side) -> Ints:
        """Good and bad of all streams, (2, runs * streams)."""
        if self._guardrail.metric == "labels":
            all_, bad = side.labels, side.wrong
        else:
            all_, bad = side.segment_requests, side.segment_errors
        found = np.zeros((2, len(side.requests), 1 + len(self._names)), np.int64)
        if self._guardrail.metric == "errors":
            found[:, :, 0] = side.requests - side.errors, side.errors
        elif all_ is not None and bad is not None:
            found[:, :, 0] = (all_ - bad).sum(axis=1), bad.sum(axis=1)
        if all_ is not None and bad is not None:
            places, columns = self._columns(all_.shape[1])
            found[:, :, places] = all_[:, columns] - bad[:, columns], bad[:, columns]
        return found.reshape(2, -1)

    def _columns(self, segments: int) -> tuple[list[int], list[int]]:
        """Where the promise's segments stand among the streams, and among a side's columns."""
        there = {name: column for column, name in enumerate(segment_names(segments))}
        named = [(place, there[n]) for place, n in enumerate(self._names, start=1) if n in there]
        return [place for place, _ in named], [column for _, column in named]
