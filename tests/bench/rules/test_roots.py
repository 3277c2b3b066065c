"""The root finder keeps each row's root enclosed, and stops close to it."""

from __future__ import annotations

import numpy as np

from bench.counts import Ints
from bench.rules.roots import TOLERANCE, roots
from bench.rules.sums import Floats

ROWS, KNOTS = 2000, 6


def test_points_stay_between_those_that_enclose_the_root() -> None:
    # Falling lines with bends and cliffs: secants overshoot where they are steep.
    rng = np.random.default_rng(11)
    knots = np.sort(rng.uniform(-10, 10, (ROWS, KNOTS)), axis=1)
    cliffs = rng.exponential(1.0, (ROWS, KNOTS)) ** 6
    slopes = rng.exponential(1.0, (ROWS, 1)) ** 4
    middle = cliffs.sum(axis=1, keepdims=True) * rng.random((ROWS, 1))
    low, high = np.full(ROWS, -10.0), np.full(ROWS, 10.0)
    above, below = low.copy(), high.copy()
    asked = np.zeros(ROWS, np.int64)

    def value(x: Floats, rows: Ints) -> Floats:
        steps = np.clip(50 * (x[:, None] - knots[rows]), 0, 1)
        fallen = (cliffs[rows] * steps).sum(axis=1) + slopes[rows, 0] * x
        return np.asarray(middle[rows, 0] - fallen, np.float64)

    def watched(x: Floats, rows: Ints) -> Floats:
        assert (x >= above[rows]).all()
        assert (x <= below[rows]).all()
        found = value(x, rows)
        above[rows] = np.where(found > 0, x, above[rows])
        below[rows] = np.where(found < 0, x, below[rows])
        asked[rows] += 1
        return found

    rows = np.arange(ROWS)
    ends = value(low, rows), value(high, rows)
    inside = np.flatnonzero((ends[0] > 0) & (ends[1] < 0))
    assert len(inside) > ROWS / 2
    found = roots(
        lambda x, which: watched(x, inside[which]),
        low[inside],
        high[inside],
        ends[0][inside],
        ends[1][inside],
    )
    closed = value(found - TOLERANCE, inside) * value(found + TOLERANCE, inside) <= 0
    assert closed.all()
    assert asked.max() < 100


def test_end_that_is_a_root_is_returned() -> None:
    def line(x: Floats, _: Ints) -> Floats:
        return 1 - x

    low, high = np.array([0.0, 1.0]), np.array([1.0, 2.0])
    rows = np.arange(2)
    assert roots(line, low, high, line(low, rows), line(high, rows)).tolist() == [1.0, 1.0]
