"""For each signal a look that brings it, by phase, for the tests of the table. Not a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from steelyard.evidence import Batch
from steelyard.rollout.golden import Answer
from steelyard.rollout.intents import MAX_ATTEMPTS, TELL_EVERY
from steelyard.rollout.model import Phase, Rollout
from steelyard.rollout.observation import (
    CommandName,
    Hint,
    Seen,
    Trigger,
    Variant,
)
from steelyard.rollout.plan import intent_for, removal_of_loser
from steelyard.rollout.signals import Signal
from tests.unit.rollout.scenes import (
    BOOTSTRAP,
    CANARY,
    MINUTE,
    POLICY,
    START,
    alarm,
    batch,
    command,
    live,
    live_of,
    proved,
    rollout_in,
    seen,
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


def as_it_stands(phase: Phase) -> Rollout:
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
    if rollout.intent is not None:
        tried = replace(rollout.intent, attempts=MAX_ATTEMPTS)
        rollout = replace(rollout, intent=tried)
    later = START + max(TELL_EVERY, POLICY.provision_timeout)
    return Scene(rollout, reading, "the endpoint is SystemUpdating", now=later)


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
    return Scene(as_it_stands(phase), seen(there), because + FOREIGN.config)


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
