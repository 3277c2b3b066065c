"""Golden requests: a canary that answers wrongly never sees a user, a silent one waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from steelyard.rollout.golden import Answer
from steelyard.rollout.machine import step
from steelyard.rollout.model import Decision, DecisionKind, EndpointState, Phase, Rollout
from steelyard.rollout.observation import Event, Hint
from tests.unit.rollout.scenes import (
    BOOTSTRAP,
    MINUTE,
    START,
    alarm,
    live,
    rollout_in,
    seen,
    state_of,
)

RIGHT = Answer("greets", "right", "", 0.25)
SLOW = Answer("counts", "right", "", 3.5)
WRONG = Answer("adds", "wrong", "expected 4 at /sum, got 5", 0.1)
SILENT = Answer("waits", "none", "no answer within 4 s", 4.0)


def look(state: EndpointState, golden: tuple[Answer, ...] | None, minutes: int = 1) -> Decision:
    """The machine's answer to a tick that brought these answers."""
    reading = seen(live(), golden=golden)
    return step(state, Event(Hint("tick"), reading), START + minutes * MINUTE)


def rollout_of(decision: Decision) -> Rollout:
    """The rollout after a decision."""
    assert decision.state.rollout is not None
    return decision.state.rollout


WARMING = state_of(rollout_in(Phase.WARMING))


def test_first_complete_pass_is_the_cold_one_and_is_timed_but_does_not_count() -> None:
    cold = look(WARMING, (RIGHT, SLOW), minutes=5)
    whole = 5 * MINUTE + timedelta(seconds=3.5)
    assert (cold.phase, rollout_of(cold).cold_start) == (Phase.WARMING, whole)
    assert "the cold one" in cold.reason
    warm = look(cold.state, (RIGHT, replace(SLOW, seconds=0.2)), minutes=6)
    assert (warm.phase, rollout_of(warm).cold_start) == (Phase.RAMPING, whole)
    assert warm.reason.startswith("2 golden requests right")


def test_wrong_answer_rolls_back_even_in_the_cold_pass() -> None:
    decision = look(WARMING, (RIGHT, WRONG, replace(WRONG, name="joins")))
    assert decision.phase is Phase.ROLLING_BACK
    assert decision.reason == (
        "golden request adds is wrong: expected 4 at /sum, got 5; so are 1 more"
    )


def test_silence_says_nothing_about_the_candidate_and_waits() -> None:
    decision = look(WARMING, (RIGHT, SILENT), minutes=9)
    assert (decision.phase, rollout_of(decision).cold_start) == (Phase.WARMING, None)
    assert "golden request waits got no answer: no answer within 4 s" in decision.reason


def test_silence_until_the_deadline_pauses_and_calls_people() -> None:
    decision = look(WARMING, (SILENT,), minutes=31)
    assert (decision.phase, decision.page) == (Phase.PAUSED, True)
    assert "golden request waits got no answer" in decision.reason


def test_warm_up_lasts_its_time_though_all_answers_are_right() -> None:
    warm = state_of(rollout_in(Phase.WARMING, cold_start=timedelta(seconds=1)))
    early = look(warm, (RIGHT,), minutes=0)
    assert (early.phase, early.reason) == (Phase.WARMING, "waits: warm-up: 0:01:00 to go")


def test_model_without_golden_requests_warms_up_by_time_alone() -> None:
    assert look(WARMING, (), minutes=1).phase is Phase.RAMPING


def test_requests_that_were_not_asked_are_no_right_answers() -> None:
    assert look(WARMING, None, minutes=9).phase is Phase.WARMING


@pytest.mark.parametrize("phase", [Phase.PENDING, Phase.RAMPING, Phase.HOLDBACK])
def test_golden_answers_mean_nothing_in_other_phases(phase: Phase) -> None:
    where = BOOTSTRAP if phase is Phase.PENDING else None
    rollout = rollout_in(phase)
    percent = rollout.canary_percent
    there = where or live(weights={"v1": 100 - percent, "v2-r1": percent})
    reading = seen(there, golden=(WRONG,))
    decision = step(state_of(rollout), Event(Hint("tick"), reading), START + MINUTE)
    assert decision.phase is not Phase.ROLLING_BACK


def test_alarm_of_a_cold_start_keeps_it_warm_and_rolls_nothing_back() -> None:
    warm = state_of(rollout_in(Phase.WARMING, cold_start=timedelta(seconds=1)))
    for value in (100.0, 0.0):
        reading = seen(live(), golden=(RIGHT,), alarms=(alarm(value),))
        decision = step(warm, Event(Hint("alarm"), reading), START + 2 * MINUTE)
        assert (decision.phase, decision.kind) == (Phase.WARMING, DecisionKind.HOLD)
        assert decision.reason == "waits: in ALARM: steelyard/completion/v2-r1/errors"
