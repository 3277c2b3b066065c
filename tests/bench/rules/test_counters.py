"""Counters take what they say out of a batch, and say so where a scene lacks it."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from bench.counts import Side
from bench.rules.counters import (
    AVERAGE_LATENCY,
    ERRORS,
    SLOW_AFTER,
    WRONG_LABELS,
    Counter,
    band_above,
    errors_in,
    slow_from,
    wrong_labels_in,
)
from steelyard.evidence import latency_bounds
from tests.bench.rules.traffic import BANDS

LATENCY = np.zeros((2, BANDS), np.int64)
LATENCY[:, -1] = 3, 5
LATENCY[:, 0] = 7
SIDE = Side(
    requests=np.array([10, 12]),
    errors=np.array([1, 2]),
    segment_requests=np.array([[4, 6], [5, 7]]),
    segment_errors=np.array([[0, 1], [2, 0]]),
    labels=np.array([[3, 4], [5, 6]]),
    wrong=np.array([[1, 0], [2, 3]]),
    latency=LATENCY,
)


@pytest.mark.parametrize(
    ("counter", "observed", "bad"),
    [
        (ERRORS, [10, 12], [1, 2]),
        (errors_in(1), [6, 7], [1, 0]),
        (WRONG_LABELS, [7, 11], [1, 5]),
        (wrong_labels_in(0), [3, 5], [1, 2]),
        (slow_from(BANDS - 1), [10, 12], [3, 5]),
        (slow_from(0), [10, 12], [10, 12]),
    ],
    ids=lambda each: each.name if isinstance(each, Counter) else "",
)
def test_counter_takes_what_it_says(counter: Counter, observed: list[int], bad: list[int]) -> None:
    assert [each.tolist() for each in counter.of(SIDE)] == [observed, bad]


@pytest.mark.parametrize(
    ("counter", "missing"),
    [
        (errors_in(0), "requests by segment"),
        (WRONG_LABELS, "labels"),
        (wrong_labels_in(0), "labels"),
        (slow_from(1), "latencies"),
        (AVERAGE_LATENCY, "latencies"),
    ],
    ids=lambda each: each.name if isinstance(each, Counter) else "",
)
def test_counts_that_a_scene_lacks_are_named(counter: Counter, missing: str) -> None:
    with pytest.raises(ValueError, match=missing):
        counter.of(Side(np.array([1]), np.array([0])))


@pytest.mark.parametrize("latency_us", [latency_bounds(SLOW_AFTER)[4], 500_000])
def test_first_band_above_a_latency_begins_there_or_later(latency_us: int) -> None:
    bounds = latency_bounds(SLOW_AFTER)
    band = band_above(timedelta(microseconds=latency_us))
    assert bounds[band - 1] >= latency_us > bounds[band - 2]


def test_average_lies_inside_its_band() -> None:
    bounds = latency_bounds(SLOW_AFTER)
    for band in range(1, BANDS - 1):
        latency = np.zeros((1, BANDS), np.int64)
        latency[0, band] = 1
        _, total = AVERAGE_LATENCY.of(Side(np.array([1]), np.array([0]), latency=latency))
        assert bounds[band - 1] < total[0] < bounds[band]
