"""cli/simulating/setting.py and scenes.py: from the options to the traffic."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from bench.counts import Look
from cli.problems import Problem
from cli.simulating.scenes import Repeated, traffic
from cli.simulating.setting import Setting
from cli.simulating.wording import Worse
from steelyard.rollout.policy import Policy
from tests.unit.cli.simulated import ERRORS, LABELLED, setting

TWICE = Worse("2x-errors", "errors", 2.0)


def looks(of: Setting, worse: Worse | None, runs: int = 200) -> list[Look]:
    """All batches of a scene."""
    return list(traffic(of, worse).looks(np.random.default_rng(5), runs))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"traffic": 0.0}, "--traffic: got 0; accepted: more than 0, up to 100000"),
        ({"error_rate": 1.0}, "--error-rate: got 1; accepted: more than 0, up to 0.99"),
        ({"spread": float("nan")}, "--spread: got nan"),
        ({"after": "soon"}, "--after: got 'soon'; accepted: whole minutes such as .*, 0m to 7d"),
        ({"after": "8d"}, "--after: got '8d'"),
        ({"after": "30s"}, "--after: got '30s'"),
        ({"lasts": "0m"}, "--for: got '0m'; accepted: whole minutes such as .*, 1m to 7d"),
        ({"traffic": 1.0, "trace": Path("x.csv")}, "--traffic and --trace are both given"),
    ],
)
def test_option_that_can_not_be_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(Problem, match=said):
        setting(Policy(), **given)


def test_regression_to_more_errors_than_requests_is_refused() -> None:
    with pytest.raises(Problem, match=r"2x-errors: the usual rate of errors is 0\.5; accepted"):
        setting(Policy(), TWICE, error_rate=0.5)


def test_error_rate_beside_a_trace_that_has_errors_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text("t,requests,errors\n0,60,6\n60,60,0\n")
    assert setting(Policy(), trace=path).error_rate == 0.05
    with pytest.raises(Problem, match=r"--error-rate: .*has errors of its own"):
        setting(Policy(), trace=path, error_rate=0.01)


def test_simulated_time_is_the_rollouts_unless_it_is_said() -> None:
    assert setting(Policy(), lasts=None).seconds == 92 * 60
    assert setting(Policy(), lasts=None, after="6h").seconds == (6 * 60 + 92) * 60


def test_canary_is_worse_from_the_start_of_the_regression_on() -> None:
    found = looks(setting(ERRORS, TWICE, traffic=100.0, after="1h"), TWICE)
    rates = [
        sum(look.canary.errors.sum() for look in part)
        / sum(look.canary.requests.sum() for look in part)
        for part in (found[:60], found[60:])
    ]
    assert len(found) == 3 * 60
    assert rates == pytest.approx([0.01, 0.02], rel=0.02)


def test_canary_has_the_share_that_the_policy_gives_it() -> None:
    quick = Policy(steps=(10, 40), step_odds=(3.0, 2.0), bake=timedelta(minutes=10))
    found = looks(setting(quick, traffic=100.0, lasts="30m"), None, runs=50)
    percents = [10] * 12 + [40] * 12 + [95] * 6
    assert [look.canary_percent for look in found] == percents
    for look, percent in zip(found, percents, strict=True):
        all_ = look.canary.requests.sum() + look.stable.requests.sum()
        assert look.canary.requests.sum() / all_ == pytest.approx(percent / 100, abs=0.01)


def test_labels_are_worse_in_the_named_segment_alone() -> None:
    worse = Worse("3x-labels@de", "labels", 3.0, "de")
    found = looks(setting(LABELLED, worse, traffic=200.0), worse)
    wrong = sum(look.canary.wrong.sum(axis=0) for look in found if look.canary.wrong is not None)
    labels = sum(look.canary.labels.sum(axis=0) for look in found if look.canary.labels is not None)
    assert wrong / labels == pytest.approx([0.3, 0.1], rel=0.02)


@pytest.mark.parametrize(("slow_after", "median"), [(1.0, 300.0), (0.05, 15.0), (20.0, 6000.0)])
def test_latency_bands_are_around_the_policys_slow_after(slow_after: float, median: float) -> None:
    """One request in a thousand takes 1/0.3 times the median, at a spread of 0.4."""
    policy = Policy(slow_after=timedelta(seconds=slow_after))
    one = setting(policy, traffic=1000.0, lasts="5m")
    stable = [look.stable.latency for look in looks(one, None, runs=20)]
    bands = sum(counts.sum(axis=0) for counts in stable if counts is not None)
    assert one.latency_ms == pytest.approx(median)
    assert bands[21:].sum() / bands.sum() == pytest.approx(0.0013, rel=0.05)


def test_trace_repeats_and_each_run_begins_elsewhere_in_it() -> None:
    """Four intervals of 30 s; the first run begins after 15 s, with half of the first one."""
    curve = Repeated((30.0, 60.0, 90.0, 0.0), 30.0)
    found = curve.over(np.random.default_rng(0), np.array([0.0, 60.0, 120.0, 180.0]), 4)
    once = [[2.0, 2.0, 1.0, 1.0], [1.0, 1.0, 2.0, 2.0]]
    assert found == pytest.approx(np.array([*once, *once]))


def test_error_rate_of_a_trace_is_that_of_the_same_intervals_as_its_requests() -> None:
    requests, errors = (600.0, 1200.0), (6.0, 120.0)
    rng, times = np.random.default_rng(0), np.array([0.0, 60.0])
    rate = Repeated(errors, 60.0, requests).over(rng, times, 2)
    count = Repeated(requests, 60.0).over(rng, times, 2)
    # The runs begin in the middle of an interval, so each batch has half of both.
    assert rate * count * 60 == pytest.approx(np.full((2, 2), 63.0))


def test_trace_without_requests_for_a_while_has_no_errors_then() -> None:
    curve = Repeated((0.0, 0.0, 5.0, 0.0), 60.0, (0.0, 0.0, 50.0, 0.0))
    rates = curve.over(np.random.default_rng(0), np.array([0.0, 60.0, 120.0, 180.0]), 4)
    assert np.unique(rates) == pytest.approx([0.0, 0.1])
