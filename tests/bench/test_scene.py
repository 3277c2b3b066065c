"""Scenes: rates, routing, segments, parts, and what `keep` leaves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.counts import Ints, Look
from bench.traffic import (
    AfterEach,
    Always,
    Clusters,
    Labelling,
    Latency,
    Scene,
    Stairs,
    Traffic,
    since,
)
from bench.traffic.nulls import nulls
from bench.traffic.regressions import odds_of

HOUR = 3600.0
PLAIN = Traffic(name="plain", seconds=HOUR)


def looks(scene: Scene, runs: int = 400, seed: int = 1) -> list[Look]:
    return list(scene.looks(np.random.default_rng(seed), runs))


def near(counts: Ints, expected: float, variance: float | None = None) -> bool:
    """Whether the mean of independent counts is within 5 standard errors."""
    error = ((expected if variance is None else variance) / counts.size) ** 0.5
    return bool(abs(counts.mean() - expected) < 5 * error)


def known(counts: Ints | None) -> Ints:
    """Counts that the scene must have."""
    assert counts is not None
    return counts


def all_of(counts: list[Ints]) -> Ints:
    return np.concatenate([one.ravel() for one in counts])


def test_requests_come_at_their_rate_and_are_routed_by_the_share() -> None:
    seen = looks(PLAIN)
    assert near(all_of([look.canary.requests for look in seen]), 60)
    assert near(all_of([look.stable.requests for look in seen]), 1140)
    assert [look.seconds for look in seen[:2]] == [60, 120]
    assert {look.canary_percent for look in seen} == {5.0}


def test_failures_come_by_the_odds_ratio_in_the_worse_segments_alone() -> None:
    scene = replace(PLAIN, segments=4, worse=1, odds=Always(odds_of(0.2, 0.01)))
    seen = looks(scene)
    errors = [all_of([known(look.canary.segment_errors)[:, s] for look in seen]) for s in range(4)]
    assert near(errors[0], 15 * 0.2)
    assert all(near(one, 15 * 0.01) for one in errors[1:])
    assert near(all_of([look.stable.errors for look in seen]), 11.4)


def test_segments_and_parts_add_up_to_the_whole() -> None:
    for clusters in (None, Clusters(), Clusters(sticky=True), Clusters(sticky=True, batches=10)):
        scene = replace(PLAIN, segments=8, parts=19, clusters=clusters, seconds=300.0)
        for look in looks(scene, runs=50):
            for side in (look.stable, look.canary):
                assert (known(side.segment_requests).sum(axis=1) == side.requests).all()
                assert (known(side.segment_errors).sum(axis=1) == side.errors).all()
                assert (known(side.segment_errors) <= known(side.segment_requests)).all()
            assert (known(look.stable.part_requests).sum(axis=1) == look.stable.requests).all()
            assert (known(look.stable.part_errors).sum(axis=1) == look.stable.errors).all()
            assert (known(look.stable.part_errors) <= known(look.stable.part_requests)).all()


def overdispersion(errors: Ints) -> float:
    """Variance by mean: 1 for failures that come by themselves."""
    return float(errors.var() / errors.mean())


@pytest.mark.parametrize("batches", [1.0, 10.0])
def test_sticky_clusters_make_the_canary_and_parts_alike_overdispersed(batches: float) -> None:
    clusters = Clusters(share=0.01, size=10, batches=batches, sticky=True)
    scene = replace(PLAIN, errors=Always(0.0), parts=19, clusters=clusters, seconds=600.0)
    last = looks(scene, runs=8000)[-1]
    assert near(last.canary.errors, 0.6, variance=0.6 * 11)
    assert overdispersion(last.canary.errors) == pytest.approx(11, rel=0.15)
    assert overdispersion(known(last.stable.part_errors)) == pytest.approx(11, rel=0.05)


def test_free_clusters_are_split_request_by_request() -> None:
    clusters = Clusters(share=0.01, size=10)
    scene = replace(PLAIN, errors=Always(0.0), clusters=clusters, seconds=60.0)
    (look,) = looks(scene, runs=20_000)
    total = look.canary.errors + look.stable.errors
    assert overdispersion(total) == pytest.approx(11, rel=0.05)
    excess = look.canary.errors - 0.05 * total
    assert excess.var() == pytest.approx(0.05 * 0.95 * total.mean(), rel=0.05)


def test_sticky_clients_stay_for_as_many_batches_as_said() -> None:
    clusters = Clusters(share=0.01, size=10, batches=10, sticky=True)
    scene = replace(PLAIN, errors=Always(0.0), parts=19, clusters=clusters, seconds=120.0)
    first, second = (look.canary.errors for look in looks(scene, runs=20_000))
    # The next batch's clients are the same but for a tenth; their requests are Poisson anew.
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(0.9 * 10 / 11, abs=0.05)


def test_a_regression_begins_at_its_onset() -> None:
    scene = replace(PLAIN, odds=since(1800.0, odds_of(0.2, 0.01)))
    seen = looks(scene)
    assert near(all_of([look.canary.errors for look in seen if look.seconds <= 1800]), 0.6)
    assert near(all_of([look.canary.errors for look in seen if look.seconds > 1800]), 12)


def test_discarded_minutes_after_each_raise_are_not_shown() -> None:
    percent = Stairs((1.0, 50.0), 600.0)
    cold = AfterEach(percent.starts, 120.0, odds_of(0.5, 0.01))
    scene = replace(PLAIN, percent=percent, odds=cold, discard=120.0, seconds=1200.0)
    seen = looks(scene)
    assert [look.seconds for look in seen] == [*range(180, 601, 60), *range(780, 1201, 60)]
    errors = all_of([look.canary.errors for look in seen if look.canary_percent == 50])
    assert near(errors, 6)


def test_latency_falls_into_bands_by_their_exact_probabilities() -> None:
    law = Latency(factor=Always(1.5), tail=Always(0.1), margin=1.1)
    seen = looks(replace(PLAIN, latency=law))
    one = np.ones(1)
    for side, expected in (
        ("stable", law.bands(one, one, 0 * one, canary=False)[0] * 1140),
        ("canary", law.bands(one, 1.5 * one, 0.1 * one, canary=True)[0] * 60),
    ):
        counts = np.concatenate([getattr(look, side).latency for look in seen])
        assert np.allclose(counts.mean(axis=0), expected, atol=5 * (expected.max() / 24_000) ** 0.5)
        requests = np.concatenate([getattr(look, side).requests for look in seen])
        assert (counts.sum(axis=1) == requests).all()


def test_a_canary_at_its_margin_has_the_bands_of_stable() -> None:
    law, one = Latency(margin=1.1), np.ones(1)
    canary = law.bands(one, 1.1 * one, 0 * one, canary=True)
    assert np.allclose(canary, law.bands(one, one, 0 * one, canary=False), atol=1e-4)


def test_labels_arrive_after_their_delay_from_the_share_that_served_them() -> None:
    labels = Labelling(share=0.5, wrong=Always(0.4), delay=600.0)
    scene = replace(PLAIN, percent=Stairs((1.0, 50.0), 1800.0), labels=labels, segments=2)
    seen = looks(scene)
    served = np.array([0.5 * 1200 * (0.01 if i < 30 else 0.5) for i in range(60)])
    stays = np.exp(-0.1)
    for minute in (0, 20, 31, 59):
        weights = (1 - stays) * stays ** np.arange(minute + 1)
        expected = float(weights @ served[minute::-1])
        canary = seen[minute].canary
        assert near(known(canary.labels).sum(axis=1), expected)
        assert near(known(canary.wrong).sum(axis=1), 0.4 * expected)


def test_runs_that_are_not_kept_go_and_the_others_stay() -> None:
    for null in nulls():
        scene = replace(null.traffic, seconds=600.0)
        stream = scene.looks(np.random.default_rng(1), 8)
        next(stream)
        look = stream.send(np.arange(8) % 2 == 0)
        for side in (look.stable, look.canary):
            counts = [getattr(side, name) for name in side.__slots__]
            assert {len(one) for one in counts if one is not None} == {4}, scene.name


def test_the_same_seed_gives_the_same_traffic() -> None:
    scene = replace(nulls()[0].traffic, seconds=300.0)
    first, again, other = (looks(scene, runs=5, seed=seed) for seed in (1, 1, 2))
    requests = [
        np.concatenate([look.stable.requests for look in one]).tolist()
        for one in (first, again, other)
    ]
    assert requests[0] == requests[1] != requests[2]
