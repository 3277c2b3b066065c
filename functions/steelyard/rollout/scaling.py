"""Autoscaling of stable: what a model's file asks for, and what the ledger's state wants. Pure.

Anyone may import it; `aws/scaling.py` makes it so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from steelyard.evidence.promise import require
from steelyard.rollout.model import EndpointState, Phase, Rollout

Standing = Literal["active", "suspended"]


@dataclass(frozen=True, slots=True)
class ScalingSettings:
    """How stable scales.

    Attributes:
        min_instances, max_instances: bounds of its instance count.
        invocations_per_instance: requests a minute that each instance should take.
    """

    # Read by pydantic, which a Lambda has not.
    __pydantic_config__: ClassVar = {"extra": "forbid"}

    min_instances: int
    max_instances: int
    invocations_per_instance: float

    def __post_init__(self) -> None:
        least, most, rate = self.min_instances, self.max_instances, self.invocations_per_instance
        # No variant of a model on instances can go below one.
        require(least >= 1, "min_instances", least, "1 or more")
        accepted = f"at least min_instances, {least}"
        require(most >= least, "max_instances", most, accepted)
        accepted = "a finite number above 0"
        require(0 < rate < math.inf, "invocations_per_instance", rate, accepted)


def wanted(state: EndpointState) -> Mapping[str, Standing] | None:
    """Which variants are to be scaled; None while it is not known which one is stable.

    A pure function of what the ledger holds, so that scaling comes back after every end of a
    rollout, however it ended: a change of counts locks the endpoint, and then no weight moves.
    """
    if state.stable is None:
        return None
    held = state.rollout is not None and _is_held(state.rollout)
    return {state.stable.variant: "suspended" if held else "active"}


def _is_held(rollout: Rollout) -> bool:
    if rollout.phase.is_over:  # the loser's removal is an update too
        return rollout.intent is not None and rollout.intent.config is not None
    # A person who is called before an update was begun finds stable scaling.
    return Phase.PENDING not in (rollout.phase, rollout.resume_to)
