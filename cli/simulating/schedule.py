"""How a rollout's shares would rise by time alone, if all steps pass. For `cli.simulate`.

In truth a step also waits for its proof, so a rollout is slower; only WORSE is simulated.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from steelyard.rollout.policy import Policy
from steelyard.rollout.warming import sized

BATCH = 60.0  # seconds; shares change between batches
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Stay:
    """One share of the traffic, for a while.

    Attributes:
        start: seconds since the first step began.
        seconds: how long the policy asks for.
        percent: the canary's.
    """

    start: float
    seconds: float
    percent: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """Shares one after another; the last one stays.

    Attributes:
        stays: the steps, and the holdback.
        discard: seconds at the beginning of each whose counts are not weighed.
        paused: whether a step's deadline comes before its least requests do: then it is the last.
    """

    stays: tuple[Stay, ...]
    discard: float
    paused: bool = False

    @property
    def seconds(self) -> float:
        """Until the holdback, or the deadline, is over."""
        return self.stays[-1].start + self.stays[-1].seconds

    def stay_at(self, seconds: float) -> Stay:
        """The one that a batch belongs to which begins then."""
        return next(stay for stay in reversed(self.stays) if stay.start <= seconds)

    def is_weighed(self, start: float) -> bool:
        """Whether a batch that begins then is; the others are discarded."""
        return start >= self.stay_at(start).start + self.discard


def schedule_of(policy: Policy, per_second: float) -> Schedule:
    """When each share begins.

    Args:
        policy: steps, and how long each lasts at least: `discard`, then `bake` or as long as
            `least_requests` take, whichever is longer.
        per_second: requests of both variants together, on average.
    """
    steps = [float(percent) for percent in policy.steps]
    if policy.first_step is not None:
        steps[0] = sized(policy, 60 * per_second)
    discard, deadline = policy.discard / _SECOND, policy.deadline / _SECOND
    stays: list[Stay] = []
    start = 0.0
    for percent in (*steps, float(policy.holdback_percent)):
        least = policy.holdback if len(stays) == len(steps) else policy.bake
        needed = policy.least_requests / (per_second * percent / 100)
        seconds = _whole(discard + max(least / _SECOND, needed))
        stays.append(Stay(start, min(seconds, _whole(deadline)), percent))
        if seconds > deadline:
            return Schedule(tuple(stays), discard, paused=True)
        start += seconds
    return Schedule(tuple(stays), discard)


def _whole(seconds: float) -> float:
    return ceil(seconds / BATCH) * BATCH
