"""Each row of the table of transitions, seen from outside: phase and event in, phase out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from steelyard.errors import IllegalTransition
from steelyard.evidence import Batch
from steelyard.rollout.golden import Answer
from steelyard.rollout.intents import MAX_ATTEMPTS, TELL_EVERY
from steelyard.rollout.machine import step
from steelyard.rollout.model import DecisionKind, Phase, Rollout
from steelyard.rollout.observation import (
    AlarmReading,
    CommandName,
    Event,
    Hint,
    Seen,
    Trigger,
    Variant,
)
from steelyard.rollout.plan import intent_for, removal_of_loser
from steelyard.rollout.signals import Signal
from steelyard.rollout.transitions import BACK, TRANSITIONS
from tests.unit.rollout.scenes import (
    BOOTSTRAP,
    CANARY,
    MINUTE,
    START,
    alarm,
    batch,
    command,
    live,
    live_of,
    proved,
    rollout_in,
    seen,
    state_of,
)

SOON, LATE = START + 5 * MINUTE, START + timedelta(hours=1)
TICK = Hint("tick")
COMMANDS = {Signal[name.name]: name for name in CommandName}
FOREIGN = live("somebody-elses", {"v1": 100})
ALONE_BAD, NOT_BAD = alarm(canary=22.0, stable=0.1), alarm(canary=0.0, stable=0.1)


@dataclass(frozen=True)
class Scene:
    """A rollout, what is seen of the world then, and a part of the reason that must be given."""

    rollout: Rollout
    seen: Seen
    because: str
    now: datetime = SOON
    trigger: Trigger = TICK


def _ordered(name: CommandName) -> Callable[[Phase], Scene]:
    def scene(phase: Phase) -> Scene:
        rollout = rollout_in(phase)
        return Scene(rollout, seen(live_of(rollout)), "ada: says so", trigger=command(name))

    return scene


def _open(phase: Phase) -> Rollout:
    """A rollout with the phase's own intent open; a pause keeps the one of the phase it left."""
    rollout = rollout_in(phase, weights_since=None)
    of = replace(rollout, phase=rollout.resume_to or phase)
    return replace(rollout, intent=intent_for(of, live()))


def _as_it_stands(phase: Phase) -> Rollout:
    """These two phases are over as soon as their intent is met."""
    return _open(phase) if phase in (Phase.PROVISIONING, Phase.FINALIZING) else rollout_in(phase)


def _confirmed(phase: Phase) -> Scene:
    rollout = _open(phase)
    after = live() if phase is Phase.PROVISIONING else live_of(rollout)
    reading = seen(after, canary_alarms_gone=phase.is_over)
    return Scene(rollout, reading, "confirmed by Describe")


def _refused(phase: Phase) -> Scene:
    reading = seen(BOOTSTRAP, refused="create_model: AccessDeniedException")
    return Scene(_open(phase), reading, "refused by AWS: create_model: AccessDeniedException")


def _failed(phase: Phase) -> Scene:
    rollout = _open(phase)
    intent = rollout.intent
    assert intent is not None
    if phase.is_over:
        intent = removal_of_loser(rollout, rollout.stable)
    tried = replace(rollout, intent=replace(intent, begun=True, attempts=MAX_ATTEMPTS))
    there = live(weights={"v1": 97, CANARY: 3})
    because = "the loser stays" if phase.is_over else f"tried {MAX_ATTEMPTS} times"
    if phase is Phase.PROVISIONING:
        there, because = BOOTSTRAP, "rolled back silently"
    return Scene(tried, seen(there), because)


def _blocked(phase: Phase) -> Scene:
    locked = replace(live(), status="SystemUpdating")
    reading = seen(locked, canary_alarms_gone=False)
    rollout = _open(phase)
    intent = rollout.intent
    assert intent is not None
    rollout = replace(rollout, intent=replace(intent, attempts=MAX_ATTEMPTS))
    return Scene(rollout, reading, "the endpoint is SystemUpdating", now=START + TELL_EVERY)


def _unfit(phase: Phase) -> Scene:
    if phase is Phase.PROVISIONING:
        return Scene(_open(phase), seen(BOOTSTRAP, withdrawn="is Rejected now"), "Rejected")
    return _read("golden request adds is wrong: 5", golden=(WRONG,))(phase)


def _mended(phase: Phase) -> Scene:
    there = live(weights={"v1": 90, CANARY: 10})
    return Scene(rollout_in(phase, latched=True), seen(there), "the rollback goes on")


def _drift(phase: Phase) -> Scene:
    because = "changed from outside: Describe shows InService, "
    if phase is Phase.PENDING:
        split = live(BOOTSTRAP.config, {"v1": 9, "old": 1})
        return Scene(rollout_in(phase), seen(split), because + BOOTSTRAP.config)
    there = FOREIGN
    if phase is Phase.ROLLING_BACK:  # without the canary there would be nothing to take back
        there = live(FOREIGN.config, {"v1": 90, CANARY: 10})
    return Scene(_as_it_stands(phase), seen(there), because + FOREIGN.config)


def _read(because: str, *, later: datetime = SOON, **reading: Any) -> Callable[[Phase], Scene]:
    def scene(phase: Phase) -> Scene:
        rollout = rollout_in(phase)
        return Scene(rollout, seen(live_of(rollout), **reading), because, now=later)

    return scene


def _stuck(phase: Phase) -> Scene:
    broken = replace(live(status="Failed"), failure="disk full")
    return Scene(rollout_in(phase), seen(broken), "the endpoint is Failed: disk full")


def _passing(phase: Phase, *, at: int, counts: Batch, instances: int = 1) -> Scene:
    rollout = rollout_in(phase, step=at)
    rollout = replace(rollout, evidence=proved(rollout.evidence))
    there = live_of(rollout)
    stable = Variant("v1", there.weight("v1"), instances, instances)
    canary = next(v for v in there.variants if v.name == CANARY)
    there = replace(there, variants=(stable, canary))
    return Scene(rollout, seen(there, batches=(counts,)), "", now=SOON)


GOOD_MINUTE = batch(SOON)
WRONG = Answer("adds", "wrong", "5", 0.1)


def _passed(phase: Phase) -> Scene:
    at = 1 if phase is Phase.HOLDBACK else 0
    return replace(_passing(phase, at=at, counts=GOOD_MINUTE), because="not worse at")


def _last_passed(phase: Phase) -> Scene:
    return replace(_passing(phase, at=1, counts=GOOD_MINUTE), because="not worse at 50 %")


def _short(phase: Phase) -> Scene:
    scene = _passing(phase, at=1, counts=GOOD_MINUTE, instances=4)
    return replace(scene, because="canary instances, but 1 serve")


def _overdue(phase: Phase) -> Scene:
    rollout = rollout_in(phase, canary_requests=3)
    if phase is Phase.WARMING:
        reading = seen(live_of(rollout), unreadable=("describe alarms: denied",))
        return Scene(rollout, reading, "can't be read: describe alarms: denied", now=LATE)
    return Scene(rollout, seen(live_of(rollout)), "the step still lacks fresh counts", now=LATE)


def _disturbed(phase: Phase) -> Scene:
    moved = seen(live(weights={"v1": 95, CANARY: 5}))
    return Scene(rollout_in(phase), moved, "weights moved again")


SCENES: dict[Signal, Callable[[Phase], Scene]] = {
    **{signal: _ordered(name) for signal, name in COMMANDS.items()},
    Signal.GO: _read("version 2 was approved"),
    Signal.CONFIRMED: _confirmed,
    Signal.REFUSED: _refused,
    Signal.FAILED: _failed,
    Signal.BLOCKED: _blocked,
    Signal.MENDED: _mended,
    Signal.UNFIT: _unfit,
    Signal.READY: _read("the canary served for 0:01:00 without traffic"),
    Signal.PASSED: _passed,
    Signal.LAST_PASSED: _last_passed,
    Signal.HARM: _read("on the canary alone", alarms=(ALONE_BAD,)),
    Signal.UNEXPLAINED: _read("forced by hand", alarms=(NOT_BAD,)),
    Signal.SHORT: _short,
    Signal.OVERDUE: _overdue,
    Signal.STARVED: _read("no data on the canary in 0:30:00", later=LATE),
    Signal.DISTURBED: _disturbed,
    Signal.SETTLED: _read("stable has had all traffic for 0:02:00"),
    Signal.DRIFT: _drift,
    Signal.STUCK: _stuck,
}
ROWS = [(phase, signal) for phase, row in TRANSITIONS.items() for signal in row]


@pytest.mark.parametrize(("phase", "signal"), ROWS, ids=[f"{p}-{s.name}" for p, s in ROWS])
def test_row_of_the_table_leads_where_it_says(phase: Phase, signal: Signal) -> None:
    scene = SCENES[signal](phase)
    before = state_of(scene.rollout)
    decision = step(before, Event(scene.trigger, scene.seen), scene.now)
    target = TRANSITIONS[phase][signal]
    if target is BACK:
        target = scene.rollout.resume_to or Phase.PENDING
    assert (decision.phase_before, decision.phase) == (phase, target)
    assert scene.because in decision.reason


def test_every_signal_has_a_row_and_every_phase_is_in_the_table() -> None:
    assert {signal for _, signal in ROWS} == set(Signal) == set(SCENES)
    assert set(TRANSITIONS) == set(Phase)


FORBIDDEN = [
    (phase, signal) for phase in Phase for signal in COMMANDS if signal not in TRANSITIONS[phase]
]


@pytest.mark.parametrize(("phase", "signal"), FORBIDDEN)
def test_command_without_a_row_is_illegal_and_says_what_is_legal(
    phase: Phase, signal: Signal
) -> None:
    rollout = rollout_in(phase)
    event = Event(command(COMMANDS[signal]), seen(live_of(rollout)))
    with pytest.raises(IllegalTransition) as caught:
        step(state_of(rollout), event, SOON)
    if phase.is_over:
        assert f"no rollout completion-r1 is under way: completion-r1 is {phase}" in str(
            caught.value
        )
    else:
        assert f"{COMMANDS[signal]} is not legal in {phase}; legal: " in str(caught.value)
        legal = str(caught.value).partition("legal: ")[2]
        assert all(f"{name}" in legal for s, name in COMMANDS.items() if s in TRANSITIONS[phase])


@pytest.mark.parametrize(
    ("phase", "reading"),
    [(Phase.PENDING, ALONE_BAD), (Phase.PROVISIONING, NOT_BAD), (Phase.FINALIZING, NOT_BAD)],
)
def test_signal_without_a_row_means_nothing(phase: Phase, reading: AlarmReading) -> None:
    rollout = _as_it_stands(phase)
    event = Event(
        Hint("alarm"), seen(replace(live_of(rollout), status="Updating"), alarms=(reading,))
    )
    decision = step(state_of(rollout), event, SOON)
    assert (decision.kind, decision.phase) == (DecisionKind.HOLD, phase)


def test_terminal_phases_lead_nowhere() -> None:
    for phase in (Phase.PROMOTED, Phase.ROLLED_BACK):
        assert set(TRANSITIONS[phase].values()) == {phase}


def test_nothing_but_resume_and_a_rollback_leaves_the_latch() -> None:
    assert set(TRANSITIONS[Phase.ROLLING_BACK].values()) == {
        Phase.ROLLING_BACK,
        Phase.ROLLED_BACK,
        Phase.NEEDS_HUMAN,
    }
    latched = rollout_in(Phase.NEEDS_HUMAN, latched=True, resume_to=Phase.RAMPING, step=0)
    event = Event(command(CommandName.RESUME), seen(live_of(latched)))
    assert step(state_of(latched), event, SOON).phase is Phase.ROLLING_BACK
