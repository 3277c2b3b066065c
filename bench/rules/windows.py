"""Counts by time window, as metric stores cut them. For bench/rules."""

from __future__ import annotations

from math import ceil

import numpy as np

from bench.counts import Bools, Ints, Look

_LATE = 1e-6  # seconds; batches end where windows do, but for rounding


class Windows:
    """The last `periods` windows of `seconds`, cut anew at every step.

    Windows slide: at each step the newest ends there, the one before it a window earlier. A batch
    belongs to the step in which it ends. What was before the start is empty, and so are windows.
    """

    def __init__(
        self, shape: tuple[int, int], *, periods: int, seconds: float, step: float
    ) -> None:
        """Args: shape: how many counts are kept, and of how many runs."""
        if seconds % step:
            message = f"windows of {seconds} s can't be cut every {step} s: give a whole multiple"
            raise ValueError(message)
        self._step = step
        self._width = int(seconds // step)
        self._steps = np.zeros((periods * self._width, *shape), np.int64)
        self._sums = np.zeros((periods, *shape), np.int64)
        self._open = np.zeros(shape, np.int64)
        self._ended = 0

    def add(self, look: Look, counts: Ints) -> Ints | None:
        """The windows' sums, (periods, counts, runs), newest first, where a step has ended."""
        before = self._ended
        own = ceil(look.seconds / self._step - _LATE) - 1
        while self._ended < own:  # also past batches that were not shown
            self._close()
        self._open += counts
        if look.seconds >= (self._ended + 1 - _LATE) * self._step:
            self._close()
        return self._sums if self._ended > before else None

    def keep(self, which: Bools) -> None:
        """Go on with these runs only."""
        self._steps = self._steps[..., which]
        self._sums = self._sums[..., which]
        self._open = self._open[..., which]

    def _close(self) -> None:
        """End a step: each window takes one in at its end, and lets one go at its start."""
        steps, periods = len(self._steps), len(self._sums)
        place = self._ended % steps
        leaving = self._steps[place].copy()  # the oldest of all, whose place the newest takes
        self._steps[place] = self._open
        for period in range(periods):
            self._sums[period] += self._steps[(place - period * self._width) % steps]
            older = (period + 1) * self._width
            self._sums[period] -= (
                leaving if older == steps else self._steps[(place - older) % steps]
            )
        self._open = np.zeros_like(self._open)
        self._ended += 1
