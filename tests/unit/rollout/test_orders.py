"""Orders that need more than the phase to be right, above all to promote by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from steelyard.errors import IllegalTransition
from steelyard.evidence import VerdictKind
from steelyard.rollout.model import Phase
from steelyard.rollout.observation import CommandName, Live
from tests.unit.rollout.scenes import (
    BOOTSTRAP,
    CANARY,
    alarm,
    batch,
    live,
    rollout_in,
    seen,
    state_of,
)
from tests.unit.rollout.test_machine import AT_TEN, SOON, order, rollout_of, tick


def test_promote_skips_what_is_left_but_not_the_confirmation() -> None:
    promoted = order(state_of(rollout_in(Phase.RAMPING)), CommandName.PROMOTE, seen(AT_TEN))
    assert (promoted.phase, promoted.act) == (Phase.FINALIZING, True)
    intent = rollout_of(promoted).intent
    assert intent is not None
    assert intent.weights == {"v1": 0, CANARY: 100}
    assert tick(promoted.state, seen(AT_TEN), minutes=2).phase is Phase.FINALIZING
    done = tick(promoted.state, seen(live(weights={"v1": 0, CANARY: 100})), minutes=2)
    assert done.phase is Phase.PROMOTED


def test_promotion_by_hand_says_what_the_evidence_said_to_it() -> None:
    promoted = order(state_of(rollout_in(Phase.RAMPING)), CommandName.PROMOTE, seen(AT_TEN))
    assert promoted.reason == "ada: says so; by hand, the evidence is INCONCLUSIVE"
    assert promoted.verdict is not None
    assert promoted.verdict.kind is VerdictKind.INCONCLUSIVE


def test_canary_that_no_user_has_seen_is_not_promoted_by_hand() -> None:
    paused = rollout_in(Phase.PAUSED, step=-1, resume_to=Phase.WARMING, weights_since=None)
    with pytest.raises(IllegalTransition, match="before the canary has had its first step"):
        order(state_of(paused), CommandName.PROMOTE, seen(live()))


def test_promotion_by_hand_needs_as_many_instances_as_any_other() -> None:
    stable, canary = AT_TEN.variants
    there = replace(AT_TEN, variants=(replace(stable, instances=3, desired_instances=3), canary))
    with pytest.raises(IllegalTransition, match="while 100 % needs 3 canary instances, but 1"):
        order(state_of(rollout_in(Phase.RAMPING)), CommandName.PROMOTE, seen(there))


def test_harm_that_shows_with_the_order_to_promote_rolls_back() -> None:
    bad = seen(AT_TEN, batches=(batch(SOON, canary=(500, 100)),), metrics_until=SOON)
    decision = order(state_of(rollout_in(Phase.RAMPING)), CommandName.PROMOTE, bad)
    assert decision.phase is Phase.ROLLING_BACK


@pytest.mark.parametrize(
    ("phase", "name", "there"),
    [
        (Phase.RAMPING, CommandName.PROMOTE, live(weights={"v1": 80, CANARY: 20})),
        (Phase.PAUSED, CommandName.RESUME, live(weights={"v1": 80, CANARY: 20})),
        (Phase.PENDING, CommandName.START, live(BOOTSTRAP.config, {"v1": 80, "old": 20})),
        (Phase.RAMPING, CommandName.PROMOTE, replace(AT_TEN, status="Failed")),
    ],
)
def test_order_does_not_write_over_a_change_that_shows_in_the_same_minute(
    phase: Phase, name: CommandName, there: Live
) -> None:
    decision = order(state_of(rollout_in(phase)), name, seen(there))
    assert (decision.phase, decision.act, decision.page) == (Phase.NEEDS_HUMAN, False, True)


@pytest.mark.parametrize(
    ("there", "why"),
    [
        (None, "the endpoint can't be read"),
        (replace(AT_TEN, status="Updating"), "the endpoint is Updating"),
    ],
)
def test_promotion_by_hand_waits_for_an_endpoint_that_can_be_judged(
    there: Live | None, why: str
) -> None:
    with pytest.raises(IllegalTransition, match=f"promote is not legal while {why}"):
        order(state_of(rollout_in(Phase.RAMPING)), CommandName.PROMOTE, seen(there))


def test_start_does_not_write_over_a_config_that_can_not_be_read() -> None:
    theirs = seen(live("by-hand", {"hand": 1}), serving=None)
    with pytest.raises(IllegalTransition, match="while the endpoint is on by-hand, not on compl"):
        order(state_of(rollout_in(Phase.PENDING)), CommandName.START, theirs)


def test_change_from_outside_is_seen_behind_an_alarm_that_nothing_explains() -> None:
    moved = seen(live(weights={"v1": 80, CANARY: 20}), alarms=(alarm(0.0),))
    decision = order(state_of(rollout_in(Phase.RAMPING)), CommandName.PROMOTE, moved)
    assert (decision.phase, decision.act) == (Phase.NEEDS_HUMAN, False)
