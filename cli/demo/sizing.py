"""How likely it is that the demo fails by chance, worked out from its policy. For the demo only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from math import comb

from steelyard.evidence import Arm, Batch, VerdictKind, begin, judge, weigh
from steelyard.evidence.forecast import Traffic, requests_until_not_worse
from steelyard.rollout.policy import Policy

BAD_RATE = 0.2
"""Version 2 fails at least this share of requests; measured: 23 to 26 % (cli/demo/updates)."""

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sizing:
    """The two ways in which chance can spoil the story.

    Attributes:
        false_rollback: bound on the probability that healthy version 3 is rolled back.
        escape: bound on the probability that version 2 passes the first step.
        failures: failed canary requests that suffice for WORSE, while stable has none.
        proof: good canary requests, without a failure, that the first step asks for at least.
    """

    false_rollback: float
    escape: float
    failures: int
    proof: int

    @property
    def by_chance(self) -> float:
        """Bound on the probability that the demo fails by chance."""
        return self.false_rollback + self.escape

    def __str__(self) -> str:
        """The computation, in words."""
        return (
            f"Healthy version 3 is rolled back with probability at most alpha = "
            f"{self.false_rollback:g}, however often one looks (Ville's inequality). Version 2 "
            f"fails at least {BAD_RATE:.0%} of requests. It could pass the first step only if "
            f"fewer than {self.failures} of its first {self.proof} canary requests failed: "
            f"{self.failures} failures are called WORSE, and the step asks for at least "
            f"{self.proof} good ones; probability {self.escape:.1e} (binomial). Together at most "
            f"{self.by_chance:.2e}, less than one run in a thousand."
        )


def sizing(policy: Policy) -> Sizing:
    """What the policy means for the demo."""
    percent = policy.steps[0]
    quiet = Traffic(stable_rate=0, canary_rate=0, canary_percent=percent)
    proof = requests_until_not_worse(policy.promise, "errors", 0, quiet)
    if proof is None:
        raise ValueError("errors: got no absolute_margin, but without failures nothing else passes")
    failures = _failures_for_worse(policy, percent)
    escape = sum(
        comb(proof, k) * BAD_RATE**k * (1 - BAD_RATE) ** (proof - k) for k in range(failures)
    )
    return Sizing(policy.alpha, escape, failures, proof)


def _failures_for_worse(policy: Policy, percent: int) -> int:
    """Fewest failures that are called WORSE when they come at the rate of version 2."""
    failures = 1
    while True:
        requests = round(failures / BAD_RATE)
        quiet = {guardrail.metric: 0 for guardrail in policy.guardrails}
        batch = Batch(
            end=_EPOCH,
            canary_percent=percent,
            stable=Arm(round(requests * (100 - percent) / percent), quiet),
            canary=Arm(requests, {**quiet, "errors": failures}),
        )
        evidence = weigh(begin(policy.promise), batch, policy.promise)
        if judge(evidence, policy.promise, 0).kind is VerdictKind.WORSE:
            return failures
        failures += 1
