"""Curves: values over time, at random where runs differ, and the real traces."""

from __future__ import annotations

import numpy as np
import pytest

from bench.traffic import AfterEach, Bursts, Curve, Daily, During, Product, Stairs, Trace, since
from bench.traffic.curves import Course, Floats
from bench.traffic.traces import series

MINUTES = np.arange(0.0, 86_400.0, 60.0)


def over(curve: Curve, runs: int = 3, times: Floats = MINUTES) -> Floats:
    return curve.over(np.random.default_rng(1), times, runs)


def test_a_day_returns_to_its_mean_and_swings_around_it() -> None:
    values = over(Daily(20.0, 0.5))[:, 0]
    assert values[0] == 20
    assert values.mean() == pytest.approx(20)
    assert (values.min(), values.max()) == pytest.approx((10, 30))


def test_stairs_keep_their_last_value() -> None:
    values = over(Stairs((1.0, 5.0, 25.0), 3600.0))[:, 0]
    assert values[[0, 59, 60, 120, 1439]].tolist() == [1, 1, 5, 25, 25]
    assert Stairs((1.0, 5.0), 3600.0).starts == (0.0, 3600.0)


def test_during_and_after_each_hold_from_their_start_until_before_their_end() -> None:
    assert np.flatnonzero(over(During(120, 240, 9.0))[:, 0] == 9).tolist() == [2, 3]
    assert np.flatnonzero(over(AfterEach((0, 600), 120, 9.0))[:, 0] == 9).tolist() == [0, 1, 10, 11]
    assert (over(since(600, 2.0))[:, 0] == 2).sum() == 1430


def test_a_product_is_that_of_its_values() -> None:
    values = over(Product(Daily(20.0, 0.5), During(0, 60, 3.0)))[:, 0]
    assert values[:2] == pytest.approx([60, over(Daily(20.0, 0.5))[1, 0]])


def test_bursts_are_as_frequent_and_as_long_as_said_and_differ_by_run() -> None:
    values = over(Bursts(1.0, 5.0, 1800.0, 600.0), runs=400) == 5
    assert values.mean() == pytest.approx(0.25, abs=0.02)
    begins = (values[1:] & ~values[:-1]).sum()
    assert values.sum() / begins == pytest.approx(1 / (1 - np.exp(-0.1)), rel=0.05)
    assert (values[:, 0] != values[:, 1]).any()


def test_a_course_keeps_runs_that_differ_and_has_one_column_for_those_that_do_not() -> None:
    differing = Course(np.arange(6.0).reshape(2, 3))
    differing.keep(np.array([True, False, True]))
    assert differing.at(1).tolist() == [3, 5]
    same = Course(np.array([[7.0], [8.0]]))
    same.keep(np.array([True, False, True]))
    assert same.at(1).tolist() == [8]


@pytest.mark.parametrize(
    ("name", "autocorrelated"), [("rds cpu", True), ("taxi rides", True), ("elb requests", False)]
)
def test_traces_are_scaled_and_keep_their_shape(name: str, autocorrelated: bool) -> None:  # noqa: FBT001 - a table's column
    every, raw = series(name)
    times = np.arange(0.0, len(raw) * every, every)
    values = over(Trace(name, 20.0, np.inf), runs=5, times=times)
    assert values.mean(axis=0) == pytest.approx(np.full(5, 20.0))
    assert sorted(values[:, 0].tolist()) == pytest.approx(sorted((raw * 20 / raw.mean()).tolist()))
    assert (np.corrcoef(raw[1:], raw[:-1])[0, 1] > 0.9) == autocorrelated


def test_a_trace_is_cut_off_where_it_would_be_too_high() -> None:
    assert over(Trace("elb requests", 20.0, 30.0), runs=50).max() == 30


def test_an_unknown_trace_is_refused_by_its_name() -> None:
    with pytest.raises(KeyError, match="nothing"):
        series("nothing")
