"""How a rate, a share or a factor goes with time; plain data, so that processes can share it.

For bench and cli.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, pi
from typing import Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bench.counts import Bools

Floats = NDArray[np.float64]
DAY = 86_400.0


class Curve(Protocol):
    """A value at each of some times."""

    def over(self, rng: Generator, times: Floats, runs: int) -> Floats:
        """The values at `times` (seconds): (times, 1), or (times, runs) where runs differ."""
        ...


@dataclass(frozen=True, slots=True)
class Always:
    """The same value throughout."""

    value: float

    def over(self, rng: Generator, times: Floats, runs: int) -> Floats:
        """See `Curve`."""
        del rng, runs
        return np.full((len(times), 1), self.value)


@dataclass(frozen=True, slots=True)
class Daily:
    """A sine of one day around a mean; `swing` 0.5 goes from half to one and a half of it."""

    mean: float
    swing: float

    def over(self, rng: Generator, times: Floats, runs: int) -> Floats:
        """See `Curve`."""
        del rng, runs
        return (self.mean * (1 + self.swing * np.sin(2 * pi * times / DAY)))[:, None]


@dataclass(frozen=True, slots=True)
class During:
    """One value from `start` until before `end`, another one outside."""

    start: float
    end: float
    inside: float
    outside: float = 1.0

    def over(self, rng: Generator, times: Floats, runs: int) -> Floats:
        """See `Curve`."""
        del rng, runs
        here = (times >= self.start) & (times < self.end)
        return np.where(here, self.inside, self.outside)[:, None]


def since(start: float, value: float) -> During:
    """1 before `start`, `value` from then on."""
    return During(start, inf, value)


@dataclass(frozen=True, slots=True)
class AfterEach:
    """One value for some seconds after each of some times, another one else."""

    starts: tuple[float, ...]
    seconds: float
    inside: float
    outside: float = 1.0

    def over(self, rng: Generator, times: Floats, runs: int) -> Floats:
        """See `Curve`."""
        del rng, runs
        age = times[:, None] - np.array(self.starts)
        here = ((age >= 0) & (age < self.seconds)).any(axis=1)
        return np.where(here, self.inside, self.outside)[:, None]


@dataclass(frozen=True, slots=True)
class Stairs:
    """Values one after another, each for so many seconds; the last one stays."""

    values: tuple[float, ...]
    seconds: float

    def over(self, rng: Generator, times: Floats, runs: int) -> Floats:
        """See `Curve`."""
        del rng, runs
        step = np.minimum(times // self.seconds, len(self.values) - 1).astype(np.int64)
        return np.array(self.values)[step][:, None]

    @property
    def starts(self) -> tuple[float, ...]:
        """When each value begins."""
        return tuple(i * self.seconds for i in range(len(self.values)))


@dataclass(frozen=True, slots=True)
class Bursts:
    """Calm and bursts by turns, at random in each run; both last exponentially long.

    Attributes:
        calm, burst: the values.
        calm_seconds, burst_seconds: how long each lasts on average.
    """

    calm: float
    burst: float
    calm_seconds: float
    burst_seconds: float

    def over(self, rng: Generator, times: Floats, runs: int) -> Floats:
        """See `Curve`; a burst begins and ends at one of the times."""
        gap = times[1] - times[0] if len(times) > 1 else 0.0
        begins, ends = (1 - np.exp(-gap / s) for s in (self.calm_seconds, self.burst_seconds))
        within = rng.random(runs) < self.burst_seconds / (self.calm_seconds + self.burst_seconds)
        here = np.empty((len(times), runs), dtype=np.bool_)
        for row in here:
            row[:] = within
            chance = rng.random(runs)
            within = np.where(within, chance >= ends, chance < begins)
        return np.where(here, self.burst, self.calm)


@dataclass(frozen=True, slots=True)
class Product:
    """Two curves multiplied."""

    one: Curve
    other: Curve

    def over(self, rng: Generator, times: Floats, runs: int) -> Floats:
        """See `Curve`."""
        return self.one.over(rng, times, runs) * self.other.over(rng, times, runs)


class Course:
    """A curve's values in a number of runs, which become fewer."""

    def __init__(self, values: Floats) -> None:
        self._values = values

    def at(self, look: int) -> Floats:
        """The value at one look: (1,) or (runs,)."""
        row: Floats = self._values[look]
        return row

    def keep(self, which: Bools) -> None:
        """Go on with these runs only."""
        if self._values.shape[1] > 1:
            self._values = self._values[:, which]
