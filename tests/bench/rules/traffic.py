"""Small traffic for the tests of rules: looks built by hand, or drawn from rates."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from bench.counts import Bools, Ints, Look, Side
from bench.rule import Rule
from bench.rules.counters import SLOW_AFTER
from steelyard.evidence import latency_bounds

BANDS = len(latency_bounds(SLOW_AFTER)) + 1

Pair = tuple[ArrayLike, ArrayLike]


def side(counts: Pair) -> Side:
    """Requests and errors, of one run or of several."""
    requests, errors = (np.atleast_1d(np.asarray(each, np.int64)) for each in counts)
    return Side(requests, errors)


def look(
    minute: float,
    canary: Pair,
    stable: Pair = (0, 0),
    *,
    length: float = 60.0,
    percent: float = 5.0,
) -> Look:
    """A batch that ends at this minute."""
    return Look(60.0 * minute, length, percent, side(stable), side(canary))


def latency_look(minute: float, canary: list[int], stable: list[int]) -> Look:
    """One run's requests by latency band."""

    def bands(counts: list[int]) -> Side:
        return Side(np.array([sum(counts)]), np.array([0]), latency=np.array([counts]))

    return Look(60.0 * minute, 60.0, 5.0, bands(stable), bands(canary))


def drawn(runs: int, minutes: int, ratio: float = 1.0) -> Iterator[Look]:
    """20 requests a second, 1 % errors, and a canary of 5 % that is `ratio` times as bad."""
    rng = np.random.default_rng(1)
    for minute in range(1, minutes + 1):
        canary, stable = rng.poisson(60, runs), rng.poisson(1140, runs)
        errors = rng.binomial(canary, ratio * 0.01), rng.binomial(stable, 0.01)
        yield look(minute, (canary, errors[0]), (stable, errors[1]))


def of_runs(batch: Look, which: Bools) -> Look:
    """The batch of these runs only."""

    def part(whole: Side) -> Side:
        return Side(whole.requests[which], whole.errors[which])

    return Look(
        batch.seconds, batch.length, batch.canary_percent, part(batch.stable), part(batch.canary)
    )


def first_rollback(rule: Rule, looks: list[Look]) -> int | None:
    """The place, from 1, of the look at which a single run is rolled back."""
    watch = rule.begin(1)
    for place, batch in enumerate(looks, 1):
        if watch.rolls_back(batch)[0]:
            return place
    return None


def rolled_back(rule: Rule, looks: Iterator[Look], runs: int) -> Bools:
    """Which runs are rolled back at any of the looks."""
    watch = rule.begin(runs)
    ever = np.zeros(runs, np.bool_)
    for batch in looks:
        ever |= watch.rolls_back(batch)
    return ever


def ints(*values: int) -> Ints:
    return np.array(values, np.int64)
