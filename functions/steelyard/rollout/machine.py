"""The rollout's state machine. Pure: state, event and time in, decision out.

Read after model.py and transitions.py. `step` is what the service calls, and nothing else moves a
rollout.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import replace
from datetime import datetime

from steelyard.rollout import ending, idle, intents
from steelyard.rollout.looking import look_at
from steelyard.rollout.model import Decision, DecisionKind, EndpointState, Phase, Rollout
from steelyard.rollout.observation import Command, Event, Seen
from steelyard.rollout.orders import in_words, require_legal, require_possible
from steelyard.rollout.passing import lacks, overdue, passed
from steelyard.rollout.plan import intent_for
from steelyard.rollout.signals import (
    Finding,
    Look,
    Signal,
    go,
    harm,
    mended,
    outside_change,
    settled,
    stuck,
    unexplained,
    waits_for,
)
from steelyard.rollout.transitions import BACK, TRANSITIONS
from steelyard.rollout.warming import first_percent, ready, unfit, unready, with_cold_start

_RULES: tuple[Callable[[Look], Finding | None], ...] = (
    stuck,
    harm,
    unexplained,
    intents.withdrawn,
    intents.refused,
    intents.carried_out,
    intents.failed,
    outside_change,
    intents.held_up,
    mended,
    go,
    settled,
    unfit,
    ready,
    passed,
    overdue,
)
"""By rank: the first whose signal the table of transitions knows in this phase counts."""
_KEYS_KEPT = 20
_WARNINGS = (Signal.HARM, Signal.DRIFT, Signal.STUCK)
_TAKING_BACK = (Signal.ABORT, Signal.ROLLBACK)
_STAYING = (Signal.CONFIRMED, Signal.REFUSED, Signal.FAILED, Signal.BLOCKED)
_TOLD = (
    Phase.PAUSED,
    Phase.ROLLING_BACK,
    Phase.ROLLED_BACK,
    Phase.PROMOTED,
    Phase.NEEDS_HUMAN,
)
_KINDS = {
    Phase.PROMOTED: DecisionKind.PROMOTE,
    Phase.PAUSED: DecisionKind.PAUSE,
    Phase.ROLLING_BACK: DecisionKind.ROLL_BACK,
    Phase.ROLLED_BACK: DecisionKind.ROLL_BACK,
    Phase.NEEDS_HUMAN: DecisionKind.HAND_OVER,
}


def step(state: EndpointState, event: Event, now: datetime) -> Decision:
    """What to do about one event.

    Args:
        state: what the ledger knows of the endpoint.
        event: why we were woken, and one reading of the world.
        now: when the message was sent, aware UTC; the machine knows no other clock.

    Raises:
        IllegalTransition: a command that the phase doesn't allow; nothing changes.
    """
    seen, trigger = event.seen, event.trigger
    state = idle.note_approvals(state, seen.approved)
    if isinstance(trigger, Command):
        return _obey(state, trigger, seen, now)
    rollout = state.rollout
    if rollout is None or (rollout.phase.is_over and rollout.intent is None):
        return idle.step(state, seen, now)
    serving = idle.newly_serving(state, seen)
    if rollout.phase is Phase.PENDING and serving is not None:
        return idle.adopt(state, serving)
    state, look = look_at(state, rollout, seen, now)
    finding = _first(look)
    if finding is None:
        return _hold(state, look, rechecking=trigger.kind == "recheck")
    return _move(state, look, finding)


def _first(look: Look, among: Container[Signal] = tuple(Signal)) -> Finding | None:
    """The first finding that means something in this phase."""
    for rule in _RULES:
        finding = rule(look)
        if finding is None or finding.signal not in among:
            continue
        if finding.signal in TRANSITIONS[look.rollout.phase]:
            return finding
    return None


def _obey(state: EndpointState, command: Command, seen: Seen, now: datetime) -> Decision:
    if command.key in state.done_keys:
        phase = state.rollout.phase if state.rollout is not None else None
        return Decision(DecisionKind.HOLD, "done already", phase, phase, state=state)
    rollout = require_legal(state.rollout, command)
    state, look = look_at(state, rollout, seen, now)
    state = replace(state, done_keys=(*state.done_keys, command.key)[-_KEYS_KEPT:])
    signal, found = Signal[command.command.name], _first(look, _WARNINGS)
    if found and signal not in _TAKING_BACK:
        # Who gave the order can't have known what shows in this very minute.
        return _move(state, look, found)
    require_possible(command, look, idle.newly_serving(state, seen))
    return _move(state, look, Finding(signal, in_words(command, look)))


def _move(state: EndpointState, look: Look, finding: Finding) -> Decision:
    before, signal = look.rollout, finding.signal
    target = TRANSITIONS[before.phase][signal]
    kind = None
    if target is BACK:
        target, kind = _back(before), DecisionKind.RESUME
    if target is before.phase and signal in _STAYING:
        return _stay(state, look, finding)
    rollout = _enter(before, target, signal, look)
    if target.is_over:
        state = ending.ended(state, rollout, look.seen)
    kind = kind or _KINDS.get(target, DecisionKind.ADVANCE)
    return _decision(state, look, rollout, f"{finding.reason}{_next(rollout, look.seen)}", kind)


def _stay(state: EndpointState, look: Look, finding: Finding) -> Decision:
    """The phase stays: its intent is carried out, given up, or people are told of it."""
    rollout = look.rollout
    if finding.signal is Signal.CONFIRMED:
        state = ending.tidied(state, rollout, look.seen)
        rollout = replace(rollout, intent=None, weights_since=look.now, told_at=None)
        return _decision(state, look, rollout, finding.reason, DecisionKind.HOLD)
    blocked = finding.signal is Signal.BLOCKED
    updating = rollout.intent is not None and rollout.intent.config is not None
    if rollout.phase.is_over and not (blocked and updating):
        state, rollout = ending.collected(state, rollout), replace(rollout, intent=None)
    again = blocked and intents.may_act(rollout, look.seen)
    if rollout.intent is not None:
        rollout = replace(
            rollout, intent=intents.still_open(rollout.intent, look.seen, again=again)
        )
    told = replace(rollout, told_at=look.now)
    warning = _decision(state, look, told, finding.reason, DecisionKind.WARN)
    return replace(warning, act=again)


def _next(rollout: Rollout, seen: Seen) -> str:
    """What people need to know of what comes next, in words; mostly empty."""
    if rollout.phase is Phase.NEEDS_HUMAN:
        return f"; when that is mended: steelyard resume {rollout.id}, or rollback to end it"
    if rollout.phase is Phase.ROLLING_BACK and (why := intents.hindrance(seen)):
        return f"; the rollback has to wait, and goes ahead as soon as it can: {why}"
    return ""


def _back(rollout: Rollout) -> Phase:
    if rollout.latched:
        return Phase.ROLLING_BACK
    return rollout.resume_to or Phase.PENDING


def _enter(rollout: Rollout, target: Phase, signal: Signal, look: Look) -> Rollout:
    entered = replace(rollout, phase=target, since=look.now)
    if target in intents.INERT:
        left = rollout.resume_to if rollout.phase in intents.INERT else rollout.phase
        intent = rollout.intent if target is Phase.PAUSED else None
        # A canary that may have traffic is weighed on, whatever became of an open intent.
        since = rollout.weights_since or (look.now if rollout.step >= 0 else None)
        return replace(entered, resume_to=left, intent=intent, weights_since=since)
    rises = target is Phase.RAMPING and signal in (Signal.READY, Signal.PASSED)
    entered = replace(
        entered,
        step=rollout.step + 1 if rises else rollout.step,
        first_percent=first_percent(look) if signal is Signal.READY else rollout.first_percent,
        weights_since=None,
        canary_requests=0,
        samples={},
        resume_to=None,
        waits="",
        told_at=None,
        latched=rollout.latched or target is Phase.ROLLING_BACK,
    )
    return replace(entered, intent=intent_for(entered, look.seen.live))


def _hold(state: EndpointState, look: Look, *, rechecking: bool) -> Decision:
    """Nothing moved: act again on an intent that is still open, unless we just did."""
    rollout = with_cold_start(look)
    again = not rechecking and intents.may_act(rollout, look.seen)
    if rollout.intent is not None:
        rollout = replace(
            rollout, intent=intents.still_open(rollout.intent, look.seen, again=again)
        )
    if rollout.phase is Phase.PENDING:
        rollout = replace(rollout, waits=waits_for(look))
    decision = _decision(state, look, rollout, _why_hold(look), DecisionKind.HOLD)
    return replace(decision, act=again)


def _why_hold(look: Look) -> str:
    phase = look.rollout.phase
    if phase is Phase.PENDING:
        return f"waits: {waits_for(look)}"
    if phase in (Phase.RAMPING, Phase.HOLDBACK) and look.rollout.intent is None:
        return f"lacks {lacks(look)}"
    if phase is Phase.WARMING:
        return f"waits: {unready(look)}"
    if phase in intents.INERT:
        return "waits for a person"
    return f"in progress; {intents.hindrance(look.seen) or 'the endpoint is in service'}"


def _decision(
    state: EndpointState, look: Look, rollout: Rollout, reason: str, kind: DecisionKind
) -> Decision:
    before = look.rollout.phase
    moved = kind is not DecisionKind.HOLD
    return Decision(
        kind=kind,
        reason=reason,
        phase_before=before,
        phase=rollout.phase,
        act=moved and intents.may_act(rollout, look.seen),
        page=moved and (rollout.phase in _TOLD or kind is DecisionKind.WARN),
        verdict=look.verdict,
        state=replace(state, rollout=rollout),
    )
