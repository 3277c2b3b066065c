"""What a policy's promise says of all counts of a past rollout. For `cli` alone.

Each minute's counts were made at the share that the rollout gave the canary; another policy might
have given it another one. So this is what the evidence would have said, not what would have been
decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cli.past import Past
from steelyard.evidence import Evidence, Promise, Verdict, VerdictKind, begin, judge, weigh
from steelyard.rollout.counting import weighed
from steelyard.rollout.policy import Policy

Proof = tuple[str, float]
"""A guardrail's metric, and the odds ratio that is ruled out; or its rate is low enough."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """The evidence after one look that brought counts.

    Attributes:
        at: when the look was.
        percent: the share that the canary really had.
        requests: of the canary, weighed until then.
        verdict: as for the first step.
        proved: what was proven for the first time.
    """

    at: datetime
    percent: float
    requests: int
    verdict: Verdict
    proved: frozenset[Proof]

    @property
    def total(self) -> float:
        """Log evidence of harm, all metrics together."""
        return self.verdict.log_evidence["total"]


def weighings(past: Past, policy: Policy) -> tuple[Weighing, ...]:
    """All counts of the rollout under a policy, look by look; also those that it discards."""
    promise = policy.promise
    evidence, requests = begin(promise), 0
    sought = {(g.metric, odds) for g in promise.guardrails for odds in promise.step_odds}
    found = []
    for turn in past.turns:
        if turn.before.weights_since is None or not turn.event.seen.batches:
            continue
        for batch in weighed(replace(turn.before, policy=policy), turn.event.seen):
            evidence = weigh(evidence, batch, promise)
            requests += batch.canary.requests
        proved = _proved(evidence, promise, sought)
        sought -= proved
        verdict, percent = judge(evidence, promise, 0), turn.before.canary_percent
        found.append(Weighing(turn.entry.at, percent, requests, verdict, proved))
    return tuple(found)


def first_worse(looks: Sequence[Weighing]) -> Weighing | None:
    """The first look at which the evidence says WORSE."""
    return next((look for look in looks if look.verdict.kind is VerdictKind.WORSE), None)


def first_proof(looks: Sequence[Weighing], metric: str, odds: float) -> Weighing | None:
    """The first look at which a guardrail passes a step that has to rule out `odds`."""
    return next((look for look in looks if (metric, odds) in look.proved), None)


def _proved(evidence: Evidence, promise: Promise, sought: set[Proof]) -> frozenset[Proof]:
    """Which of the proofs sought stand."""
    steps = {odds: promise.step_odds.index(odds) for _, odds in sought}
    unproven = {odds: judge(evidence, promise, step).unproven for odds, step in steps.items()}
    return frozenset((metric, odds) for metric, odds in sought if metric not in unproven[odds])
