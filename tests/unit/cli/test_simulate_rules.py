"""cli/simulating/rules.py, bound.py and figures.py: whose figures they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import inf

import numpy as np
import pytest

from bench.rule import Rule
from bench.run import outcomes, seed_of
from bench.traffic.curves import Floats
from bench.twin import Twin
from cli.simulating.bound import bound
from cli.simulating.figures import figures_of
from cli.simulating.rules import OURS, ours, products
from cli.simulating.scenes import traffic
from cli.simulating.setting import Setting
from cli.simulating.wording import Worse
from steelyard.evidence import Guardrail
from steelyard.rollout.policy import Policy
from tests.unit.cli.simulated import ERRORS, LABELLED, setting

TWICE = Worse("2x-errors", "errors", 2.0)


def rolled_back(rule: Rule, of: Setting, worse: Worse | None, runs: int = 100) -> Floats:
    """When, in seconds; inf: never."""
    return outcomes([rule], traffic(of, worse), runs, seed_of("test", 3))[0].seconds


def test_ours_is_the_twin_with_the_policys_promise() -> None:
    of = setting(ERRORS, TWICE)
    mine = rolled_back(ours(ERRORS, of.schedule), of, TWICE)
    assert np.array_equal(mine, rolled_back(Twin(ERRORS.promise, "twin"), of, TWICE))
    assert np.isfinite(mine).any()


def test_policy_that_risks_more_rolls_back_more_healthy_canaries() -> None:
    of = setting(ERRORS)
    bold, careful = (
        np.isfinite(rolled_back(ours(replace(ERRORS, alpha=a), of.schedule), of, None, 400)).sum()
        for a in (0.3, 0.001)
    )
    assert careful <= 4
    assert bold > careful + 10


def test_what_is_discarded_is_not_weighed_but_labels_are() -> None:
    """All is discarded: only labels can tell."""
    worse = (Worse("9x-errors", "errors", 9.0), Worse("9x-labels", "labels", 9.0))
    policy = replace(LABELLED, discard=timedelta(hours=2))
    of = setting(policy, *worse)
    errors, labels = (rolled_back(ours(policy, of.schedule), of, one, 20) for one in worse)
    assert np.isinf(errors).all()
    assert np.isfinite(labels).all()


def test_errors_are_not_known_by_segment_as_in_a_rollout() -> None:
    """With errors by segment half of their weight would be the segments'."""
    of = setting(LABELLED, TWICE)
    alone = replace(LABELLED, segments=("all",))
    mine, pooled = (
        rolled_back(ours(replace(p, discard=timedelta(0)), of.schedule), of, TWICE)
        for p in (LABELLED, alone)
    )
    assert np.median(mine) == np.median(pooled) < inf


@pytest.mark.parametrize(("factor", "expected"), [(1.5, 4515), (2.0, 1273), (5.0, 125)])
def test_bound_at_one_share_is_that_of_the_documents(factor: float, expected: int) -> None:
    """Those of docs/evidence.md are of bad events alone: 5 % canary, 1 % errors, alpha 1 %."""
    worse = Worse("", "errors", factor)
    assert bound(setting(ERRORS, worse), worse) == pytest.approx(expected, rel=0.02)


def test_bound_counts_what_each_share_brings() -> None:
    """Ten minutes at 5 % are 600 requests; the rest comes at 50 %."""
    quick = replace(ERRORS, bake=timedelta(minutes=10))
    only = replace(ERRORS, steps=(50,), holdback_percent=60)
    part = 1 - 600 / bound(setting(ERRORS, TWICE), TWICE)
    at_half = bound(setting(only, TWICE), TWICE)
    assert bound(setting(quick, TWICE), TWICE) == pytest.approx(600 + part * at_half)
    late = setting(quick, TWICE, after="10m")
    assert bound(late, TWICE) == pytest.approx(at_half)


@pytest.mark.parametrize(
    "worse", [Worse("", "errors", 1.04), Worse("", "latency", 1.09), Worse("", "latency", 1.1)]
)
def test_what_is_within_the_margin_is_never_found(worse: Worse) -> None:
    assert bound(setting(Policy(), worse), worse) == inf


def test_products_watch_latency_where_the_policy_does() -> None:
    slower = Worse("3x-latency", "latency", 3.0)
    both = setting(Policy(), slower)
    found = {rule.name: rolled_back(rule, both, slower, 20) for rule in products(both)}
    # Without its promotion after ten minutes Flagger would; all the others do.
    assert {name for name, when in found.items() if np.isinf(when).all()} == set()
    alone = setting(replace(Policy(), guardrails=(Guardrail("errors", 1.0),)))
    assert all(
        np.isinf(rolled_back(rule, alone, None, 20)).mean() > 0.2 for rule in products(alone)
    )


def test_figures_have_all_rules_on_all_scenes_and_are_the_same_again() -> None:
    of = setting(ERRORS, TWICE, lasts="90m")
    told: list[float] = []
    first, again, other = (
        figures_of(of, [TWICE], 40, seed, lambda _, part: told.append(part)) for seed in (1, 1, 2)
    )
    assert first == again
    assert first.healthy != other.healthy
    names = [one.rule for one in first.healthy]
    assert names[0] == OURS
    assert [one.rule for one in first.regressions[0].rules] == names
    assert {name.replace(",", "").split()[0] for name in names[1:]} == {
        "CloudWatch",
        "SageMaker",
        "Flagger",
        "Argo",
        "Kayenta",
    }
    assert all(0 <= part <= 1 for part in told)


def test_rollbacks_before_the_regression_are_no_finds() -> None:
    of = setting(ERRORS, TWICE, after="2h", lasts="10m")
    figures = figures_of(of, [TWICE], 100, 1, lambda *_: None)
    ratio = next(one for one in figures.regressions[0].rules if "ratio" in one.rule)
    assert ratio.before > 0.2
    assert 0 < ratio.found.value < ratio.before
