"""cli/simulating/schedule.py: the canary's shares, as the policy would raise them by time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cli.simulating.schedule import Stay, schedule_of
from steelyard.rollout.policy import Policy

MINUTE = timedelta(minutes=1)
POLICY = Policy(
    steps=(5, 20),
    step_odds=(3.0, 2.0),
    discard=2 * MINUTE,
    bake=10 * MINUTE,
    holdback_percent=80,
    holdback=30 * MINUTE,
)


def test_steps_last_for_discard_and_bake_and_the_holdback_comes_last() -> None:
    schedule = schedule_of(POLICY, 1000.0)
    assert schedule.stays == (Stay(0, 720, 5), Stay(720, 720, 20), Stay(1440, 1920, 80))
    assert schedule.seconds == 3360


def test_step_lasts_as_long_as_its_least_requests_take() -> None:
    """One request in two seconds: 100 of the canary's at 5 % take 4000 s, and 1000 s at 20 %."""
    schedule = schedule_of(POLICY, 0.5)
    assert [stay.seconds for stay in schedule.stays] == [4140, 1140, 1920]


def test_step_whose_least_requests_come_after_the_deadline_is_the_last() -> None:
    schedule = schedule_of(replace(POLICY, deadline=timedelta(hours=1)), 0.5)
    assert schedule.stays == (Stay(0, 3600, 5),)
    assert schedule.paused
    assert schedule.stay_at(9999).percent == 5


def test_first_step_is_sized_to_the_traffic_where_the_policy_says_so() -> None:
    """About 100 canary requests a minute, and never more than the policy's first step."""
    auto = replace(POLICY, first_step="auto")
    assert schedule_of(auto, 1000.0).stays[0].percent == 0.17
    assert schedule_of(auto, 1.0).stays[0].percent == 5
    assert schedule_of(POLICY, 1000.0).stays[0].percent == 5


def test_batches_soon_after_a_raise_are_not_weighed() -> None:
    schedule = schedule_of(POLICY, 1000.0)
    starts = (0, 60, 120, 660, 720, 780, 840, 1440, 1560)
    weighed = [schedule.is_weighed(start) for start in starts]
    assert weighed == [False, False, True, True, False, False, True, False, True]
