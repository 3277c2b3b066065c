"""The rollout's state machine. Pure: state, event and time in, decision out.

Read after model.py and transitions.py. `step` is what the service calls, and nothing else moves a
rollout.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace
from datetime import datetime

from steelyard.evidence import Batch, Evidence, Verdict, VerdictKind, judge, weigh
from steelyard.rollout import idle
from steelyard.rollout.actions import Intent
from steelyard.rollout.counting import weighed, with_samples
from steelyard.rollout.model import Decision, DecisionKind, EndpointState, Phase, Rollout, Stable
from steelyard.rollout.observation import Command, Event, Seen
from steelyard.rollout.orders import in_words, require_legal, require_possible
from steelyard.rollout.passing import lacks, overdue, passed
from steelyard.rollout.plan import IN_SERVICE, intent_for, is_met
from steelyard.rollout.signals import AT_WORK, RULES, Finding, Look, Signal, waits_for
from steelyard.rollout.transitions import BACK, TRANSITIONS
from steelyard.rollout.warming import first_percent, ready, unfit, unready, with_cold_start

_KEYS_KEPT = 20
_WARNINGS = (Signal.HARM, Signal.DRIFT, Signal.STUCK)
_TAKING_BACK = (Signal.ABORT, Signal.ROLLBACK)
_INERT = (Phase.PAUSED, Phase.NEEDS_HUMAN)
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
    state, look = _look(state, rollout, seen, now)
    finding = _first(look)
    if finding is None:
        return _hold(state, look, rechecking=trigger.kind == "recheck")
    return _move(state, look, finding)


def _look(
    state: EndpointState, rollout: Rollout, seen: Seen, now: datetime
) -> tuple[EndpointState, Look]:
    """Weigh the new counts, and judge."""
    before, batches = rollout.canary_requests, weighed(rollout, seen)
    evidence, verdict = _judged(rollout, batches)
    rollout = replace(
        with_samples(rollout, batches),
        evidence=evidence,
        labels_until=seen.labels_until or rollout.labels_until,
    )
    fresh = rollout.canary_requests > before
    state = replace(state, rollout=rollout, metrics_until=seen.metrics_until or state.metrics_until)
    return state, Look(rollout, seen, now, verdict, fresh)


def _judged(rollout: Rollout, batches: Iterable[Batch]) -> tuple[Evidence, Verdict | None]:
    """The evidence with these batches, and what it says: WORSE ends it, whatever comes after."""
    evidence, promise = rollout.evidence, rollout.policy.promise
    holdback = rollout.phase is Phase.HOLDBACK
    step = len(rollout.policy.steps) if holdback else rollout.step
    verdict = None
    for batch in batches:
        evidence = weigh(evidence, batch, promise)
        verdict = judge(evidence, promise, step)
        if verdict.kind is VerdictKind.WORSE:
            break
    if verdict is None and rollout.step >= 0:
        verdict = judge(evidence, promise, step)
    return evidence, verdict


def _first(look: Look, among: Container[Signal] = tuple(Signal)) -> Finding | None:
    """The first finding that means something in this phase."""
    for rule in (*RULES, unfit, ready, passed, overdue):
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
    state, look = _look(state, rollout, seen, now)
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
    if target is before.phase and signal in (Signal.CONFIRMED, Signal.FAILED):
        rollout = replace(before, intent=None, weights_since=look.now)
        if before.tidied and signal is Signal.CONFIRMED:
            stable = state.stable and _on_live_config(state.stable, look.seen)
            state = replace(state, stable=stable)
        kind = DecisionKind.HOLD if signal is Signal.CONFIRMED else DecisionKind.HAND_OVER
        return _decision(state, look, rollout, finding.reason, kind)
    rollout = _enter(before, target, signal, look)
    if target.is_over:
        state = replace(state, stable=_stable_after(rollout, look.seen))
    kind = kind or _KINDS.get(target, DecisionKind.ADVANCE)
    return _decision(state, look, rollout, finding.reason, kind)


def _back(rollout: Rollout) -> Phase:
    if rollout.latched:
        return Phase.ROLLING_BACK
    return rollout.resume_to or Phase.PENDING


def _enter(rollout: Rollout, target: Phase, signal: Signal, look: Look) -> Rollout:
    entered = replace(rollout, phase=target, since=look.now)
    if target in _INERT:
        left = rollout.resume_to if rollout.phase in _INERT else rollout.phase
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
        latched=rollout.latched or target is Phase.ROLLING_BACK,
    )
    return replace(entered, intent=intent_for(entered, look.seen.live))


def _stable_after(rollout: Rollout, seen: Seen) -> Stable:
    promoted = rollout.phase is Phase.PROMOTED
    kept = Stable(rollout.canary, rollout.config, rollout.candidate.version)
    # The canary's config stays live after a rollback: the loser stays in it, at weight 0.
    return _on_live_config(kept if promoted else rollout.stable, seen)


def _on_live_config(stable: Stable, seen: Seen) -> Stable:
    return replace(stable, config=seen.live.config) if seen.live is not None else stable


def _hold(state: EndpointState, look: Look, *, rechecking: bool) -> Decision:
    """Nothing moved: act again on an intent that is still open, unless we just did."""
    rollout = with_cold_start(look)
    again = not rechecking and _may_act(rollout, look.seen)
    if rollout.intent is not None:
        rollout = replace(rollout, intent=_still_open(rollout.intent, look.seen, again=again))
    decision = _decision(state, look, rollout, _why_hold(look), DecisionKind.HOLD)
    return replace(decision, act=again)


def _still_open(intent: Intent, seen: Seen, *, again: bool) -> Intent:
    """The intent after a look that did not confirm it."""
    if again:
        return replace(intent, attempts=intent.attempts + 1, accepted=True)
    if seen.busy:
        return replace(intent, accepted=False)
    at_work = seen.live is not None and seen.live.status in AT_WORK
    return replace(intent, begun=True) if at_work and intent.accepted else intent


def _may_act(rollout: Rollout, seen: Seen) -> bool:
    if rollout.intent is None or rollout.phase in _INERT or is_met(rollout.intent, seen):
        return False
    tidying = rollout.intent.config is None and not rollout.intent.weights
    return tidying or (seen.live is not None and seen.live.status == IN_SERVICE)


def _why_hold(look: Look) -> str:
    phase = look.rollout.phase
    if phase is Phase.PENDING:
        return f"waits: {waits_for(look)}"
    if phase in (Phase.RAMPING, Phase.HOLDBACK) and look.rollout.intent is None:
        return f"lacks {lacks(look)}"
    if phase is Phase.WARMING:
        return f"waits: {unready(look)}"
    if phase in _INERT:
        return "waits for a person"
    status = look.seen.live.status if look.seen.live is not None else "unreadable"
    return f"in progress; the endpoint is {status}"


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
        act=moved and _may_act(rollout, look.seen),
        page=moved and rollout.phase in _TOLD,
        verdict=look.verdict,
        state=replace(state, rollout=rollout),
    )
