"""What becomes of an intent: carried out, refused, failed, held up; and whether to act on it. Pure.

Used by the machine alone.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from steelyard.rollout.actions import CreateConfig, DeleteAlarms, Intent
from steelyard.rollout.model import Phase, Rollout
from steelyard.rollout.observation import Seen
from steelyard.rollout.plan import is_met, splits_as
from steelyard.rollout.signals import Finding, Look, Signal, shown, waits_for

MAX_ATTEMPTS = 5
TELL_EVERY = timedelta(minutes=10)
INERT = (Phase.PAUSED, Phase.NEEDS_HUMAN)
_AT_WORK = ("Updating", "RollingBack")
_WORDS = {
    Phase.RAMPING: "the raise",
    Phase.HOLDBACK: "the raise",
    Phase.FINALIZING: "the last raise",
    Phase.ROLLING_BACK: "the rollback",
}


def withdrawn(look: Look) -> Finding | None:
    """UNFIT, where the candidate's approval was taken back before its model was made."""
    return Finding(Signal.UNFIT, look.seen.withdrawn) if look.seen.withdrawn else None


def refused(look: Look) -> Finding | None:
    """REFUSED, where AWS won't do it however often it is asked.

    A rollback asks again all the same, each minute, and people are told every ten.
    """
    rollout = look.rollout
    if rollout.intent is None or not look.seen.refused:
        return None
    if rollout.phase is Phase.ROLLING_BACK and rollout.told_at and not _long_untold(look):
        return None
    return Finding(Signal.REFUSED, f"refused by AWS: {look.seen.refused}")


def carried_out(look: Look) -> Finding | None:
    """CONFIRMED, by what Describe shows and not by what a call returned."""
    intent = look.rollout.intent
    if intent is None or not (is_met(intent, look.seen) or _nothing_to_take_back(look)):
        return None
    return Finding(Signal.CONFIRMED, f"confirmed by Describe: {shown(look.seen.live)}")


def failed(look: Look) -> Finding | None:
    """FAILED, where SageMaker tried and did not get there, or took too long."""
    rollout, intent, live = look.rollout, look.rollout.intent, look.seen.live
    if intent is None:
        return None
    provisioning = rollout.phase is Phase.PROVISIONING
    over = live is not None and live.in_service and intent.begun
    returned = over and live is not None and live.config == rollout.stable.config
    # No instances to be had says nothing about the candidate: try again until the time is up.
    if provisioning and returned and live and "capacity" not in live.failure.lower():
        why = live.failure or "SageMaker gave no reason"
        return Finding(
            Signal.FAILED, f"the update was rolled back silently to {live.config}: {why}"
        )
    if rollout.phase.is_over and (why := _overtaken(intent, look.seen)):
        return Finding(Signal.FAILED, f"the loser stays: {why}")
    if provisioning and look.now - rollout.since > rollout.policy.provision_timeout:
        why = f": {live.failure}" if live is not None and live.failure else ""
        return Finding(
            Signal.FAILED, f"no canary in service after {rollout.policy.provision_timeout}{why}"
        )
    # Throttling and lack of capacity are no failures of the candidate's; there the time counts.
    if intent.attempts >= MAX_ATTEMPTS and over and not provisioning:
        return Finding(
            Signal.FAILED, f"tried {intent.attempts} times, but Describe shows {shown(live)}"
        )
    return None


def held_up(look: Look) -> Finding | None:
    """BLOCKED, when people have not heard for ten minutes of what can't be carried out."""
    rollout, live, intent = look.rollout, look.seen.live, look.rollout.intent
    if not _long_untold(look):
        return None
    if intent is None:
        return _waits_in_vain(look)
    gives_up = rollout.phase.is_over and intent.config is None
    if gives_up and intent.attempts < MAX_ATTEMPTS:
        return None
    why = hindrance(look.seen) or f"Describe shows {shown(live)}"
    if rollout.phase.is_over:
        ends = "is given up" if gives_up else "goes on"
        left = ", ".join(action.kind for action in intent.actions)
        about = f"{left} for {rollout.canary}"
        return Finding(Signal.BLOCKED, f"tidying up {ends}, {about} is not seen to be done: {why}")
    minutes = (look.now - rollout.since) // timedelta(minutes=1)
    what = _WORDS.get(rollout.phase, "the rollout")
    percent = live.percent(rollout.canary) if live is not None else None
    share = "an unknown share" if percent is None else f"{percent:.3g} %"
    return Finding(
        Signal.BLOCKED,
        f"{what} has waited for {minutes} min: {why}; the canary has {share} of the traffic; "
        "Steelyard goes on as soon as the endpoint lets it",
    )


def _waits_in_vain(look: Look) -> Finding | None:
    """BLOCKED, without an intent: what a rollout waits for, or what keeps it from acting."""
    pending = look.rollout.phase is Phase.PENDING
    why = waits_for(look) if pending else hindrance(look.seen)
    if not why or look.rollout.phase in (*INERT, Phase.WARMING) or look.rollout.phase.is_over:
        return None
    return Finding(Signal.BLOCKED, f"waits, and nothing can be done meanwhile: {why}")


def _nothing_to_take_back(look: Look) -> bool:
    """Whether somebody took the canary out of the endpoint while it was to lose its traffic."""
    rollout, live = look.rollout, look.seen.live
    gone = live is not None and live.in_service and not live.has(rollout.canary)
    return rollout.phase is Phase.ROLLING_BACK and gone


def _overtaken(intent: Intent, seen: Seen) -> str:
    """Why a loser must not be removed any more, in words: somebody changed what serves since."""
    live = seen.live
    if live is None or not live.in_service or intent.config is None:
        return ""
    copied = {action.copy_of for action in intent.actions if isinstance(action, CreateConfig)}
    if live.config not in (intent.config, *copied):
        return f"{live.config} is in service, which somebody else put there"
    if intent.begun and live.config != intent.config:
        return f"the update left {live.config} in service"
    if not splits_as(live, intent.weights):
        return f"not all traffic goes to the winner: {shown(live)}"
    return ""


def hindrance(seen: Seen) -> str:
    """Why nothing can be changed at the moment, in words; empty where it can."""
    if seen.live is None:
        return "the endpoint can't be read"
    return "" if seen.live.in_service else f"the endpoint is {seen.live.status}"


def may_act(rollout: Rollout, seen: Seen) -> bool:
    """Whether the intent's actions may be tried now."""
    intent = rollout.intent
    if intent is None or rollout.phase in INERT or is_met(intent, seen):
        return False
    # Whatever else is refused while the endpoint changes, or may be in use by then.
    alarms_alone = all(isinstance(action, DeleteAlarms) for action in intent.actions)
    return alarms_alone or not hindrance(seen)


def still_open(rollout: Rollout, seen: Seen, *, again: bool) -> Rollout:
    """The rollout after a look that did not confirm its intent, if it has one."""
    intent = rollout.intent
    if intent is None:
        return rollout
    at_work = seen.live is not None and seen.live.status in _AT_WORK
    if again:
        intent = replace(intent, attempts=intent.attempts + 1, accepted=True)
    elif seen.busy:
        intent = replace(intent, accepted=False)
    elif at_work and intent.accepted:
        intent = replace(intent, begun=True)
    return replace(rollout, intent=intent)


def _long_untold(look: Look) -> bool:
    rollout = look.rollout
    # A whole new fleet takes its time, and so may what a rollout has to wait for.
    fleet = rollout.phase.is_over and rollout.intent is not None and rollout.intent.config
    slow = fleet or rollout.phase is Phase.PENDING
    patience = rollout.policy.provision_timeout if slow else TELL_EVERY
    return look.now - max(rollout.told_at or rollout.since, rollout.since) >= patience
