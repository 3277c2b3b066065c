"""What is kept and shown of outcomes; the engine's own part; that it all runs."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from bench import jobs, plots, tables
from bench.cost import costs
from bench.engine import batch_of, requests_until, segment_names
from bench.jobs import CATALOGUES, Entry, Size
from bench.lineup import OURS, rules_for, rules_for_nulls
from bench.passing import PROMISE, Passing, harmful, healthy
from bench.results import Results, made_with, summed_up
from bench.run import Outcome
from bench.traffic import Always, Traffic
from bench.traffic.nulls import SEGMENTS, nulls
from bench.traffic.regressions import odds_of, regressions
from steelyard.evidence import Evidence, VerdictKind, judge

INF = np.inf


def outcome(rule: str, *requests: float, seconds: tuple[float, ...] = ()) -> Outcome:
    return Outcome(rule, np.array(requests), np.array(seconds or requests))


def results() -> Results:
    """One null, a null that is not promised, and a regression of which a rule was wrong before."""
    promised, beyond = nulls()[0], next(null for null in nulls() if null.beyond)
    late = next(one for one in regressions() if one.scene.onset and one.table.startswith("errors"))
    onset = late.scene.onset
    calm, hasty = [INF] * 400, [60.0] * 40 + [INF] * 360
    found: list[tuple[str, Entry, tuple[Outcome, ...]]] = [
        ("nulls", promised, (outcome("calm", *calm), outcome("hasty", *hasty))),
        ("nulls", beyond, (outcome("calm", *hasty), outcome("hasty", *hasty))),
        (
            "regressions",
            late,
            (
                outcome("calm", *[500.0] * 20, seconds=(onset + 60,) * 20),
                outcome(
                    "hasty", *[0.0] * 10, *[300.0] * 10, seconds=(60.0,) * 10 + (onset + 60,) * 10
                ),
            ),
        ),
    ]
    return summed_up(found, made_with(1, Size()))


def test_a_rule_is_valid_by_its_upper_limit_on_promised_nulls_alone() -> None:
    one = results()
    assert one.valid() == ("calm",)
    assert one.invalid() == {"hasty"}
    assert one.nulls[1]["rules"][0]["share"] == 0.1


def test_runs_rolled_back_before_the_onset_are_counted_apart() -> None:
    calm, hasty = results().regressions[0]["rules"]
    assert (calm["requests"], calm["before_onset"], calm["found"]) == (500, 0, 1)
    assert (hasty["requests"], hasty["before_onset"], hasty["found"]) == (300, 0.5, 1)


def test_results_are_json_and_carry_no_date() -> None:
    text = json.dumps(asdict(results()), allow_nan=False)
    made = json.loads(text)["made_with"]
    assert set(made) == {"python", "numpy", "scipy", "seed", "runs", "every"}


def test_tables_mark_the_best_valid_rule_and_those_that_are_not() -> None:
    text = tables.rollbacks(results(), ours=["calm"])
    assert "| calm | **500 (0.02) [500-500]** |" in text
    assert "| hasty (not valid) | 300 (0.01) [300-300], 50 % before |" in text
    low, high = (100 * limit for limit in binomtest(40, 400).proportion_ci(method="exact"))
    assert f"| hasty | 10 [{low:.2f}-{high:.0f}] | 10 [{low:.2f}-{high:.0f}] |" in text


def test_plots_are_the_same_for_the_same_figures(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        plots.draw(results(), ["calm"], tmp_path / folder)
    drawn = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert drawn == ["false-rollbacks.svg", "requests-to-rollback.svg"]
    for name in drawn:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_every_entry_has_a_name_of_its_own_and_rules_of_their_own() -> None:
    scenes = [null.traffic.name for null in nulls()] + [one.scene.name for one in regressions()]
    passings = [one.name for one in (*healthy(), *harmful())]
    assert len(set(scenes)) == len(scenes)
    assert len(set(passings)) == len(passings)
    for rules in (rules_for_nulls(), *(rules_for(one) for one in regressions())):
        names = [rule.name for rule in rules]
        assert len(set(names)) == len(names)
        assert set(names) & {rule.name for rule in OURS}


def test_jobs_cover_all_runs_of_all_entries_once() -> None:
    todo = jobs.jobs(Size(nulls=2500, regressions=10, passing=1), seed=1)
    assert len(set(todo)) == len(todo)
    for catalogue, runs in {"nulls": 2500, "regressions": 10, "healthy": 1, "harmful": 1}.items():
        for index in range(len(CATALOGUES[catalogue]())):
            blocks = [j for j in todo if (j.catalogue, j.index) == (catalogue, index)]
            assert sum(job.runs for job in blocks) == runs


def test_a_batch_for_the_engine_has_the_counts_of_its_run() -> None:
    scene = replace(nulls()[1].traffic, parts=3, seconds=60.0)
    (look,) = scene.looks(np.random.default_rng(1), 4)
    batch = batch_of(look, 2)
    canary, side = batch.canary, look.canary
    assert (canary.requests, canary.bad["errors"]) == (side.requests[2], side.errors[2])
    assert side.latency is not None
    assert canary.latency == tuple(side.latency[2])
    assert set(canary.segments) == set(segment_names(SEGMENTS))
    assert sum(one.requests for one in canary.segments.values()) == canary.requests
    assert side.labels is not None
    assert sum(one.labels for one in canary.labels.values()) == side.labels[2].sum()
    assert sum(part.requests for part in batch.stable_parts) == batch.stable.requests
    # A lognormal law of median 300 ms and spread 0.4 has 0.13 % beyond a second.
    assert 0 <= batch.stable.bad["slow"] <= 12


def test_the_engine_counts_requests_until_it_is_stopped() -> None:
    scene = Traffic(name="bad", odds=Always(odds_of(0.5, 0.01)), seconds=600.0)

    def worse(evidence: Evidence) -> bool:
        return judge(evidence, PROMISE, 0).kind is VerdictKind.WORSE

    rng = np.random.default_rng(1)
    found = requests_until(worse, scene, PROMISE, runs=6, rng=rng)
    assert ((found > 20) & (found < 200)).all()
    healthy_ = replace(scene, odds=Always(1.0))
    assert np.isinf(requests_until(worse, healthy_, PROMISE, runs=6, rng=rng)).all()


@pytest.mark.parametrize("rate", [0.0, 0.01])
def test_a_healthy_canary_passes_near_its_bound_and_a_harmful_one_does_not(rate: float) -> None:
    one = Passing(0, rate)
    found = one.outcome(10, np.random.SeedSequence(1)).requests
    assert 0.3 < np.median(found) / one.bound < 3
    bad = Passing(0, 0.05, PROMISE.step_odds[0])
    assert np.isinf(bad.outcome(10, np.random.SeedSequence(1)).requests).sum() > 5


@pytest.mark.long
def test_costs_are_measured_for_each_metric_and_for_many_segments() -> None:
    rows = costs(1)
    assert {row["metrics"] for row in rows} >= {"errors", "labels", "latency"}
    assert max(int(str(row["segments"])) for row in rows) == 100
    assert all(float(str(row["look_ms"])) > 0 for row in rows)
