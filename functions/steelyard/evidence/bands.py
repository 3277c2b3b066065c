"""The latency bands that requests are counted in. Pure; anyone may import it."""

from __future__ import annotations

from datetime import timedelta
from itertools import accumulate

_STEP = 1.3  # a band is 30 % wide; a shift moves requests across bounds, however wide bands are
_BELOW, _ABOVE = 20, 4  # bounds below and above `slow_after`: from 1/190 of it to 2.9 times it
_MICROSECOND = timedelta(microseconds=1)

BANDS = _BELOW + _ABOVE + 2
"""How many: one more than there are bounds."""


def latency_bounds(slow_after: timedelta, scale: float = 1.0) -> tuple[int, ...]:
    """Upper bounds of all bands but the last, in microseconds, ascending.

    A band holds latencies above the bound before it, up to and including its own: CloudWatch's
    `TC(a:b)` counts so.

    Args:
        slow_after: one of the bounds; there are more below it than above.
        scale: factor on every bound. The canary's bands are a margin times as wide as stable's:
            then "no slower than margin times stable" is "no higher in its own bands".
    """
    middle = slow_after / _MICROSECOND
    exact = (middle * scale * _STEP**power for power in range(-_BELOW, _ABOVE + 1))
    # Where bounds fall below a microsecond apart, rounding must not make two of them equal.
    return tuple(accumulate(map(round, exact), lambda before, bound: max(before + 1, bound)))
