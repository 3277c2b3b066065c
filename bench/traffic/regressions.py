"""Traffic in which the canary is worse, beside the least it takes to see. For bench and cli."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from bench.bounds import Bound, ordered, rates
from bench.traffic.curves import DAY, Always, During, since
from bench.traffic.events import Events
from bench.traffic.labels import Labelling
from bench.traffic.latency import Latency
from bench.traffic.nulls import HOUR, SEGMENTS, TRAFFICS, whole
from bench.traffic.scene import Scene, Traffic

FACTORS = (1.2, 1.5, 2.0, 5.0, 10.0)
BASE, SHARE = 0.01, 0.05
LATE = 6 * HOUR
MARGIN = 1.05  # of errors and labels, where margins are on
_METRICS = 3
# A guess among 3 metrics, each pooled or in one of 8 segments; latency: shifted, or a tail.
_POOLED, _SEGMENT, _LATENCY = 2 * _METRICS, 2 * _METRICS * SEGMENTS, 2 * _METRICS


@dataclass(frozen=True, slots=True)
class Regression:
    """A regression and what bounds its detection.

    Attributes:
        label: how the canary is worse.
        metric: the one that shows it: `errors`, `labels` or `latency`.
        table: the traffic; those of the same are shown side by side.
        group: `events` (each bad event a look), `stream` (errors alone), `system` (all metrics
            and segments) or `system with margins` (the same, latency bands at their margin).
        size: how much worse, as plots show it.
        scene: both; its onset says since when requests count.
        bound: in canary requests.
    """

    label: str
    metric: str
    table: str
    group: str
    size: float
    scene: Scene
    bound: Bound


def odds_of(rate: float, base: float) -> float:
    """The odds ratio of two bad rates."""
    return rate * (1 - base) / (base * (1 - rate))


def regressions() -> tuple[Regression, ...]:
    """All of them: single streams first."""
    return (*_events(), *_streams(), *_systems())


def _events() -> Iterator[Regression]:
    table = "errors alone, 20 rps, each bad event by itself"
    for factor in FACTORS:
        label = f"{factor:g}x errors"
        scene = Events(name=f"{label}, {table}", odds=odds_of(factor * BASE, BASE))
        yield Regression(label, "errors", table, "events", factor, scene, _bound(factor))


def _streams() -> Iterator[Regression]:
    for onset in (0.0, LATE):
        for traffic, per_second in TRAFFICS.items():
            for factor in FACTORS:
                yield stream(traffic, per_second, factor, onset)
    for factor in FACTORS:
        yield stream("1000 rps", TRAFFICS["1000 rps"], factor, batch=10.0)


def stream(
    traffic: str, per_second: float, factor: float, onset: float = 0.0, batch: float = 60.0
) -> Regression:
    """Errors alone, `factor` times as many from `onset` on, for a day from there."""
    label = f"{factor:g}x errors"
    finer = "" if batch == 60 else f", {batch:g} s batches"
    table = f"errors alone, {traffic}{finer}, {_when(onset)}"
    scene = Traffic(
        name=f"{label}, {table}",
        per_second=Always(per_second),
        odds=since(onset, odds_of(factor * BASE, BASE)),
        seconds=onset + DAY,
        onset=onset,
        batch=batch,
    )
    bound = _bound(factor, _starts(onset, batch), per_second * batch * SHARE)
    return Regression(label, "errors", table, "stream", factor, scene, bound)


def _bound(factor: float, alternatives: int = 1, batch: float = 0.0) -> Bound:
    information = rates(factor * BASE, BASE, SHARE)
    return Bound(information, information, alternatives, batch)


@dataclass(frozen=True, slots=True)
class _System:
    """Three metrics and eight segments at 20 rps, worse in one way from `onset` on.

    Attributes:
        onset: seconds.
        margin: of the latency guardrail; above 1 errors and labels have their default, too.
        batch: seconds.
    """

    onset: float = 0.0
    margin: float = 1.0
    batch: float = 60.0

    def errors(self, factor: float, worse: int | None = None) -> Regression:
        """So many times the errors, in all segments or in some."""
        label = f"{factor:g}x errors" + (f" in one of {SEGMENTS} segments" if worse else "")
        scene = replace(
            self._scene(label),
            odds=since(self.onset, odds_of(factor * BASE, BASE)),
            worse=worse,
        )
        part = (worse or SEGMENTS) / SEGMENTS
        information = self._of_rates(factor * BASE, BASE, part)
        return self._of(
            (label, "errors", factor), scene, information, _SEGMENT if worse else _POOLED
        )

    def labels(self, wrong: float, worse: float) -> Regression:
        """More wrong answers in one segment."""
        label = f"{_percent(wrong)} to {_percent(worse)} wrong in one of {SEGMENTS} segments"
        given = Labelling(
            wrong=Always(wrong), odds=since(self.onset, odds_of(worse, wrong)), worse=1
        )
        scene = replace(self._scene(label), labels=given)
        information = self._of_rates(worse, wrong, given.share / SEGMENTS)
        return self._of((label, "labels", worse / wrong), scene, information, _SEGMENT)

    def slower(self, factor: float) -> Regression:
        """All of the canary's requests take so many times as long."""
        law = Latency(factor=since(self.onset, factor), margin=self.margin)
        return self._latency(f"latency +{_percent(factor - 1)}", law, factor, 0.0)

    def tail(self, share: float = 0.05) -> Regression:
        """A share of the canary's requests takes four times as long."""
        law = Latency(tail=During(self.onset, inf, share, 0.0), margin=self.margin)
        return self._latency(f"{_percent(share)} of requests 4x as long", law, 1.0, share)

    def _latency(self, label: str, law: Latency, factor: float, tail: float) -> Regression:
        """With the information that bands hold."""
        one = np.ones(1)

        def information(margin: float) -> float:
            bands = replace(law, margin=margin).bands
            canary = bands(one, factor * one, tail * one, canary=True)[0]
            return ordered(canary, bands(one, one, 0 * one, canary=False)[0], SHARE)

        size = law.tail_factor if tail else factor
        scene = replace(self._scene(label), latency=law)
        both = information(1.0), information(law.margin)
        return self._of((label, "latency", size), scene, both, _LATENCY)

    def _of_rates(self, worse: float, base: float, part: float) -> tuple[float, float]:
        """Information of bad events in a part of the requests: of harm, and beyond margins."""
        tolerated = 1.0 if self.margin == 1 else MARGIN
        free, beyond = (part * rates(worse, base, SHARE, odds) for odds in (1.0, tolerated))
        return free, beyond

    def _of(
        self,
        what: tuple[str, str, float],
        scene: Traffic,
        information: tuple[float, float],
        alternatives: int,
    ) -> Regression:
        label, metric, size = what
        per_batch = TRAFFICS["20 rps"] * scene.batch * SHARE
        bound = Bound(*information, alternatives * _starts(self.onset, scene.batch), per_batch)
        group = "system" if self.margin == 1 else "system with margins"
        return Regression(label, metric, self._table, group, size, scene, bound)

    @property
    def _table(self) -> str:
        finer = "" if self.batch == 60 else f", {self.batch:g} s batches"
        margins = "" if self.margin == 1 else ", margins on"
        return f"three metrics and {SEGMENTS} segments, 20 rps{finer}{margins}, {_when(self.onset)}"

    def _scene(self, label: str) -> Traffic:
        """For a day from the onset on."""
        scene = whole(f"{label}, {self._table}", margin=self.margin)
        return replace(scene, seconds=self.onset + DAY, onset=self.onset, batch=self.batch)


def _systems() -> Iterator[Regression]:
    for system in (_System(), _System(margin=1.1)):
        yield system.errors(2.0)
        yield system.errors(5.0)
        yield system.errors(5.0, worse=1)
        yield system.errors(10.0, worse=1)
        yield system.slower(1.1)
        yield system.slower(1.25)
        yield system.slower(2.0)
        yield system.tail()
        yield system.labels(0.45, 0.70)
        yield system.labels(0.05, 0.15)
    finer = _System(batch=10.0)
    yield from (finer.errors(2.0), finer.errors(5.0), finer.slower(1.25), finer.tail())
    late = _System(onset=LATE)
    yield from (late.errors(2.0), late.errors(5.0), late.slower(1.25), late.tail())
    yield late.labels(0.45, 0.70)


def _when(onset: float) -> str:
    return f"after {onset / HOUR:g} h" if onset else "from the start"


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _starts(onset: float, batch: float) -> int:
    """In how many batches it might have begun until it did."""
    return max(1, round(onset / batch))
