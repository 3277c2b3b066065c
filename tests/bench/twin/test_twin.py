"""The twin says what the engine says: each log evidence at each look, on all kinds of traffic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import pytest

from bench.counts import Look
from bench.engine import segment_names
from bench.run import outcomes, seed_of
from bench.traffic.clusters import Clusters
from bench.traffic.curves import Always, Bursts, Stairs
from bench.traffic.labels import Labelling
from bench.traffic.latency import Latency
from bench.traffic.scene import Traffic
from bench.twin import Twin, differences
from steelyard.evidence import Guardrail, Promise

_SEGMENTS = 8


@dataclass(frozen=True)
class Kind:
    """A kind of traffic and the metrics that are watched on it.

    Attributes:
        traffic: its canary is often bad enough to be rolled back, where `worse`.
        metrics: of equal weight.
        segments: of the promise.
        margin: of all guardrails.
    """

    traffic: Traffic
    metrics: tuple[str, ...] = ("errors",)
    segments: int = 0
    margin: float = 1.0
    worse: bool = False

    @property
    def promise(self) -> Promise:
        weight = 1 / len(self.metrics)
        guardrails = tuple(Guardrail(metric, weight, self.margin) for metric in self.metrics)
        return Promise(0.01, 0.05, guardrails, (3.0,), segment_names(self.segments))

    def looks(self, runs: int, most: int) -> Iterator[Look]:
        return islice(self.traffic.looks(np.random.default_rng(1), runs), most)


_ALL = ("errors", "labels", "latency")
_WHOLE = Traffic(
    name="all",
    per_second=Bursts(5.0, 40.0, 600.0, 300.0),
    errors=Always(0.05),
    segments=_SEGMENTS,
    latency=Latency(),
    labels=Labelling(delay=120.0),
)
_SHARES = Stairs((1.0, 50.0, 5.0), 120.0)
KINDS = {
    "errors, 600 requests an hour": Kind(Traffic(name="", per_second=Always(1 / 6))),
    "errors, 20 rps": Kind(Traffic(name="", odds=Always(2.0)), worse=True),
    "errors, 1000 rps": Kind(
        Traffic(name="", per_second=Always(1000.0), odds=Always(1.2)), worse=True
    ),
    "errors, margin": Kind(Traffic(name="", odds=Always(3.0)), margin=1.05, worse=True),
    "errors by segment, one worse": Kind(
        Traffic(name="", segments=_SEGMENTS, odds=Always(10.0), worse=1),
        segments=_SEGMENTS,
        worse=True,
    ),
    "labels, one segment worse": Kind(
        Traffic(
            name="",
            segments=_SEGMENTS,
            per_second=Always(100.0),
            labels=Labelling(odds=Always(6.0), worse=1, delay=60.0),
        ),
        ("labels",),
        segments=_SEGMENTS,
        worse=True,
    ),
    "labels, segments not named": Kind(
        Traffic(name="", segments=_SEGMENTS, labels=Labelling()), ("labels",), segments=3
    ),
    "latency, slower": Kind(
        Traffic(name="", latency=Latency(factor=Always(1.15))), ("latency",), worse=True
    ),
    "latency, a tail, many requests": Kind(
        Traffic(name="", per_second=Always(500.0), latency=Latency(tail=Always(0.004))),
        ("latency",),
        worse=True,
    ),
    "all": Kind(_WHOLE, _ALL, _SEGMENTS),
    "all, worse, margins": Kind(
        replace(_WHOLE, odds=Always(4.0), latency=Latency(factor=Always(1.3), margin=1.1)),
        _ALL,
        _SEGMENTS,
        1.05,
        worse=True,
    ),
    "sticky clusters, parts": Kind(
        replace(_WHOLE, clusters=Clusters(sticky=True), parts=19), _ALL, _SEGMENTS
    ),
    "changes of share": Kind(
        replace(_WHOLE, per_second=Always(1.0), percent=_SHARES), _ALL, _SEGMENTS
    ),
    "changes of share, few requests": Kind(
        Traffic(
            name="",
            per_second=Always(0.3),
            percent=Stairs((20.0, 50.0, 20.0, 50.0), 180.0),
            errors=Always(0.3),
            segments=_SEGMENTS,
        ),
        segments=_SEGMENTS,
    ),
    "latency of both moves, many requests": Kind(
        Traffic(
            name="",
            per_second=Always(400.0),
            latency=Latency(both=Stairs((1.0, 3.0, 0.4, 1.5), 240.0)),
        ),
        ("latency",),
    ),
    "arms without requests": Kind(
        replace(_WHOLE, percent=Stairs((0.0, 50.0, 100.0, 50.0), 240.0)), _ALL, _SEGMENTS
    ),
    "10 s looks": Kind(replace(_WHOLE, batch=10.0), _ALL, _SEGMENTS),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_few_runs_of_each_kind_of_traffic_have_the_engines_evidence(name: str) -> None:
    kind = KINDS[name]
    runs = 2 if kind.metrics == _ALL else 8

    found = differences(kind.looks(runs, 20), kind.promise, runs)

    assert found.none, found


@pytest.mark.long
@pytest.mark.parametrize("name", KINDS)
def test_a_hundred_runs_of_each_kind_of_traffic_have_the_engines_evidence(name: str) -> None:
    kind = KINDS[name]

    found = differences(kind.looks(100, 40), kind.promise, 100)

    assert found.none, found
    assert found.rolled_back >= 5 or not kind.worse


@pytest.mark.parametrize(
    "other",
    [
        {"guardrails": (Guardrail("errors", 0.999, 1.0),)},
        {"guardrails": (Guardrail("errors", 1.0, 1.001),)},
        {"alpha": 0.02},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_twin_that_is_held_to_another_promise_is_noticed(other: dict[str, object]) -> None:
    kind = KINDS["errors, 20 rps"]
    traffic = replace(kind.traffic, odds=Always(2.5))
    looks = islice(traffic.looks(np.random.default_rng(2), 12), 20)

    found = differences(looks, kind.promise, 12, replace(kind.promise, **other))  # type: ignore[arg-type]

    assert not found.none


def test_a_rollback_that_only_one_asks_for_is_noticed() -> None:
    kind = KINDS["errors, 1000 rps"]

    found = differences(kind.looks(3, 20), kind.promise, 3, replace(kind.promise, alpha=1e-9))

    assert found.apart


def test_nothing_compared_is_no_agreement() -> None:
    assert not differences([], KINDS["all"].promise, 2).none


def test_errors_measured_by_segment_from_some_look_on_start_from_what_was_pooled() -> None:
    kind = KINDS["errors by segment, one worse"]
    pooled = Traffic(name="", per_second=Always(5.0), odds=Always(3.0))
    then = replace(kind.traffic, per_second=Always(40.0))

    found = differences(_one_after_the_other(pooled, then, 40), kind.promise, 40)

    assert found.none, found
    assert found.rolled_back >= 15


def _one_after_the_other(first: Traffic, then: Traffic, runs: int) -> Iterator[Look]:
    rng = np.random.default_rng(3)
    yield from islice(first.looks(rng, runs), 4)
    yield from islice(then.looks(rng, runs), 8)


def test_latency_that_one_arm_did_not_measure_changes_nothing() -> None:
    kind = KINDS["latency, slower"]
    looks = [
        replace(look, canary=replace(look.canary, latency=None)) if number % 3 == 1 else look
        for number, look in enumerate(kind.looks(3, 12))
    ]

    found = differences(looks, kind.promise, 3)

    assert found.none, found


def test_clusters_that_stick_give_overdispersion() -> None:
    kind = KINDS["sticky clusters, parts"]
    watch = Twin(kind.promise, "").begin(5)

    for look in kind.looks(5, 10):
        watch.rolls_back(look)

    assert (watch.streams()["phi"] > 1.3).sum() >= 3


@pytest.mark.parametrize("name", ["sticky clusters, parts", "changes of share"])
def test_runs_that_are_kept_go_on_as_they_were(name: str) -> None:
    kind = KINDS[name]
    every, some = (Twin(kind.promise, "").begin(runs) for runs in (6, 3))
    which = np.array([False, True, True, False, False, True])
    rows = np.flatnonzero(which)

    for number, look in enumerate(kind.looks(6, 8)):
        every.rolls_back(look if number < 5 else look.of(rows))
        some.rolls_back(look.of(rows))
        if number == 4:
            every.keep(which)

    for stream, evidence in some.streams().items():
        np.testing.assert_array_equal(every.streams()[stream], evidence)


def test_a_runner_sees_a_bad_canary_rolled_back_and_a_good_one_spared() -> None:
    rule = Twin(KINDS["errors, 20 rps"].promise, "ours")
    bad = Traffic(name="", odds=Always(10.0), seconds=1800.0)

    for scene, rolled_back in ((bad, True), (replace(bad, odds=Always(0.5)), False)):
        (found,) = outcomes([rule], scene, 50, seed_of(scene.name, 1))
        assert found.rule == "ours"
        assert (np.isfinite(found.seconds) == rolled_back).all()
