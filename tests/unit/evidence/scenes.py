"""Minutes of traffic, and what the evidence makes of them. Not a test itself."""

from __future__ import annotations

from collections.abc import Mapping

from steelyard.evidence import (
    Arm,
    Batch,
    Evidence,
    Guardrail,
    Promise,
    Verdict,
    begin,
    judge,
    weigh,
)

from .simulation import START

PROMISE = Promise(
    alpha=0.01,
    beta=0.05,
    guardrails=(
        Guardrail("errors", 0.6),
        Guardrail("slow", 0.4, margin=1.1, absolute_margin=0.02),
    ),
    step_odds=(3.0, 2.0, 1.5),
)
Bad = Mapping[str, int]


def batch(
    *, canary: int = 60, stable: int = 1140, canary_bad: Bad, stable_bad: Bad, percent: int = 5
) -> Batch:
    """One minute."""
    return Batch(START, percent, Arm(stable, stable_bad), Arm(canary, canary_bad))


HEALTHY = batch(canary_bad={"errors": 1, "slow": 2}, stable_bad={"errors": 19, "slow": 38})
FAILING = batch(canary_bad={"errors": 30, "slow": 2}, stable_bad={"errors": 19, "slow": 38})
SLOWER = batch(canary_bad={"errors": 1, "slow": 30}, stable_bad={"errors": 19, "slow": 38})
INCIDENT = batch(canary_bad={"errors": 30, "slow": 45}, stable_bad={"errors": 570, "slow": 855})
PERFECT = batch(canary_bad={"errors": 0, "slow": 0}, stable_bad={"errors": 0, "slow": 0})
HALVES = batch(
    canary=600, stable=600, percent=50, canary_bad={"errors": 6}, stable_bad={"errors": 6}
)
UNMEASURED = batch(canary_bad={}, stable_bad={})


def after(*batches: Batch, promise: Promise = PROMISE) -> Evidence:
    """The evidence of these batches."""
    evidence = begin(promise)
    for one in batches:
        evidence = weigh(evidence, one, promise)
    return evidence


def verdict_of(*batches: Batch, step: int = 0, promise: Promise = PROMISE) -> Verdict:
    """The verdict after these batches."""
    return judge(after(*batches, promise=promise), promise, step)
