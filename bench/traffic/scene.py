"""A scene: batches of both variants, one after another, from curves. For bench and cli."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from bench.counts import Bools, Look
from bench.traffic.clusters import Clients, Clusters
from bench.traffic.curves import DAY, Always, Course, Curve, Floats
from bench.traffic.labels import Labelling, Labels, arriving
from bench.traffic.latency import Latencies, Latency
from bench.traffic.requests import Requests

Looks = Generator[Look, Bools | None, None]


class Scene(Protocol):
    """Traffic that rules are tried on."""

    @property
    def name(self) -> str:
        """As the tables show it."""
        ...

    @property
    def onset(self) -> float:
        """Seconds until the canary gets worse, if it does; 0 from the start."""
        ...

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        ...

    def looks(self, rng: np.random.Generator, runs: int) -> Looks:
        """Batch after batch; a mask that is sent says which runs go on."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Traffic of both variants, routed request by request unless clusters stick.

    Attributes:
        name: as the tables show it.
        per_second: requests of both variants together.
        percent: the canary's share; the same in all runs.
        errors: stable's error rate, but for the clusters'.
        odds: the canary's odds ratio of errors, in its `worse` first segments (None: in all).
        worse: how many of the segments the odds ratio is for.
        segments: how many, all of one size; 1: none are told apart.
        latency, labels: None where they are not measured.
        clusters: failures that hang together.
        parts: disjoint parts of stable, all of one size; 0: not told apart.
        seconds, batch: how long it lasts, and a batch.
        onset: when the canary gets worse, for what is counted until a rollback.
        discard: seconds after the start and after each change of the share that are not shown.
    """

    name: str
    per_second: Curve = field(default_factory=lambda: Always(20.0))
    percent: Curve = field(default_factory=lambda: Always(5.0))
    errors: Curve = field(default_factory=lambda: Always(0.01))
    odds: Curve = field(default_factory=lambda: Always(1.0))
    worse: int | None = None
    segments: int = 1
    latency: Latency | None = None
    labels: Labelling | None = None
    clusters: Clusters | None = None
    parts: int = 0
    seconds: float = DAY
    batch: float = 60.0
    onset: float = 0.0
    discard: float = 0.0

    def looks(self, rng: np.random.Generator, runs: int) -> Looks:
        """See `Scene`."""
        times = np.arange(0.0, self.seconds, self.batch)
        percent = self.percent.over(rng, times, runs)[:, 0]
        sources = self._sources(rng, times, runs)
        kept = ~self._discarded(percent)
        for look in np.flatnonzero(kept):
            which = yield self._look(rng, int(look), sources, runs, float(percent[look]))
            if which is not None:
                runs = int(which.sum())
                for source in sources:
                    if source:
                        source.keep(which)

    def _discarded(self, percent: Floats) -> Bools:
        """Batches too soon after the start or a change of the share."""
        changed = np.flatnonzero(np.diff(percent, prepend=-1.0))
        where = np.arange(len(percent))
        age = where - changed[np.searchsorted(changed, where, side="right") - 1]
        return np.asarray(age * self.batch < self.discard)

    def _sources(
        self, rng: np.random.Generator, times: Floats, runs: int
    ) -> tuple[Requests, Latencies | None, Labels | None]:
        def over(curve: Curve) -> Floats:
            return curve.over(rng, times, runs)

        expected, share = over(self.per_second) * self.batch, over(self.percent) / 100
        requests = Requests(
            Course(expected),
            Course(share),
            Course(over(self.errors)),
            Course(over(self.odds)),
            segments=self.segments,
            worse=self.segments if self.worse is None else self.worse,
            parts=self.parts,
            clients=self._clients(runs),
            sticky=bool(self.clusters and self.clusters.sticky),
        )
        law, given = self.latency, self.labels
        latencies = law.drawn(over(law.both), over(law.factor), over(law.tail)) if law else None
        if not given:
            return requests, latencies, None
        labels = arriving(
            given,
            (expected * (1 - share), expected * share),
            (over(given.wrong), over(given.odds)),
            segments=self.segments,
            batch=self.batch,
        )
        return requests, latencies, labels

    def _clients(self, runs: int) -> Clients | None:
        if self.clusters is None:
            return None
        places = 1 + self.parts if self.clusters.sticky else 1
        return Clients(self.clusters, places, self.segments, runs)

    def _look(
        self,
        rng: np.random.Generator,
        look: int,
        sources: tuple[Requests, Latencies | None, Labels | None],
        runs: int,
        percent: float,
    ) -> Look:
        requests, latencies, labels = sources
        stable, canary = requests.draw(rng, look, runs)
        if latencies:
            bands = latencies.draw(rng, look, stable.requests, canary.requests)
            stable, canary = replace(stable, latency=bands[0]), replace(canary, latency=bands[1])
        if labels:
            (all_s, wrong_s), (all_c, wrong_c) = labels.draw(rng, look, runs)
            stable = replace(stable, labels=all_s, wrong=wrong_s)
            canary = replace(canary, labels=all_c, wrong=wrong_c)
        return Look((look + 1) * self.batch, self.batch, percent, stable, canary)
