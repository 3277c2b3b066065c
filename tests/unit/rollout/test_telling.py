"""Pages are sent until they are known to have gone out; what was set by hand is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from steelyard.rollout.actions import Intent
from steelyard.rollout.machine import step
from steelyard.rollout.model import DecisionKind, Phase
from steelyard.rollout.observation import Event, Hint
from steelyard.rollout.plan import intent_for, may_show
from tests.unit.rollout.scenes import (
    CANARY,
    SOON,
    WORSE,
    alarm,
    decide,
    live,
    live_of,
    rollout_in,
    seen,
)


def test_page_that_is_not_known_to_have_gone_out_is_sent_again_until_it_is() -> None:
    rollout = rollout_in(Phase.RAMPING)
    paused = decide(rollout, seen(live_of(rollout), alarms=(alarm(0.1, 0.1),)))
    assert (paused.phase, paused.page) == (Phase.PAUSED, True)
    assert paused.state.untold == paused.reason
    lost = step(paused.state, Event(Hint("tick"), seen(live_of(rollout), told=False)), SOON)
    assert (lost.kind, lost.page) == (DecisionKind.HOLD, True)
    assert lost.state.untold == paused.reason
    told = step(lost.state, Event(Hint("recheck"), seen(live_of(rollout), told=True)), SOON)
    assert (told.page, told.state.untold) == (False, "")
    assert told.reason == "people were told; waits for a person"


def test_two_pages_that_were_lost_are_sent_as_one() -> None:
    rollout = rollout_in(Phase.RAMPING)
    first = decide(rollout, seen(live_of(rollout), alarms=(alarm(0.1, 0.1),)))
    second = step(
        first.state, Event(Hint("tick"), seen(live_of(rollout), told=False, batches=(WORSE,))), SOON
    )
    assert second.phase is Phase.ROLLING_BACK
    assert second.state.untold == f"{first.reason}; then: {second.reason}"


@pytest.mark.parametrize(
    ("weights", "phase"),
    [
        ({"v1": 90, CANARY: 10}, Phase.RAMPING),
        ({"v1": 50, CANARY: 50}, Phase.RAMPING),
        ({"v1": 99, CANARY: 1}, Phase.RAMPING),
        ({"v1": 30, CANARY: 70}, Phase.NEEDS_HUMAN),
        ({"v1": 70, CANARY: 30}, Phase.NEEDS_HUMAN),
    ],
    ids=["as it was", "as meant", "by a call of before", "raised by hand", "lowered by hand"],
)
def test_weights_set_by_hand_while_others_are_on_their_way_are_seen(
    weights: dict[str, int], phase: Phase
) -> None:
    """Once, they were overwritten without a word: any weights might have been on their way."""
    rollout = rollout_in(Phase.RAMPING, step=1, weights_since=None)
    intent = intent_for(rollout, live())
    assert intent is not None
    shows = ({"v1": 99, CANARY: 1}, {"v1": 90, CANARY: 10})
    rollout = replace(rollout, intent=replace(intent, shows=shows))
    assert decide(rollout, seen(live(weights=weights))).phase is phase


def test_intent_says_how_traffic_may_be_split_until_it_is_done() -> None:
    before = Intent((), None, {"v1": 90, CANARY: 10}, shows=({"v1": 100, CANARY: 0},))
    there = live(weights={"v1": 95, CANARY: 5})
    assert may_show(None, there) == ({"v1": 95, CANARY: 5},)
    assert may_show(before, there) == (
        {"v1": 100, CANARY: 0},
        {"v1": 90, CANARY: 10},
        {"v1": 95, CANARY: 5},
    )
    assert may_show(None, None) == ()
