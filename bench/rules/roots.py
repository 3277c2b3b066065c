"""Brent's root finder on many functions at once, one a row. For bench/rules/mann_whitney.py.

The product that is re-implemented there stops within an absolute tolerance that can be coarse next
to its data, so what it returns depends on the path. This takes the same one: Brent 1973, chapter 4,
as Netlib's `zeroin` and R's `uniroot` do.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.counts import Bools, Ints
from bench.rules.sums import Floats

TOLERANCE = 1e-4
_EPSILON = float(np.finfo(np.float64).eps)
_STEPS = 1000

Function = Callable[[Floats, Ints], Floats]
"""Values at points for the rows named."""


class _Brackets:
    """The rows' brackets: `best` and `across` enclose the root, `last` was the best before."""

    def __init__(self, low: Floats, high: Floats, at_low: Floats, at_high: Floats) -> None:
        self.last, self.at_last = low.copy(), at_low.copy()
        self.best, self.at_best = high.copy(), at_high.copy()
        self.across, self.at_across = low.copy(), at_low.copy()

    def put_better_first(self) -> None:
        """Make `best` the end with the smaller value."""
        swap = np.abs(self.at_across) < np.abs(self.at_best)
        for last, best, across in (
            (self.last, self.best, self.across),
            (self.at_last, self.at_best, self.at_across),
        ):
            last[swap] = best[swap]
            best[swap] = across[swap]
            across[swap] = last[swap]

    def of(self, which: Bools) -> _Brackets:
        """These rows' only."""
        rows = _Brackets(
            self.across[which], self.best[which], self.at_across[which], self.at_best[which]
        )
        rows.last, rows.at_last = self.last[which], self.at_last[which]
        return rows

    def step(self, before: Floats, tolerance: Floats) -> Floats:
        """How far to go from `best`: interpolated where that is safe, else half of the bracket."""
        half = (self.across - self.best) / 2
        up, down = self._interpolation()
        up, down = np.abs(up), np.where(up > 0, -down, down)
        trusted = (np.abs(before) >= tolerance) & (np.abs(self.at_last) > np.abs(self.at_best))
        inside = up < 1.5 * half * down - np.abs(tolerance * down) / 2
        trusted &= inside & (up < np.abs(before * down / 2))
        step = np.where(trusted, np.divide(up, down, out=half.copy(), where=trusted), half)
        least = np.where(step > 0, tolerance, -tolerance)
        return np.where(np.abs(step) < tolerance, least, step)

    def _interpolation(self) -> tuple[Floats, Floats]:
        """Numerator and denominator of a secant step, or of an inverse quadratic one."""
        with np.errstate(divide="ignore", invalid="ignore"):
            width = self.across - self.best
            to_last = self.at_best / self.at_last
            to_across, ratio = self.at_best / self.at_across, self.at_last / self.at_across
            bend = width * ratio * (ratio - to_across)
            quadratic = to_last * (bend - (self.best - self.last) * (to_across - 1))
            divisor = (ratio - 1) * (to_across - 1) * (to_last - 1)
            linear = self.last == self.across
            return (
                np.where(linear, width * to_last, quadratic),
                np.where(linear, 1 - to_last, divisor),
            )


def roots(function: Function, low: Floats, high: Floats, at_low: Floats, at_high: Floats) -> Floats:
    """A root of each row between `low` and `high`, or an end at which the value is zero.

    Args:
        function: of points and the rows that they are for.
        low, high, at_low, at_high: each row's bracket and the values at its ends.
    """
    found = np.where(at_low == 0, low, high)
    rows = np.flatnonzero((at_low != 0) & (at_high != 0))
    state = _Brackets(low[rows], high[rows], at_low[rows], at_high[rows])
    for _ in range(_STEPS):
        before = state.best - state.last
        state.put_better_first()
        found[rows] = state.best
        tolerance = 2 * _EPSILON * np.abs(state.best) + TOLERANCE / 2
        going = (np.abs(state.across - state.best) / 2 > tolerance) & (state.at_best != 0)
        if not going.any():
            break
        rows, before, tolerance, state = (
            rows[going],
            before[going],
            tolerance[going],
            state.of(going),
        )
        step = state.step(before, tolerance)
        state.last, state.at_last = state.best.copy(), state.at_best.copy()
        state.best = state.best + step
        state.at_best = function(state.best, rows)
        same = np.sign(state.at_best) * np.sign(state.at_across) > 0
        state.across = np.where(same, state.last, state.across)
        state.at_across = np.where(same, state.at_last, state.at_across)
    return found
