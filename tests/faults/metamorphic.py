"""Invariant 9: duplicates and another order of events change nothing about the end.

The same plan, with and without them. For `tests/faults`.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.faults.kinds import MESSAGES, PHASES
from tests.faults.plan import Fault, Plan
from tests.faults.run import Run

_MIXED = ("event duplicated", "event reordered", "event replayed after 91 days", "event dropped")


def plain(plan: Plan) -> Plan:
    """The plan's first rollout, with nothing that goes wrong and nobody who interferes."""
    return replace(plan, faults=(), items=plan.items[:1], truths=plan.truths[:1], answers=())


def mixed_up(plan: Plan) -> Plan:
    """The plan, with events that come twice, late, months old, or never."""
    random = Random(plan.seed)
    faults = [
        Fault(
            random.choice(_MIXED),
            phase,
            random.choice(MESSAGES[:-1]),
            random.choice((0, 1)),
            random.choice((1, 3)),
            seconds=random.uniform(30, 200),
        )
        for phase in PHASES
    ]
    return replace(plan, faults=tuple(faults))


def end_of(plan: Plan) -> tuple[str, str, dict[str, float], str]:
    """What a run comes to: phase, stable variant, everybody's share, and a promise that broke."""
    run = Run(plan)
    result = run.play()
    state = run.history.entries[-1].state
    weights = run.cloud.endpoint.fleet.weights
    shares = {name: round(run.cloud.share(name), 3) for name in weights}
    return run.history.phase, state["stable"]["variant"], shares, str(result.broken or "")


def differs(plan: Plan) -> str:
    """How the ends of the two runs differ, in words; empty when they don't."""
    first = plain(plan)
    without, mixed = end_of(first), end_of(mixed_up(first))
    return "" if without == mixed else f"without faults {without}, with {mixed}"
