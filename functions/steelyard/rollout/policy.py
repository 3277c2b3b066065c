"""How careful a rollout is: the `rollout:` part of a model's file. Pure; anyone may import it.

One definition serves the synthesizer (pydantic validates this very dataclass), the Lambda and
the console.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import ClassVar, Literal

from steelyard.evidence.counts import OTHER
from steelyard.evidence.promise import Guardrail, Promise, require

_SEGMENT = re.compile("[a-z][a-z0-9-]{0,39}")
_LABELS_COMPLETE = timedelta(seconds=30)  # the intake's time-out, and some
_IN_FLIGHT = timedelta(seconds=30)
_MOST_SEGMENTS = 50  # each has evidence of its own in every entry of the ledger


@dataclass(frozen=True, slots=True)
class Policy:
    """What a rollout may risk, and how long it may take.

    Attributes:
        steps: canary percentages, rising, each 1 to 99.
        first_step: auto: the first step is sized to stable's traffic, to about 100 canary
            requests a minute; it replaces `steps[0]`, is never more than that, and waits while
            stable has no request (docs/adr/0016). null: it is `steps[0]`.
        step_odds: for each step the odds ratio that must be ruled out before it is left; as many
            as `steps`, each above the margins of all guardrails.
        alpha: probability that a healthy candidate is rolled back, over the whole rollout.
        beta: probability that a proof behind a passed step is false; each guardrail has two.
        guardrails: the metrics that may stop a rollout.
        segments: user groups that labels name; a drop in one of them alone is found too.
        slow_after: a request that takes longer is slow; latency bands lie around it.
        bake: least time at each step.
        least_requests: least canary requests at each step.
        discard: time after each raise whose counts are not used (cold caches).
        warm_up: time at weight 0 before the first step.
        holdback_percent, holdback: canary share, and least time, after the last step.
        deadline: longest time at one step; then PAUSED, or rolled back where no data came.
        provision_timeout: longest time until the canary's instances serve.
        settle: hold after weights went back, longer than a call can be in flight: at least 30
            seconds, since the Lambda and its calls end before.
        metric_lag: age at which a minute of metrics counts as complete; with labels at least 30
            seconds, since those of a minute may be written 20 seconds after it.
        canary_instances: instances of the canary variant; null: as many as stable has.
        keep_loser: how long the loser stays at weight 0 after the end, unless the next rollout's
            update takes it out before; null: until then, however long.
        collect_after: how long configs and models of ended rollouts are kept at least; those of
            stable and of the version before it always are. null: for good.
    """

    # Read by pydantic, which a Lambda has not.
    __pydantic_config__: ClassVar = {"extra": "forbid"}

    steps: tuple[int, ...] = (1, 5, 10, 25, 50)
    first_step: Literal["auto"] | None = None
    step_odds: tuple[float, ...] = (3.0, 3.0, 2.0, 2.0, 1.5)
    alpha: float = 0.01
    beta: float = 0.05
    guardrails: tuple[Guardrail, ...] = (
        Guardrail(metric="errors", weight=0.6),
        Guardrail(metric="latency", weight=0.4, margin=1.1, absolute_margin=0.02),
    )
    segments: tuple[str, ...] = ()
    slow_after: timedelta = timedelta(seconds=1)
    bake: timedelta = timedelta(minutes=10)
    least_requests: int = 100
    discard: timedelta = timedelta(minutes=2)
    warm_up: timedelta = timedelta(minutes=2)
    holdback_percent: int = 95
    holdback: timedelta = timedelta(minutes=30)
    deadline: timedelta = timedelta(hours=24)
    provision_timeout: timedelta = timedelta(hours=1)
    settle: timedelta = timedelta(minutes=2)
    metric_lag: timedelta = timedelta(minutes=1)
    canary_instances: int | None = None
    keep_loser: timedelta | None = timedelta(hours=24)
    collect_after: timedelta | None = timedelta(days=30)

    def __post_init__(self) -> None:
        steps = self.steps
        require(bool(steps), "steps", steps, "at least one percentage")
        require(all(1 <= s <= 99 for s in steps), "steps", steps, "whole percentages, 1 to 99")
        require(
            all(a < b for a, b in pairwise(steps)),
            "steps",
            steps,
            "rising percentages",
        )
        odds = self.step_odds
        require(
            len(odds) == len(steps) and all(ratio > 1 for ratio in odds),
            "step_odds",
            odds,
            f"{len(steps)} odds ratios (one a step), each above 1",
        )
        ratios = (g.margin for g in self.guardrails if g.metric != "latency")
        margin = max(ratios, default=1.0)
        require(
            min(odds) > margin, "step_odds", odds, f"each above every margin, so above {margin:g}"
        )
        for key in ("alpha", "beta"):
            value = getattr(self, key)
            require(0 < value < 0.5, key, value, "more than 0, less than 0.5")
        self._check_guardrails()
        self._check_segments()
        require(
            steps[-1] < self.holdback_percent <= 99,
            "holdback_percent",
            self.holdback_percent,
            f"above the last step, {steps[-1]}, up to 99",
        )
        require(self.least_requests >= 1, "least_requests", self.least_requests, "1 or more")
        instances = self.canary_instances
        require(
            instances is None or instances >= 1, "canary_instances", instances, "1 or more, or null"
        )
        self._check_durations()

    @property
    def promise(self) -> Promise:
        """What the evidence is held to."""
        return Promise(self.alpha, self.beta, self.guardrails, self.step_odds, self.segments)

    def guardrail(self, metric: str) -> Guardrail | None:
        """The guardrail on a metric; None where there is none."""
        return next((one for one in self.guardrails if one.metric == metric), None)

    def _check_guardrails(self) -> None:
        metrics = [guardrail.metric for guardrail in self.guardrails]
        require(bool(metrics), "guardrails", metrics, "at least one")
        require(len(set(metrics)) == len(metrics), "guardrails", metrics, "each metric once")
        total = sum(guardrail.weight for guardrail in self.guardrails)
        require(abs(total - 1) < 1e-9, "guardrails.weight", total, "weights that sum to 1")

    def _check_segments(self) -> None:
        segments = self.segments
        require(len(segments) <= _MOST_SEGMENTS, "segments", len(segments), "at most 50")
        require(len(set(segments)) == len(segments), "segments", segments, "each once")
        for segment in segments:
            named = _SEGMENT.fullmatch(segment) is not None and segment != OTHER
            accepted = f"lower-case letters, digits and hyphens, at most 40, and not {OTHER!r}"
            require(named, "segments", segment, accepted)
        weighed = self.guardrail("labels") is not None
        accepted = "segments only with a guardrail on labels"
        require(weighed or not segments, "segments", segments, accepted)
        lag, least = self.metric_lag, _LABELS_COMPLETE
        accepted = f"at least {least} with a guardrail on labels"
        require(not weighed or lag >= least, "metric_lag", lag, accepted)

    def _check_durations(self) -> None:
        for key in _MAY_BE_ZERO + _ABOVE_ZERO:
            least = timedelta(0) if key in _MAY_BE_ZERO else timedelta(milliseconds=1)
            value = getattr(self, key)
            require(least <= value, key, value, f"at least {least}")
        require(
            self.bake + self.discard < self.deadline,
            "deadline",
            self.deadline,
            "longer than bake and discard together",
        )
        require(self.settle >= _IN_FLIGHT, "settle", self.settle, f"at least {_IN_FLIGHT}")
        for key in ("keep_loser", "collect_after"):
            keep = getattr(self, key)
            require(keep is None or keep >= timedelta(0), key, keep, "0 or more, or null")


_MAY_BE_ZERO = ("bake", "discard", "warm_up", "holdback", "metric_lag")
_ABOVE_ZERO = ("slow_after", "deadline", "provision_timeout")
