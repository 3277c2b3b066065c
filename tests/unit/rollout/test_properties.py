"""Whatever comes in, in whatever phase: only named errors, and never more traffic than earned."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.codec import encode
from steelyard.errors import IllegalTransition
from steelyard.rollout.machine import step
from steelyard.rollout.model import (
    Candidate,
    Decision,
    DecisionKind,
    EndpointState,
    Phase,
    Rollout,
    Stable,
)
from steelyard.rollout.observation import (
    IN_SERVICE,
    Command,
    CommandName,
    Event,
    Hint,
    Live,
    Seen,
    Variant,
)
from steelyard.rollout.plan import intent_for
from tests.unit.rollout.scenes import (
    CANARY,
    CONFIG,
    MINUTE,
    POLICY,
    STABLE,
    START,
    alarm,
    batch,
    live,
    live_of,
    proved,
    rollout_in,
    seen,
    state_of,
)

STATUSES = (
    *[IN_SERVICE] * 6,
    *("Updating", "SystemUpdating", "RollingBack", "Creating", "OutOfService"),
    *("Failed", "UpdateRollbackFailed", "Deleting", "SomethingNew"),
)
WEIGHTS = st.sampled_from([0.0, 1.0, 10.0, 50.0, 90.0, 100.0, 0.0099999998, 3.4e38])
SOMEBODY = Stable("hand", "by-hand", None)
NAMES = ("v1", CANARY, "v9")
SIZED = replace(POLICY, first_step="auto")
PATIENT: dict[str, Any] = {  # a busy machine is no failure
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow],
}
RAISING_ORDERS = (CommandName.PROMOTE, CommandName.RESUME)


@st.composite
def endpoints(draw: st.DrawFn, rollout: Rollout | None) -> Live | None:
    """The endpoint: often as the rollout means it to be, else anything."""
    if rollout is not None and draw(st.booleans()):
        return replace(live_of(rollout), status=draw(st.sampled_from(STATUSES)))
    variants = tuple(
        Variant(name, draw(WEIGHTS), draw(st.integers(0, 3)), draw(st.integers(0, 3)))
        for name in draw(st.sets(st.sampled_from(NAMES)))
    )
    config = draw(st.sampled_from([CONFIG, STABLE.config, "somebody-elses"]))
    return draw(st.none() | st.just(Live(draw(st.sampled_from(STATUSES)), config, variants)))


@st.composite
def readings(draw: st.DrawFn, rollout: Rollout | None, now: datetime) -> Seen:
    """Any reading of the world, also one that contradicts itself."""
    counts = st.tuples(st.integers(0, 900), st.integers(0, 30)).map(lambda n: (max(n), min(n)))
    metric = st.none() | st.sampled_from([0.0, 5.0, 99.0])
    pending = rollout is not None and rollout.phase is Phase.PENDING
    promoted = [] if pending else [Stable(CANARY, CONFIG, 2)]
    there = draw(endpoints(rollout))
    there = draw(st.sampled_from([there, live_of(rollout)])) if rollout is not None else there
    return seen(
        there,
        serving=draw(st.sampled_from([None, STABLE, STABLE, SOMEBODY, *promoted])),
        approved=draw(
            st.lists(
                st.builds(Candidate, st.integers(1, 4), st.just("arn"), st.just(now)), max_size=2
            )
        ),
        batches=tuple(
            batch(now, canary=draw(counts), stable=draw(counts))
            for _ in range(draw(st.integers(0, 2)))
        ),
        metrics_until=draw(st.sampled_from([None, now])),
        alarms=tuple(
            alarm(draw(metric), draw(metric)) for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2])))
        ),
        canary_alarms=draw(st.sampled_from([True, False, None])),
        canary_alarms_gone=draw(st.sampled_from([True, False, None])),
        traffic=draw(st.sampled_from([None, (), (0, 0), (0, 700), (60_000, 59_000), (10**9,)])),
        unreadable=draw(st.sampled_from([(), (), ("minute 09:01",)])),
        refused=draw(st.sampled_from(["", "", "", "AccessDeniedException"])),
    )


@st.composite
def triggers(draw: st.DrawFn) -> Hint | Command:
    """A hint, or any command for this or another rollout, new or repeated."""
    if draw(st.integers(0, 3)):
        return Hint(draw(st.sampled_from(["tick", "alarm", "endpoint", "approval", "recheck"])))
    return Command(
        draw(st.sampled_from(CommandName)),
        rollout=draw(st.sampled_from(["completion-r1", "completion-r1", "completion-r2"])),
        actor="ada",
        reason="says so",
        key=draw(st.sampled_from(["k1", "k2", "k3"])),
    )


@st.composite
def states(draw: st.DrawFn) -> EndpointState:
    """The endpoint in any phase of a rollout, its intent open or confirmed, or without one."""
    phase = draw(st.sampled_from(Phase))
    rollout = rollout_in(phase, canary_requests=draw(st.sampled_from([0, 5000])))
    if draw(st.booleans()):
        sized = 0.17 if rollout.step >= 0 else None
        rollout = replace(rollout, policy=SIZED, first_percent=sized)
    if draw(st.booleans()):
        rollout = replace(rollout, evidence=proved(rollout.evidence))
    if draw(st.booleans()):
        rollout = replace(rollout, intent=intent_for(rollout, live()))
    nobody = st.sampled_from([EndpointState("completion"), state_of(None)])
    return draw(st.one_of(st.just(state_of(rollout)), st.just(state_of(rollout)), nobody))


def check_step(before: EndpointState, event: Event, now: datetime) -> EndpointState:
    """Take one step and hold it against every rule; the state afterwards."""
    kept = encode(before)
    try:
        decision = step(before, event, now)
    except IllegalTransition:
        assert isinstance(event.trigger, Command)
        assert encode(before) == kept
        return before
    check_identity(before, decision)
    check_intent(decision, event.seen)
    check_share(before, decision, event)
    check_approved(decision)
    if before.rollout is not None and before.rollout.latched:
        check_latch(before.rollout, decision)
    return decision.state


def check_identity(before: EndpointState, decision: Decision) -> None:
    """One rollout after the other, and none that is over ever moves again."""
    old, new = before.rollout, decision.state.rollout
    assert decision.reason
    assert not (decision.page and decision.kind is DecisionKind.HOLD)
    assert decision.state.epoch >= before.epoch
    if old is None or new is None:
        assert old is None
        return
    if new.id != old.id:
        assert old.phase.is_over
        assert (new.epoch, new.phase) == (old.epoch + 1, Phase.PENDING)
    elif old.phase.is_over:
        assert new.phase is old.phase


def check_intent(decision: Decision, reading: Seen) -> None:
    """Weights are finite with a positive sum; who acts has something to act on, and may."""
    rollout = decision.state.rollout
    intent = rollout.intent if rollout is not None else None
    if intent is not None and rollout is not None and intent.weights:
        weights = intent.weights.values()
        assert all(isfinite(weight) and weight >= 0 for weight in weights)
        assert sum(weights) > 0
        share = 100 * intent.weights[rollout.canary] / sum(weights)
        assert share <= rollout.canary_percent
    if decision.act:
        assert intent is not None
        assert decision.phase not in (Phase.PAUSED, Phase.NEEDS_HUMAN)
        assert intent.alarms is False or (reading.live and reading.live.in_service)


def check_share(before: EndpointState, decision: Decision, event: Event) -> None:
    """The canary's share rises by a step that was earned, or because a person said so."""
    old, new, reading = before.rollout, decision.state.rollout, event.seen
    if old is None or new is None or new.canary_percent <= old.canary_percent:
        return
    if isinstance(event.trigger, Command):
        assert event.trigger.command in RAISING_ORDERS
        return
    assert decision.kind is DecisionKind.ADVANCE
    assert new.step - old.step == (1 if new.phase is Phase.RAMPING else 0)
    assert reading.live is not None
    assert reading.live.in_service
    assert not reading.unreadable
    assert not reading.alarms
    if old.phase is Phase.WARMING:
        assert old.policy.first_step is None or any(reading.traffic or ())
    else:
        assert any(counts.canary.requests for counts in reading.batches)
        assert decision.verdict is not None
        assert decision.verdict.kind == "NOT_WORSE"


def check_approved(decision: Decision) -> None:
    """However large the traffic, no step is more than the policy's, or nothing."""
    rollout = decision.state.rollout
    if rollout is not None and rollout.phase is Phase.RAMPING:
        assert 0 < rollout.canary_percent <= rollout.policy.steps[rollout.step]


def check_latch(before: Rollout, decision: Decision) -> None:
    """After a rollback nothing raises the canary, whoever asks."""
    after = decision.state.rollout
    assert after is not None
    if after.id != before.id:
        return
    assert after.latched
    assert after.canary_percent == 0
    assert after.phase in (Phase.ROLLING_BACK, Phase.ROLLED_BACK, Phase.NEEDS_HUMAN)
    if after.intent is not None:
        assert after.intent.weights.get(after.canary, 0) == 0


def run(data: st.DataObject, steps: int) -> None:
    """A random walk through the table."""
    state, now = data.draw(states()), START
    for _ in range(steps):
        now += data.draw(st.sampled_from([timedelta(seconds=5), MINUTE, POLICY.deadline]))
        reading = data.draw(readings(state.rollout, now))
        state = check_step(state, Event(data.draw(triggers()), reading), now)


@given(st.data())
@settings(max_examples=60, **PATIENT)
def test_any_event_in_any_phase_keeps_every_rule(data: st.DataObject) -> None:
    run(data, steps=4)


@pytest.mark.long
@given(st.data())
@settings(max_examples=1000, **PATIENT)
def test_any_events_one_after_the_other_keep_every_rule(data: st.DataObject) -> None:
    run(data, steps=12)
