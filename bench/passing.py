"""How many requests a healthy canary needs to pass a step, and how often a bad one does.

With the engine itself, not its twin. For bench.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, log

import numpy as np

from bench.bounds import passing_rate, rates
from bench.engine import requests_until
from bench.run import Outcome
from bench.traffic.curves import Always
from bench.traffic.requests import with_odds
from bench.traffic.scene import Traffic
from steelyard.evidence import Guardrail, Promise, VerdictKind, judge
from steelyard.rollout.policy import Policy

RATES = (0.0, 1e-4, 1e-3, 0.01, 0.05)
_POLICY = Policy()
_MARGIN = 0.005  # absolute; the default guardrail's
PROMISE = Promise(
    _POLICY.alpha,
    _POLICY.beta,
    (Guardrail("errors", 1.0, absolute_margin=_MARGIN),),
    _POLICY.step_odds,
)
_LOOKS = 25  # about as many until a step is passed at its bound
_HORIZON = 8  # times the bound; later than that it counts as never


@dataclass(frozen=True, slots=True)
class Passing:
    """A canary at one step, by itself and from no evidence.

    Attributes:
        step: index of the default policy's steps.
        rate: stable's error rate.
        odds: the canary's odds ratio: 1 is healthy.
    """

    step: int
    rate: float
    odds: float = 1.0

    @property
    def name(self) -> str:
        """As results show it."""
        return f"step {self.percent:g} %, {self.rate:g} errors, odds ratio {self.odds:g}"

    @property
    def percent(self) -> float:
        """The canary's share."""
        return float(_POLICY.steps[self.step])

    @property
    def step_odds(self) -> float:
        """What must be ruled out."""
        return PROMISE.step_odds[self.step]

    @property
    def bound(self) -> float:
        """Canary requests ln(1/beta)/I that a healthy one needs, by the quicker of two proofs."""
        share = self.percent / 100
        by_odds = rates(self.rate, self.rate, share, self.step_odds) if self.rate else 0.0
        information = max(by_odds, passing_rate(self.rate, _MARGIN))
        return -log(PROMISE.beta) / information if information else inf

    def outcome(self, runs: int, seed: np.random.SeedSequence) -> Outcome:
        """Canary requests until it passed; inf: not within the horizon."""
        batch = max(5, ceil(self.bound / _LOOKS))
        scene = Traffic(
            name=self.name,
            per_second=Always(batch * 100 / self.percent),
            percent=Always(self.percent),
            errors=Always(self.rate),
            odds=Always(self.odds),
            batch=1.0,
            seconds=_LOOKS * _HORIZON,
        )
        found = requests_until(
            lambda evidence: judge(evidence, PROMISE, self.step).kind is VerdictKind.NOT_WORSE,
            scene,
            PROMISE,
            runs=runs,
            rng=np.random.default_rng(seed),
        )
        return Outcome("the engine", found, found / batch)


def healthy() -> tuple[Passing, ...]:
    """At each default step and error rate."""
    return tuple(Passing(step, rate) for rate in RATES for step in range(len(PROMISE.step_odds)))


def harmful() -> tuple[Passing, ...]:
    """Canaries with the very odds ratio that a step must rule out, and above the absolute margin.

    The last of each step has the absolute margin's very rate, too: either proof is false.
    """
    return tuple(
        Passing(step, rate, odds)
        for step, odds in enumerate(PROMISE.step_odds)
        for rate in (0.01, 0.05, float(with_odds(np.array(_MARGIN), np.array(1 / odds))))
    )
