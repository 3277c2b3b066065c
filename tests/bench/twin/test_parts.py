"""Each formula of the twin beside the engine's, where traffic seldom goes: extremes, ties."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import Generator, default_rng

from bench.counts import Ints
from bench.twin import odds, ranks
from bench.twin.dispersion import Dispersions
from bench.twin.harm import Harms
from bench.twin.stream import Setting, compare
from bench.twin.tables import Tables
from steelyard.evidence.dispersion import Dispersion
from steelyard.evidence.likelihood import Table
from steelyard.evidence.mixture import DAY, REGRESSIONS, Harm, begin_harm
from steelyard.evidence.odds import odds_log_ratios
from steelyard.evidence.ranks import cuts, tilt_log_ratios
from steelyard.evidence.stream import Setting as EngineSetting
from steelyard.evidence.stream import compared

EXTREMES = [
    (0, 0, 100, 3),
    (100, 3, 0, 0),
    (10, 0, 100, 0),
    (10, 10, 100, 100),
    (1, 1, 1, 0),
    (5, 5, 100, 0),
    (10**9, 10**3, 10**9, 10**3),
    (5, 1, 10**9, 10**7),
    (10**6, 10**6 - 1, 10**3, 10**3),
]


@pytest.mark.parametrize("margin", [1.0, 1.05, 2.0])
def test_gains_of_extreme_comparisons_are_the_engines(margin: float) -> None:
    others = tuple(margin * regression for regression in REGRESSIONS)
    exact = [odds_log_ratios(Table(*counts), margin, others) for counts in EXTREMES]

    found = odds.gains(_tables(EXTREMES), margin)

    np.testing.assert_allclose(found.T, exact, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("length", [1.0, 0.7, 0.0])
def test_restarts_go_on_as_the_engines_until_the_reserve_is_spent_and_after(length: float) -> None:
    rng, streams = default_rng(1), 3
    harms, engine = Harms(streams), [begin_harm()] * streams
    for _ in range(round(DAY / (length or 60)) + 20):
        gains = rng.normal(-0.02, 0.2, (len(REGRESSIONS), streams))
        harms.add(np.arange(streams), gains, length)
        engine = [harm.after(gains[:, i], length) for i, harm in enumerate(engine)]
        np.testing.assert_allclose(
            harms.evidence, [harm.log_evidence for harm in engine], rtol=1e-9, atol=1e-9
        )


@pytest.mark.parametrize("margin", [1.0, 1.05, 1.5])
@pytest.mark.parametrize("phi", [1.0, 1.3])
def test_comparisons_that_end_near_the_threshold_are_lifted_where_the_engine_does(
    margin: float, phi: float
) -> None:
    rng = default_rng(2)
    counts = [_near(rng) for _ in range(600)]
    enough = np.exp(rng.uniform(-4.0, 1.5, len(counts)))
    harms, same = Harms(len(counts)), np.ones(len(counts))

    compare(
        harms, np.arange(len(counts)), _tables(counts), Setting(margin, enough, phi * same, 1.0)
    )

    exact = [
        compared(begin_harm(), Table(*one), EngineSetting(margin, float(threshold), phi))
        for one, threshold in zip(counts, enough, strict=True)
    ]
    expected = np.array([harm.log_evidence for harm in exact])
    np.testing.assert_allclose(harms.evidence, expected, rtol=1e-9, atol=1e-9)
    assert (np.abs(expected - enough - 1e-9) < 1e-11).any() == (phi == 1)


def test_comparisons_with_so_many_likely_counts_that_the_engine_lifts_none_are_not_lifted() -> None:
    counts = [(1000, bad // 20 + 20, 19_000, bad - bad // 20 - 20) for bad in range(1000, 1400, 4)]
    same = np.ones(len(counts))
    harms, lifted = Harms(len(counts)), Harms(len(counts))
    which, tables = np.arange(len(counts)), _tables(counts)

    compare(harms, which, tables, Setting(1.0, 99 * same, same, 1.0))
    enough = harms.evidence + 0.01
    compare(lifted, which, tables, Setting(1.0, enough, same, 1.0))

    exact = [
        compared(begin_harm(), Table(*one), EngineSetting(1.0, float(threshold))).log_evidence
        for one, threshold in zip(counts, enough, strict=True)
    ]
    np.testing.assert_allclose(lifted.evidence, exact, rtol=1e-11)
    assert 20 < (lifted.evidence > harms.evidence + 0.005).sum() < 80


def test_a_stream_beyond_its_threshold_stays_there() -> None:
    harms, engine, enough = Harms(1), begin_harm(), 1.0
    for counts in ((100, 5, 1900, 20), (1000, 0, 1900, 60)):
        setting = Setting(1.0, np.array([enough]), np.ones(1), 1.0)
        compare(harms, np.arange(1), _tables([counts]), setting)
        engine = compared(engine, Table(*counts), EngineSetting(1.0, enough))

    assert harms.evidence[0] == pytest.approx(enough + 1e-9, abs=1e-12)
    assert engine.log_evidence == pytest.approx(enough + 1e-9, abs=1e-12)


def test_overdispersion_is_the_engines_also_of_few_events_and_empty_parts() -> None:
    rng, runs = default_rng(6), 200
    twin, engine = Dispersions(runs), [Dispersion()] * runs
    for _ in range(10):
        requests = rng.poisson(20, (runs, 5)) * (rng.random((runs, 5)) < 0.8)
        bad = rng.binomial(requests, rng.beta(1.5, 30.0, (runs, 5)))
        twin.see(requests, bad)
        parts = np.stack([requests - bad, bad], axis=2).tolist()
        engine = [one.after(parts[run]) for run, one in enumerate(engine)]
        np.testing.assert_allclose(twin.phi(), [one.phi for one in engine], rtol=1e-9)
    assert 20 < (twin.phi() > 1).sum() < 180


def test_cuts_of_few_requests_and_ties_are_the_engines() -> None:
    pooled = default_rng(3).poisson(default_rng(4).choice([0.0, 1.0, 30.0], (12, 3000)))
    pooled[5] += pooled.sum(axis=0) == 0

    found = ranks.cuts(pooled)

    assert found.T.tolist() == [list(cuts(column)) for column in pooled.T.tolist()]


def test_normal_scores_are_the_engines_at_any_number_of_requests() -> None:
    rng = default_rng(5)
    sizes = np.repeat([1.0, 10.0, 1e5, 1e8], 50)
    canary, stable = (rng.poisson(rng.random((26, 200)) * sizes) for _ in range(2))
    canary[3] += 1
    stable[7] += 1

    found = ranks.tilt_gains(canary, stable)

    columns = zip(canary.T.tolist(), stable.T.tolist(), strict=True)
    exact = np.array([tilt_log_ratios(*both) for both in columns])
    np.testing.assert_allclose(found.T, exact, rtol=1e-9, atol=1e-9)


def test_lifting_a_few_streams_leaves_the_others() -> None:
    harms, engine = Harms(2, 2), begin_harm()

    harms.lift(np.array([2]), np.array([1.5]))
    harms.add(np.arange(4), np.ones((len(REGRESSIONS), 4)), 1.0)

    grown = _grown(engine).log_evidence, _grown(engine.lifted(1.5)).log_evidence
    np.testing.assert_allclose(harms.by_run(), [[grown[0], grown[0]], [grown[1], grown[0]]])


def _grown(harm: Harm) -> Harm:
    return harm.after((1.0,) * len(REGRESSIONS))


def _near(rng: Generator) -> tuple[int, int, int, int]:
    """A comparison with a canary somewhat worse than stable."""
    most = rng.choice([8, 300])
    canary, stable = int(rng.integers(5, most)), int(rng.integers(5, rng.choice([20, 10 * most])))
    rate = rng.choice([0.003, 0.02, 0.3, 0.8])
    worse = min(0.9, rate * rng.uniform(0.8, 3))
    return canary, int(rng.binomial(canary, worse)), stable, int(rng.binomial(stable, rate))


def _tables(counts: list[tuple[int, int, int, int]]) -> Tables:
    canary, canary_bad, stable, stable_bad = _columns(counts)
    return Tables(canary, canary_bad, stable, stable_bad)


def _columns(counts: list[tuple[int, int, int, int]]) -> Ints:
    return np.array(counts, np.int64).T
