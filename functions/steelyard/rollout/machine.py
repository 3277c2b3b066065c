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
from steelyard.rollout.observation import Command, Event, Hint, Seen
from steelyard.rollout.orders import in_words, require_legal, require_possible
from steelyard.rollout.passing import overdue, passed
from steelyard.rollout.plan import intent_for, may_show
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
from steelyard.rollout.warming import first_percent, ready, unfit, with_cold_start
from steelyard.rollout.wording import what_next, why_hold

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
_LONGEST_PAGE = 4000
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
        now: when the world was looked at, aware UTC; the machine knows no other clock.

    Raises:
        IllegalTransition: a command that the phase doesn't allow; nothing changes.
    """
    told = bool(state.untold) and event.seen.told
    untold = "" if told else state.untold
    decision = _step(replace(state, untold=untold), event, now)
    if decision.page:
        untold = f"{untold}; then: {decision.reason}" if untold else decision.reason
    reason = decision.reason
    if told and decision.kind is DecisionKind.HOLD:
        reason = f"people were told; {reason}"
    after = replace(decision.state, untold=untold[-_LONGEST_PAGE:])
    # Whether a page went out is known when it is recorded: until then it is sent again.
    return replace(decision, reason=reason, page=bool(untold), state=after)


def _step(state: EndpointState, event: Event, now: datetime) -> Decision:
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
        again = _step(state, Event(Hint("tick"), seen), now)
        return replace(again, reason=f"done already; {again.reason}")
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
    return _decision(state, look, rollout, f"{finding.reason}{what_next(rollout, look.seen)}", kind)


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
    told = replace(intents.still_open(rollout, look.seen, again=again), told_at=look.now)
    warning = _decision(state, look, told, finding.reason, DecisionKind.WARN)
    return replace(warning, act=again)


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
    intent = intent_for(entered, look.seen.live)
    if intent is not None:
        intent = replace(intent, shows=may_show(rollout.intent, look.seen.live))
    return replace(entered, intent=intent)


def _hold(state: EndpointState, look: Look, *, rechecking: bool) -> Decision:
    """Nothing moved: act again on an intent that is still open, unless we just did."""
    rollout = with_cold_start(look)
    again = not rechecking and intents.may_act(rollout, look.seen)
    rollout = intents.still_open(rollout, look.seen, again=again)
    if rollout.phase is Phase.PENDING:
        rollout = replace(rollout, waits=waits_for(look))
    decision = _decision(state, look, rollout, why_hold(look), DecisionKind.HOLD)
    return replace(decision, act=again)


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
