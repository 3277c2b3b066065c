"""How likely it is that the demo fails by chance, worked out from its policy. For the demo only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from math import comb

from steelyard.evidence import Arm, Batch, begin, judge, weigh
from steelyard.rollout.policy import Policy

BAD_RATE = 0.14
"""Version 2 fails at least this share of requests; measured: 17 to 19 % (cli/demo/updates)."""

_MOST_FAILURES = 40  # what more of them add to the sum is far below its last digit
_MOST_REQUESTS = 1 << 16
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sizing:
    """The two ways in which chance can spoil the story.

    Attributes:
        false_rollback: bound on the probability that healthy version 3 is rolled back.
        escape: bound on the probability that version 2 passes the first step.
        proof: good canary requests, without a failure, that the first step asks for at least.
    """

    false_rollback: float
    escape: float
    proof: int

    @property
    def by_chance(self) -> float:
        """Bound on the probability that the demo fails by chance."""
        return self.false_rollback + self.escape

    def __str__(self) -> str:
        """The computation, in words."""
        return (
            f"Healthy version 3 is rolled back by the evidence with probability at most alpha = "
            f"{self.false_rollback:g}, over errors, labels, segments and latency, however often "
            f"one looks (Ville's inequality). Version 2 fails at least {BAD_RATE:.0%} of requests. "
            f"To pass the first step, it would have to fail none of {self.proof} canary requests, "
            f"or few of more: probability at most {self.escape:.1e} (binomial, summed over the "
            f"number of failures). Together at most {self.by_chance:.2e}, less than one run in a "
            "thousand. Not in it is a machine that stands still for seconds: latencies within half "
            "as much again as stable's are tolerated, and the absolute alarm asks for a p99 of two "
            "seconds."
        )


def sizing(policy: Policy) -> Sizing:
    """What the policy means for the demo.

    Raises:
        ValueError: without failures in stable, version 3 could never pass.
    """
    needed = [_proof_with(policy, failures) for failures in range(_MOST_FAILURES)]
    # More requests only help a proof, and its cap only takes away: to pass with so many failures,
    # the canary needs at least so many requests.
    escape = sum(_at_most(failures, proof) for failures, proof in enumerate(needed))
    return Sizing(policy.alpha, escape, needed[0])


def _at_most(failures: int, requests: int) -> float:
    """Probability that version 2 fails no more than that of so many requests."""
    return sum(
        comb(requests, k) * BAD_RATE**k * (1 - BAD_RATE) ** (requests - k)
        for k in range(failures + 1)
    )


def _proof_with(policy: Policy, failures: int) -> int:
    """Fewest canary requests, so many of them failed, that pass the first step on errors."""
    low, high = failures, _MOST_REQUESTS
    if not _passes(policy, high, failures):
        raise ValueError("errors: got no absolute_margin, but without failures nothing else passes")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _passes(policy, middle, failures) else (middle, high)
    return high


def _passes(policy: Policy, requests: int, failures: int) -> bool:
    """Whether so many canary requests pass, where stable has no failure to compare with."""
    batch = Batch(
        end=_EPOCH,
        canary_percent=policy.steps[0],
        stable=Arm(requests, {}),
        canary=Arm(requests, {"errors": failures}),
    )
    evidence = weigh(begin(policy.promise), batch, policy.promise)
    return "errors" not in judge(evidence, policy.promise, 0).unproven
