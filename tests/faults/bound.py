"""How soon a rollout must come to rest once nothing goes wrong any more. For `tests/faults`.

`docs/reliability.md` states it.
"""

from __future__ import annotations

from datetime import timedelta

from tests.faults.plan import Plan
from tests.faults.queue import MOST_RECEIVES, VISIBILITY

_CALLS = timedelta(minutes=5)
"""An update of weights, its confirmation, and attempts that a late call made fail."""


def bound(plan: Plan) -> timedelta:
    """From the last fault until a phase in which nothing is left to be done.

    A message that failed is waited for; then each rollout, also one that waited, spends at most
    its deadline at each step, and what an update and a rollback take besides.
    """
    policy = plan.policy
    steps = len(policy.steps) + 3  # PENDING or WARMING, HOLDBACK, FINALIZING
    one = (
        policy.provision_timeout
        + steps * (policy.deadline + _CALLS)
        + policy.warm_up
        + policy.settle
        + (policy.keep_loser or timedelta(0))
    )
    return MOST_RECEIVES * VISIBILITY + (1 + len(plan.truths)) * one
