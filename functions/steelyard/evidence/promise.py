"""What the evidence is held to: error probabilities and guardrails. Pure; anyone may import it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from steelyard.errors import InvalidPolicy

METRICS = ("errors", "labels", "latency")


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A bad-event counter that must not get worse than its margin.

    Attributes:
        metric: `errors` (requests the model answered with an error), `labels` (answers that a
            later report called wrong, pooled and by segment) or `latency` (of every request; it
            passes by the share of requests slower than `Policy.slow_after`).
        weight: share of the evidence that this metric is given; all weights sum to 1.
        margin: tolerated odds ratio, >= 1; 1.05 tolerates 5 % more. For `latency` the tolerated
            factor: 1.1 tolerates answers that take 10 % longer.
        absolute_margin: a bad rate below which the canary passes whatever the ratio, 0 to 1.
            Without it a healthy canary with hardly any errors could never prove it.
    """

    # Read by pydantic, which a Lambda has not.
    __pydantic_config__: ClassVar = {"extra": "forbid"}

    metric: str
    weight: float
    margin: float = 1.05
    absolute_margin: float | None = 0.005

    def __post_init__(self) -> None:
        require(self.metric in METRICS, "metric", self.metric, f"one of {', '.join(METRICS)}")
        require(0 < self.weight <= 1, "weight", self.weight, "more than 0, at most 1")
        require(self.margin >= 1, "margin", self.margin, "1 or more")
        require(
            self.absolute_margin is None or 0 < self.absolute_margin < 1,
            "absolute_margin",
            self.absolute_margin,
            "between 0 and 1, or null",
        )


@dataclass(frozen=True, slots=True)
class Promise:
    """The user's promise, and what is watched for it.

    Attributes:
        alpha: probability that a healthy canary is called WORSE, over the whole rollout.
        beta: probability that a guardrail is passed by a claim that is false: "odds ratio below
            the step's", or "bad rate below the absolute margin"; for each of the two claims.
        guardrails: metrics with weights that sum to 1.
        step_odds: for each step the odds ratio (> 1) to rule out.
        segments: user groups that labels are also weighed in, each by itself.
    """

    alpha: float
    beta: float
    guardrails: tuple[Guardrail, ...]
    step_odds: tuple[float, ...]
    segments: tuple[str, ...] = ()


def require(holds: bool, key: str, value: object, accepted: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Raise InvalidPolicy naming the key, the value and what is accepted, unless it holds."""
    if not holds:
        raise InvalidPolicy(f"{key}: got {value!r}, accepted: {accepted}")
