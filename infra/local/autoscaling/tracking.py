"""Target tracking: from a metric's last minutes to an instance count. Pure; only this package.

Source: "How target tracking scaling works", Application Auto Scaling user guide. AWS publishes
when its alarms fire (three minutes above the target; fifteen below nine tenths of it) and what
cooldowns do, but not how it computes a count: proportional to the metric, rounded up, is ours.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

HIGH_MINUTES, LOW_MINUTES = 3, 15
_LOW_SHARE = 0.9
_DEFAULT_COOLDOWN_S = 300
"""Of SageMaker variants, out and in (user guide, "Define cooldown periods")."""


@dataclass(frozen=True)
class Tracking:
    """What a policy asks for: the metric at `target` on each instance."""

    target: float
    out_cooldown_s: float = _DEFAULT_COOLDOWN_S
    in_cooldown_s: float = _DEFAULT_COOLDOWN_S
    scales_in: bool = True


@dataclass(frozen=True)
class Change:
    """The last change of a target's count; `ended` is None while it is under way."""

    before: int
    after: int
    ended: float | None = None


def tracked_count(
    tracking: Tracking,
    minutes: Sequence[float | None],
    count: int,
    last: Change | None,
    now: float,
) -> int:
    """Answer the count that the policy wants, before any bounds; `count` to leave it.

    Args:
        minutes: the metric, the oldest of the last `LOW_MINUTES` first; None where no data came.
            A missing minute scales nothing: AWS's alarms are then short of data.
        count: instances now.
        last: the last change; a cooldown starts when it ends.
        now: seconds on the clock of `last.ended`.
    """
    high, low = minutes[-HIGH_MINUTES:], minutes[-LOW_MINUTES:]
    if all(value is not None and value > tracking.target for value in high):
        # What the last change added counts as part of this one while it cools down: the minutes
        # may still show the load on the few instances of before.
        cooling = _cools(last, now, tracking.out_cooldown_s, out=True)
        base = last.before if last is not None and cooling else count
        return max(count, _proportional(base, high[-1], tracking.target))
    quiet = [value for value in low if value is not None and value < _LOW_SHARE * tracking.target]
    if tracking.scales_in and len(quiet) == len(low) == LOW_MINUTES:
        if _cools(last, now, tracking.in_cooldown_s, out=False):
            return count
        return min(count, _proportional(count, max(quiet), tracking.target))
    return count


def _cools(last: Change | None, now: float, cooldown_s: float, *, out: bool) -> bool:
    """Answer whether a change in this direction is under way or too fresh."""
    if last is None or (last.after > last.before) != out:
        return False
    return last.ended is None or now < last.ended + cooldown_s


def _proportional(count: int, value: float | None, target: float) -> int:
    # Rounded first: 3 x 10 / 30 as floats may come out a hair above 1.
    return max(1, math.ceil(round(count * (value or 0.0) / target, 9)))
