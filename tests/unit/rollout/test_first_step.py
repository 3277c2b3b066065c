"""A first step sized to the traffic: about 100 canary requests a minute, or what was approved."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.codec import decode, encode
from steelyard.evidence import begin, weigh
from steelyard.rollout.machine import step
from steelyard.rollout.model import Decision, DecisionKind, EndpointState, Phase, Rollout
from steelyard.rollout.observation import CommandName, Event, Hint, Seen
from steelyard.rollout.plan import intended_weights, splits_as
from tests.unit.rollout.scenes import (
    CANARY,
    MINUTE,
    POLICY,
    START,
    batch,
    command,
    live,
    live_of,
    rollout_in,
    seen,
    state_of,
)

AUTO = replace(POLICY, first_step="auto")
BUSY = (59_000, 60_000, 58_000)


def warmed(traffic: tuple[int, ...] | None, minutes: int = 1, **changes: Any) -> Decision:
    """The decision about a canary that is fit for its first step, at this traffic of stable."""
    rollout = rollout_in(Phase.WARMING, policy=changes.pop("policy", AUTO))
    reading = seen(live(), traffic=traffic, **changes)
    return step(state_of(rollout), Event(Hint("tick"), reading), START + minutes * MINUTE)


def after(decision: Decision) -> Rollout:
    """The rollout that a decision left."""
    assert decision.state.rollout is not None
    return decision.state.rollout


@pytest.mark.parametrize(
    ("busiest", "percent", "weights"),
    [
        (1, 10, (90, 10)),  # fewer than 100 a minute: 100 can't be had, what was approved can
        (600, 10, (90, 10)),
        (1_000, 10, (90, 10)),
        (1_200, 8.33, (9167, 833)),
        (5_000, 2, (98, 2)),
        (10_000, 1, (99, 1)),
        (60_000, 0.17, (9983, 17)),
        (600_000, 0.02, (9998, 2)),
        (1_000_000, 0.01, (9999, 1)),
        (1_000_000_000, 0.01, (9999, 1)),
    ],
)
def test_first_step_is_sized_to_the_traffic(
    busiest: int, percent: float, weights: tuple[int, int]
) -> None:
    decision = warmed((busiest,))
    assert (decision.phase, after(decision).canary_percent) == (Phase.RAMPING, percent)
    intent = after(decision).intent
    assert intent is not None
    assert intent.weights == dict(zip(("v1", CANARY), weights, strict=True))
    assert decision.act


def test_busiest_minute_counts_whatever_is_late_or_quiet() -> None:
    assert after(warmed((0, 60_000, 30_000, 0))).canary_percent == 0.17


def test_reason_says_what_the_first_step_was_sized_by() -> None:
    assert warmed(BUSY).reason == (
        "the canary served for 0:01:00 without traffic; sized by 60000 requests in stable's "
        "busiest minute, the first step is 0.17 %"
    )


@pytest.mark.parametrize("traffic", [None, (), (7,), BUSY])
def test_policy_without_it_takes_its_first_step_whatever_the_traffic(
    traffic: tuple[int, ...] | None,
) -> None:
    decision = warmed(traffic, policy=POLICY)
    assert (decision.phase, after(decision).canary_percent) == (Phase.RAMPING, 10)
    assert after(decision).first_percent is None
    assert decision.reason == "the canary served for 0:01:00 without traffic"


@pytest.mark.parametrize(
    ("traffic", "changes", "reason"),
    [
        ((0, 0, 0), {}, "waits: stable had no request in 3 minutes to size the first step by"),
        (None, {}, "waits: stable's requests were not read yet, to size the first step by"),
        (
            None,
            {"unreadable": ("read requests of v1: Throttling",)},
            "waits: can't be read: read requests of v1: Throttling",
        ),
    ],
)
def test_without_traffic_to_size_it_by_the_first_step_waits(
    traffic: tuple[int, ...] | None, changes: dict[str, Any], reason: str
) -> None:
    decision = warmed(traffic, minutes=9, **changes)
    assert (decision.phase, decision.kind) == (Phase.WARMING, DecisionKind.HOLD)
    assert decision.reason == reason


def test_no_traffic_until_the_deadline_pauses_and_calls_people() -> None:
    decision = warmed((0, 0, 0), minutes=30)
    assert (decision.phase, decision.page) == (Phase.PAUSED, True)
    assert decision.reason.endswith("stable had no request in 3 minutes to size the first step by")


def ramping(**changes: Any) -> Rollout:
    """A rollout at a first step of 0.17 %, confirmed at START."""
    return rollout_in(Phase.RAMPING, policy=AUTO, first_percent=0.17, **changes)


def looked(rollout: Rollout, minutes: int, **changes: Any) -> Decision:
    """The decision at a minute with good counts, the endpoint as the rollout means it to be."""
    now = START + minutes * MINUTE
    counts = (batch(now, canary=(102, 0), stable=(59_898, 0), percent=rollout.canary_percent),)
    reading: Seen = seen(live_of(rollout), batches=counts, **changes)
    return step(state_of(rollout), Event(Hint("tick"), reading), now)


def test_share_below_one_percent_is_held_and_then_followed_by_the_second_step() -> None:
    good = batch(START, canary=(5_100, 0), stable=(2_994_900, 0), percent=0.17)
    rollout = ramping(evidence=weigh(begin(AUTO.promise), good, AUTO.promise))
    early = looked(rollout, minutes=1)
    assert (early.kind, after(early).canary_percent) == (DecisionKind.HOLD, 0.17)
    passed = looked(rollout, minutes=3)
    assert (passed.kind, after(passed).canary_percent) == (DecisionKind.ADVANCE, 50)
    assert passed.reason == "not worse at 0.17 % over 102 canary requests"


def test_traffic_that_grows_later_moves_no_step() -> None:
    decision = looked(ramping(), minutes=1, traffic=(1_000_000,))
    assert (decision.kind, after(decision).canary_percent) == (DecisionKind.HOLD, 0.17)


def test_one_hundredth_of_a_percent_more_is_a_change_from_outside() -> None:
    moved = seen(live(weights={"v1": 9982, CANARY: 18}))
    decision = step(state_of(ramping()), Event(Hint("tick"), moved), START + MINUTE)
    assert decision.phase is Phase.NEEDS_HUMAN


def test_pause_and_resume_keep_the_share() -> None:
    rollout = ramping()
    paused = step(
        state_of(rollout),
        Event(command(CommandName.PAUSE), seen(live_of(rollout))),
        START + MINUTE,
    )
    assert (paused.phase, after(paused).canary_percent) == (Phase.PAUSED, 0.17)
    resumed = step(
        paused.state,
        Event(command(CommandName.RESUME, key="k2"), seen(live_of(after(paused)))),
        START + 2 * MINUTE,
    )
    assert (resumed.phase, after(resumed).canary_percent) == (Phase.RAMPING, 0.17)


def test_pause_before_the_first_step_sizes_it_by_the_traffic_after_it() -> None:
    warming = state_of(rollout_in(Phase.WARMING, policy=AUTO))
    paused = step(warming, Event(command(CommandName.PAUSE), seen(live())), START + MINUTE)
    resumed = step(
        paused.state, Event(command(CommandName.RESUME, key="k2"), seen(live())), START + MINUTE
    )
    reading = seen(live(), traffic=BUSY)
    ready = step(resumed.state, Event(Hint("tick"), reading), START + 3 * MINUTE)
    assert after(ready).canary_percent == 0.17


def test_sized_step_comes_back_from_the_ledger_as_it_was_written() -> None:
    state = warmed(BUSY).state
    assert decode(EndpointState, json.loads(json.dumps(encode(state)))) == state


def test_entry_from_before_sized_steps_is_read() -> None:
    written = encode(state_of(rollout_in(Phase.RAMPING)))
    del written["rollout"]["first_percent"], written["rollout"]["policy"]["first_step"]
    assert decode(EndpointState, written) == state_of(rollout_in(Phase.RAMPING))
    reading = encode(seen(live()))
    del reading["traffic"]
    assert decode(Seen, reading) == seen(live())


@given(busiest=st.integers(1, 10**12), first=st.integers(1, 98))
def test_sized_step_is_never_more_than_approved_and_is_what_describe_shows(
    busiest: int, first: int
) -> None:
    policy = replace(AUTO, steps=(first,), step_odds=(3.0,), holdback_percent=99)
    rollout = after(warmed((busiest,), policy=policy))
    assert 0.01 <= rollout.canary_percent <= first
    weights = intended_weights(rollout)
    assert all(type(weight) is int and weight > 0 for weight in weights.values())
    share = 100 * weights[CANARY] / sum(weights.values())
    assert share == rollout.canary_percent
    # As near 100 requests a minute as hundredths of a percent come, unless a bound is in the way.
    if 0.01 < share < first:
        assert abs(busiest * share / 100 - 100) <= busiest * 0.005 / 100 + 1e-6
    kept = {name: struct.unpack("f", struct.pack("f", w))[0] for name, w in weights.items()}
    assert splits_as(live(weights=kept), weights)
