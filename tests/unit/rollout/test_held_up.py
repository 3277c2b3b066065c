"""What is refused, locked or broken: told loudly, and tried until it is done."""

from __future__ import annotations

from dataclasses import replace

from steelyard.rollout.machine import step
from steelyard.rollout.model import DecisionKind, Phase
from steelyard.rollout.observation import Event, Hint
from tests.unit.rollout.scenes import (
    BOOTSTRAP,
    CANARY,
    MINUTE,
    START,
    WORSE,
    alarm,
    decide,
    live,
    live_of,
    rollout_in,
    seen,
    state_of,
    with_intent,
)


def test_rollback_that_is_refused_is_told_tried_each_minute_and_told_again_after_ten() -> None:
    """It never gives up: a permission that is given back is used a minute later."""
    state = state_of(with_intent(Phase.ROLLING_BACK))
    there = live(weights={"v1": 90, CANARY: 10})
    told = []
    for minute in range(1, 25):
        now = START + minute * MINUTE
        tried = step(state, Event(Hint("tick"), seen(there, alarms=(alarm(22.0),))), now)
        assert (tried.phase, tried.act) == (Phase.ROLLING_BACK, True)
        answer = seen(there, refused="AccessDeniedException")
        answered = step(tried.state, Event(Hint("recheck"), answer), now)
        assert (answered.phase, answered.act) == (Phase.ROLLING_BACK, False)
        told += [minute] if answered.page or tried.page else []
        state = answered.state
    assert told == [1, 11, 21]


def test_rollback_of_a_locked_endpoint_says_so_at_once_and_acts_when_it_is_free() -> None:
    rollout = rollout_in(Phase.RAMPING)
    locked = replace(live_of(rollout), status="SystemUpdating")
    worse = decide(rollout, seen(locked, batches=(WORSE,)))
    assert (worse.phase, worse.page, worse.act) == (Phase.ROLLING_BACK, True, False)
    assert worse.reason.endswith("goes ahead as soon as it can: the endpoint is SystemUpdating")
    waits = step(worse.state, Event(Hint("tick"), seen(locked)), START + 10 * MINUTE)
    assert (waits.act, waits.page) == (False, False)
    loud = step(waits.state, Event(Hint("tick"), seen(locked)), START + 11 * MINUTE)
    assert (loud.kind, loud.page, loud.act) == (DecisionKind.WARN, True, False)
    assert "the rollback has waited for 10 min: the endpoint is SystemUpdating" in loud.reason
    assert "the canary has 10 % of the traffic" in loud.reason
    free = step(loud.state, Event(Hint("tick"), seen(live_of(rollout))), START + 12 * MINUTE)
    assert (free.phase, free.act) == (Phase.ROLLING_BACK, True)


def test_endpoint_that_cannot_be_read_holds_a_rollback_up_and_people_hear_of_it() -> None:
    rollout = with_intent(Phase.ROLLING_BACK)
    decision = decide(rollout, seen(None), after=10 * MINUTE)
    assert (decision.kind, decision.page, decision.act) == (DecisionKind.WARN, True, False)
    assert "can't be read; the canary has an unknown share" in decision.reason


def test_rollback_goes_on_by_itself_once_a_person_has_mended_the_endpoint() -> None:
    rollout = rollout_in(Phase.NEEDS_HUMAN, latched=True, resume_to=Phase.ROLLING_BACK)
    with_traffic = live(weights={"v1": 90, CANARY: 10})
    broken = decide(rollout, seen(replace(with_traffic, status="UpdateRollbackFailed")))
    assert (broken.phase, broken.act) == (Phase.NEEDS_HUMAN, False)
    assert decide(rollout, seen(live())).phase is Phase.NEEDS_HUMAN
    mended = decide(rollout, seen(with_traffic))
    assert (mended.phase, mended.act) == (Phase.ROLLING_BACK, True)


def test_hand_over_says_what_to_do_next() -> None:
    decision = decide(rollout_in(Phase.RAMPING), seen(live("of-someone-else")))
    assert decision.phase is Phase.NEEDS_HUMAN
    assert decision.reason.endswith(
        "when that is mended: steelyard resume completion-r1, or rollback to end it"
    )


def test_quota_is_handed_over_and_a_withdrawn_approval_is_the_end() -> None:
    asked = with_intent(Phase.PROVISIONING)
    quota = decide(asked, seen(BOOTSTRAP, refused="update_endpoint: ResourceLimitExceeded"))
    assert (quota.phase, quota.page) == (Phase.NEEDS_HUMAN, True)
    withdrawn = decide(asked, seen(BOOTSTRAP, withdrawn="completion/2 is Rejected now"))
    assert (withdrawn.phase, withdrawn.reason) == (
        Phase.ROLLING_BACK,
        "completion/2 is Rejected now",
    )
