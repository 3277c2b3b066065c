"""Each row of the table of transitions, seen from outside: phase and event in, phase out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from steelyard.errors import IllegalTransition
from steelyard.rollout.machine import step
from steelyard.rollout.model import DecisionKind, Phase
from steelyard.rollout.observation import (
    AlarmReading,
    CommandName,
    Event,
    Hint,
)
from steelyard.rollout.signals import Signal
from steelyard.rollout.transitions import BACK, TRANSITIONS
from tests.unit.rollout.scenes import (
    command,
    live_of,
    rollout_in,
    seen,
    state_of,
)
from tests.unit.rollout.signal_scenes import (
    ALONE_BAD,
    COMMANDS,
    NOT_BAD,
    SCENES,
    SOON,
    as_it_stands,
)

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
    rollout = as_it_stands(phase)
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
