"""The forecast in a verdict: how many canary requests are still expected until the step passes."""

from __future__ import annotations

import pytest

from steelyard.evidence import Batch, Promise, VerdictKind

from .scenes import HALVES, HEALTHY, PERFECT, batch, verdict_of
from .simulation import promise_of


def test_forecast_is_that_of_the_slowest_unproven_guardrail() -> None:
    verdict = verdict_of(*[HEALTHY] * 5, step=2)
    errors_alone = verdict_of(*[HEALTHY] * 5, step=2, promise=promise_of(step_odds=(3.0, 2.0, 1.5)))
    assert verdict.unproven == ("errors", "latency")
    assert verdict.requests_to_pass == errors_alone.requests_to_pass


@pytest.mark.parametrize(
    ("minute", "promise"),
    [
        (HEALTHY, promise_of(step_odds=(1.5,))),
        (HALVES, promise_of(step_odds=(1.5,))),
        (PERFECT, promise_of(absolute_margin=0.005)),
    ],
    ids=["ratio", "ratio at 50 %", "absolute margin"],
)
def test_forecast_falls_by_the_requests_that_came_and_comes_true(
    minute: Batch, promise: Promise
) -> None:
    foreseen: list[int | None] = []
    while (verdict := verdict_of(*[minute] * len(foreseen), promise=promise)).unproven:
        foreseen.append(verdict.requests_to_pass)
    needed = minute.canary.requests * len(foreseen)
    assert len(foreseen) > 10
    for minutes, forecast in enumerate(foreseen[1:], start=1):
        assert forecast is not None
        assert minutes * minute.canary.requests + forecast == pytest.approx(needed, rel=0.15)


def test_forecast_survives_a_stable_that_only_fails() -> None:
    outage = batch(canary=5, stable=6, canary_bad={"errors": 4}, stable_bad={"errors": 6})
    verdict = verdict_of(outage, promise=promise_of(), step=4)
    assert (verdict.unproven, verdict.requests_to_pass) == (("errors",), None)


def test_forecast_is_none_when_the_canary_is_above_the_steps_odds() -> None:
    twice = batch(canary_bad={"errors": 2, "slow": 2}, stable_bad={"errors": 19, "slow": 38})
    verdict = verdict_of(twice, twice, step=2)
    assert verdict.kind is VerdictKind.INCONCLUSIVE
    assert verdict.requests_to_pass is None
