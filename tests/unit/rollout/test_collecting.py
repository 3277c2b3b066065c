"""What ended rollouts made goes when nothing refers to it any more, and not before."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from steelyard.rollout.actions import DeleteConfig, DeleteModel
from steelyard.rollout.intents import MAX_ATTEMPTS, TELL_EVERY
from steelyard.rollout.machine import step
from steelyard.rollout.model import (
    Decision,
    DecisionKind,
    EndpointState,
    Phase,
    Retired,
    Stable,
)
from steelyard.rollout.observation import Event, Hint, Live
from steelyard.rollout.plan import intent_for
from tests.unit.rollout.scenes import (
    CANDIDATE,
    POLICY,
    STABLE,
    START,
    live,
    rollout_in,
    seen,
    state_of,
)

DAY = timedelta(days=1)
NAMES = ("completion-v2-r1", "completion-alone-r1")
OLD = Retired("v2-r1", NAMES[0], NAMES, START)
THIRD = Stable("v4-r3", "completion-v4-r3", 4)
SECOND = Stable("v3-r2", "completion-v3-r2", 3)
NOW_LIVE = live(THIRD.config, {"v3-r2": 0, "v4-r3": 100})


def endpoint(**changes: Any) -> EndpointState:
    """Versions 3 and 4 were promoted after version 2, which serves no more."""
    over = rollout_in(Phase.PROMOTED, id="completion-r3", canary="v4-r3", config=THIRD.config)
    over = replace(over, policy=replace(POLICY, keep_loser=None))
    return state_of(over, stable=THIRD, previous=SECOND, retired=(OLD,), **changes)


def look(state: EndpointState, there: Live, at: datetime, **changes: Any) -> Decision:
    """One tick."""
    reading = {"serving": state.stable, "canary_alarms": False, "canary_alarms_gone": True}
    return step(state, Event(Hint("tick"), seen(there, **reading | changes)), at)


def test_what_nothing_refers_to_goes_after_thirty_days_and_is_forgotten_when_gone() -> None:
    begun = look(endpoint(), NOW_LIVE, START + 30 * DAY)
    assert (begun.kind, begun.act, begun.phase) == (DecisionKind.TIDY, True, Phase.PROMOTED)
    rollout = begun.state.rollout
    assert rollout is not None
    assert rollout.intent is not None
    kept = (THIRD.config, SECOND.config)
    assert rollout.intent.actions == (*map(DeleteConfig, NAMES), DeleteModel(OLD.model, kept))
    half = look(begun.state, NOW_LIVE, START + 30 * DAY, collected=False)
    assert (half.act, half.state.retired) == (True, (OLD,))
    gone = look(half.state, NOW_LIVE, START + 30 * DAY, collected=True)
    assert (gone.state.retired, gone.kind) == ((), DecisionKind.HOLD)
    assert look(gone.state, NOW_LIVE, START + 31 * DAY).reason == "nothing to do"


@pytest.mark.parametrize(
    "changes",
    [
        {"previous": Stable("v2-r1", "completion-v2-r1", 2)},
        {"previous": Stable("v9", NAMES[1], 2)},
        {"retired": (replace(OLD, since=START + DAY),)},
        {"retired": (replace(OLD, configs=(THIRD.config,)),)},
        {"retired": (replace(OLD, variant="v3-r2"),)},
    ],
    ids=["of the version before", "its config", "too young", "config live", "variant live"],
)
def test_what_is_referred_to_or_young_stays(changes: dict[str, Any]) -> None:
    decision = look(replace(endpoint(), **changes), NOW_LIVE, START + 30 * DAY)
    assert decision.reason == "nothing to do"


def test_nothing_is_collected_where_the_policy_keeps_all() -> None:
    kept = replace(POLICY, collect_after=None)
    decision = look(endpoint(), NOW_LIVE, START + 900 * DAY, policy=kept)
    assert decision.reason == "nothing to do"


def test_more_than_a_hundred_are_not_remembered() -> None:
    many = tuple(
        Retired(f"v2-r{n}", f"completion-v2-r{n}", (f"completion-v2-r{n}",), START)
        for n in range(101)
    )
    crowded = replace(endpoint(), retired=many)
    assert look(crowded, NOW_LIVE, START).kind is DecisionKind.TIDY
    assert look(replace(crowded, retired=many[1:]), NOW_LIVE, START).reason == "nothing to do"


def test_nothing_is_deleted_while_the_endpoint_changes() -> None:
    begun = look(endpoint(), NOW_LIVE, START + 30 * DAY)
    changing = replace(NOW_LIVE, status="Updating")
    assert not look(begun.state, changing, START + 30 * DAY, collected=False).act


@pytest.mark.parametrize(
    ("later", "answer"),
    [(timedelta(0), {"refused": "AccessDeniedException"}), (TELL_EVERY, {"collected": None})],
    ids=["refused", "never seen to be gone"],
)
def test_what_can_not_be_collected_is_told_once_and_keeps_no_rollout_waiting(
    later: timedelta, answer: dict[str, Any]
) -> None:
    begun = look(endpoint(), NOW_LIVE, START + 30 * DAY)
    state = begun.state
    for _ in range(MAX_ATTEMPTS if later else 1):
        told = look(state, NOW_LIVE, START + 30 * DAY + later, **answer)
        state = told.state
    assert (told.kind, told.page, told.act) == (DecisionKind.WARN, True, False)
    assert told.state.retired == ()
    assert later == timedelta(0) or "delete_model" in told.reason, "what is left is named"
    candidate = replace(CANDIDATE, version=5, approved_at=START + 30 * DAY)
    started = look(told.state, NOW_LIVE, START + 30 * DAY + later, approved=(candidate,))
    assert started.kind is DecisionKind.START


def test_promotion_keeps_the_version_before_it() -> None:
    finalizing = rollout_in(Phase.FINALIZING, weights_since=None)
    finalizing = replace(finalizing, intent=intent_for(finalizing, live()))
    shown = live(weights={"v1": 0, "v2-r1": 100})
    done = step(state_of(finalizing), Event(Hint("tick"), seen(shown)), START + DAY)
    assert done.phase is Phase.PROMOTED
    assert done.state.previous == STABLE
    assert done.state.retired == (replace(OLD, since=START + DAY),)
