"""Latencies of both variants, counted in the engine's bands. For bench/traffic and its bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
from numpy.random import Generator
from scipy.special import ndtr

from bench.counts import Bools, Ints
from bench.traffic.curves import Always, Course, Curve, Floats
from steelyard.evidence import latency_bounds

SLOW_AFTER = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Latency:
    """Latencies with a lognormal law.

    Attributes:
        median_us, spread: the median, and the standard deviation of ln latency.
        both: factor on both variants' latencies: an incident, a busy hour.
        factor: the canary's, on top.
        tail, tail_factor: share of the canary's requests that take so many times as long.
        margin: the guardrail's; the canary's bands are as much wider.
    """

    median_us: float = 300_000.0
    spread: float = 0.4
    both: Curve = field(default_factory=lambda: Always(1.0))
    factor: Curve = field(default_factory=lambda: Always(1.0))
    tail: Curve = field(default_factory=lambda: Always(0.0))
    tail_factor: float = 4.0
    margin: float = 1.0

    def bands(self, both: Floats, factor: Floats, tail: Floats, *, canary: bool) -> Floats:
        """The exact probability of each band, (1 or runs, bands)."""
        bounds = np.log(latency_bounds(SLOW_AFTER, self.margin if canary else 1.0))
        middle = np.log(self.median_us * both * factor)[:, None]
        below = ndtr((bounds - middle) / self.spread)
        tailed = ndtr((bounds - middle - np.log(self.tail_factor)) / self.spread)
        below = (1 - tail[:, None]) * below + tail[:, None] * tailed
        return np.diff(below, axis=1, prepend=0.0, append=1.0)

    def drawn(self, both: Floats, factor: Floats, tail: Floats) -> Latencies:
        """Ready to be drawn from, with the curves' values by batch."""
        return Latencies(self, Course(both), Course(factor), Course(tail))


@dataclass(slots=True)
class Latencies:
    """Latencies as they are drawn: the courses of `Latency`'s curves, by their names."""

    law: Latency
    both: Course
    factor: Course
    tail: Course

    def draw(self, rng: Generator, look: int, stable: Ints, canary: Ints) -> tuple[Ints, Ints]:
        """How many of each variant's requests, (runs,), fall into each band, (runs, bands)."""
        both = self.both.at(look)
        one, none = np.ones(1), np.zeros(1)
        of_stable = self.law.bands(both, one, none, canary=False)
        of_canary = self.law.bands(both, self.factor.at(look), self.tail.at(look), canary=True)
        return rng.multinomial(stable, of_stable), rng.multinomial(canary, of_canary)

    def keep(self, which: Bools) -> None:
        """Go on with these runs only."""
        for course in (self.both, self.factor, self.tail):
            course.keep(which)
