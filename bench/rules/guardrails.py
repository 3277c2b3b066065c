"""SageMaker's deployment guardrails: alarms count while the canary bakes. For bench and cli."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.counts import Bools, Look
from bench.rule import Rule, Watch

_LONGEST_BAKING = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrails:
    """Canary traffic shifting with auto-rollback: any alarm that rings while baking rolls back.

    The product shifts a canary's share (at most half of the new fleet), waits for
    `WaitIntervalInSeconds` (at most 3600), and moves the rest if none of one to ten alarms has
    rung; a rollback is complete. Its documented alarms, for the new fleet: average error rate,
    2 periods of 600 s, missing data not breaching; average model latency, 2 periods of 300 s.
    (The documented limit of the former, 1 for an average of zeros and ones, can't be exceeded;
    here the limit is a rate.) Baking is as long as it may be. After it the canary has passed:
    whatever comes then is not looked at. Stable's errors are not compared, and nothing is
    promised about false rollbacks.

    Attributes:
        alarms: each a rule of its own.
        baking: seconds from the start in which they count.
    """

    name: str
    alarms: tuple[Rule, ...]
    baking: float = _LONGEST_BAKING

    def __post_init__(self) -> None:
        if not 0 < self.baking <= _LONGEST_BAKING:
            message = f"baking of {self.baking} s: SageMaker takes more than 0, up to 3600"
            raise ValueError(message)

    def begin(self, runs: int) -> AnyOf:
        """See `bench.rule.Rule`."""
        return AnyOf([alarm.begin(runs) for alarm in self.alarms], until=self.baking)


@dataclass(frozen=True, slots=True)
class Together:
    """Several rules side by side, on several counters say: one that asks is enough.

    The false rollbacks add up, so give each its part of alpha (Bonferroni).
    """

    name: str
    rules: tuple[Rule, ...]

    def begin(self, runs: int) -> AnyOf:
        """See `bench.rule.Rule`."""
        return AnyOf([rule.begin(runs) for rule in self.rules], until=np.inf)


class AnyOf:
    """Several watches, of which one is enough, until a point in time."""

    def __init__(self, watches: list[Watch], *, until: float) -> None:
        self._watches = watches
        self._until = until

    def rolls_back(self, look: Look) -> Bools:
        """See `bench.rule.Watch`."""
        asked: Bools = np.any([watch.rolls_back(look) for watch in self._watches], axis=0)
        return asked if look.seconds <= self._until else np.zeros_like(asked)

    def keep(self, which: Bools) -> None:
        """See `bench.rule.Watch`."""
        for watch in self._watches:
            watch.keep(which)
