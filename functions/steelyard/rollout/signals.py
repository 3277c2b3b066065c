"""What one look at the world means for a rollout. Pure.

Used within the core; the console shows values in the same words.

Each rule answers with a signal and a reason in words, or None. Those about intents are in
`intents.py`, about time and evidence in `warming.py` and `passing.py`; the machine ranks them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from steelyard.evidence import Verdict, VerdictKind
from steelyard.rollout.model import Phase, Rollout
from steelyard.rollout.observation import AlarmReading, Live, Seen
from steelyard.rollout.plan import intended_weights, splits_as

# "Rolling deployments" in SageMaker's guide: an update is allowed in UpdateRollbackFailed.
REMEDIES = {
    "Failed": "AWS allows nothing but to delete it: make it anew, on {config}",
    "OutOfService": "a person must mend it: update it to {config}, or make it anew",
    "UpdateRollbackFailed": "it serves a mix of old and new: update it to {config}",
    "Deleting": "somebody deletes it: make it anew, on {config}",
}


class Signal(Enum):
    """Whatever can move a rollout."""

    GO = auto()
    CONFIRMED = auto()
    REFUSED = auto()
    FAILED = auto()
    BLOCKED = auto()
    UNFIT = auto()
    READY = auto()
    PASSED = auto()
    LAST_PASSED = auto()
    HARM = auto()
    UNEXPLAINED = auto()
    SHORT = auto()
    OVERDUE = auto()
    STARVED = auto()
    DISTURBED = auto()
    SETTLED = auto()
    DRIFT = auto()
    STUCK = auto()
    MENDED = auto()
    START = auto()
    PROMOTE = auto()
    PAUSE = auto()
    RESUME = auto()
    ABORT = auto()
    ROLLBACK = auto()


@dataclass(frozen=True, slots=True)
class Finding:
    """A signal, and why."""

    signal: Signal
    reason: str


@dataclass(frozen=True, slots=True)
class Look:
    """All that a rule may know.

    Attributes:
        verdict: what the evidence says; None before the first step.
        fresh: whether this look brought counts of the canary that were weighed.
    """

    rollout: Rollout
    seen: Seen
    now: datetime
    verdict: Verdict | None
    fresh: bool


def stuck(look: Look) -> Finding | None:
    """STUCK, where the endpoint is in a state that only a person can mend."""
    live = look.seen.live
    if live is None or live.status not in REMEDIES:
        return None
    why = f": {live.failure}" if live.failure else ""
    remedy = REMEDIES[live.status].format(config=look.rollout.stable.config)
    return Finding(Signal.STUCK, f"the endpoint is {live.status}{why}; {remedy}")


def mended(look: Look) -> Finding | None:
    """MENDED, where a canary that was condemned has traffic, and it can be taken back again."""
    rollout, live = look.rollout, look.seen.live
    if rollout.phase is not Phase.NEEDS_HUMAN or not rollout.latched or live is None:
        return None
    serves = live.in_service and live.config == rollout.config
    if not serves or live.weight(rollout.canary) == 0:
        return None
    return Finding(Signal.MENDED, f"the rollback goes on: {shown(live)}")


def harm(look: Look) -> Finding | None:
    """HARM, by the evidence, or by an alarm that is bad on the canary alone or can't be read."""
    if look.rollout.latched:
        return None  # rolled back already: a person who was called must not be called each minute
    verdict = look.verdict
    if verdict is not None and verdict.kind is VerdictKind.WORSE:
        return Finding(
            Signal.HARM,
            f"the canary is worse in {verdict.carried_by}: log evidence "
            f"{verdict.log_evidence['total']:.2f} reached {verdict.log_threshold:.2f}",
        )
    for alarm in look.seen.alarms:
        if alarm.metric == "evidence" and look.rollout.step < 0:
            continue  # it still rings for the rollout before: this canary had no request yet
        if alarm.canary is None:
            return Finding(Signal.HARM, f"{alarm.name} is in ALARM and its metric can't be read")
        if _is_bad(alarm.canary, alarm) and not _is_bad(alarm.stable, alarm):
            return Finding(Signal.HARM, f"{_words(alarm)} on the canary alone")
    return None


def unexplained(look: Look) -> Finding | None:
    """UNEXPLAINED, where an alarm rings without its metric being bad on either variant."""
    for alarm in look.seen.alarms:
        if not _is_bad(alarm.canary, alarm) and not _is_bad(alarm.stable, alarm):
            return Finding(
                Signal.UNEXPLAINED,
                f"{alarm.name} is in ALARM but its metric is not bad ({_words(alarm)}): "
                "forced by hand, or over already",
            )
    return None


def _is_bad(value: float | None, alarm: AlarmReading) -> bool:
    return value is not None and value >= alarm.threshold


def _words(alarm: AlarmReading) -> str:
    def figure(value: float | None) -> str:
        return "no data" if value is None else f"{value:.4g}"

    stable = "" if alarm.metric == "evidence" else f", stable {figure(alarm.stable)}"
    return f"{alarm.metric}: canary {figure(alarm.canary)}{stable}, threshold {alarm.threshold:.4g}"


def shown(live: Live | None) -> str:
    """The endpoint in words, for reasons."""
    if live is None:
        return "nothing"
    weights = ", ".join(f"{v.name} {v.weight:g}" for v in live.variants)
    return f"{live.status}, {live.config}, weights {weights}"


def outside_change(look: Look) -> Finding | None:
    """DRIFT, or DISTURBED, where the endpoint is not as it was left."""
    rollout, live = look.rollout, look.seen.live
    if live is None or not live.in_service:
        return None
    if rollout.phase.is_over:
        return None
    split = splits_as(live, intended_weights(rollout))
    known = live.config in (rollout.config, rollout.stable.config)
    if rollout.phase is Phase.PENDING:  # another config is adopted, as soon as it can be read
        as_left = split or live.config != rollout.stable.config
    elif rollout.phase is Phase.ROLLING_BACK:
        stable_is_there = live.has(rollout.stable.variant)
        if rollout.intent is not None and (stable_is_there or not live.has(rollout.canary)):
            return None  # stable gets its traffic back whatever else was changed
        if live.config == rollout.config and not split:
            return Finding(Signal.DISTURBED, f"weights moved again: {shown(live)}")
        # On somebody's own config nothing is left to take back: the rollout ends, and what
        # serves instead is adopted. On a config that we know, stable must have its traffic.
        as_left = split if known else live.weight(rollout.canary) == 0
        as_left = as_left and (stable_is_there or not live.has(rollout.canary))
    elif rollout.intent is not None:  # weights are on their way; no intent leads to a third config
        shows = rollout.intent.shows
        on_the_way = not shows or any(splits_as(live, weights) for weights in shows)
        as_left = known and (split or on_the_way)
    else:
        as_left = split and live.config == rollout.config
    if as_left:
        return None
    return Finding(Signal.DRIFT, f"changed from outside: Describe shows {shown(live)}")


def go(look: Look) -> Finding | None:
    """GO, when nothing keeps a PENDING rollout from starting."""
    rollout, live = look.rollout, look.seen.live
    if rollout.phase is not Phase.PENDING or waits_for(look) or live is None:
        return None
    return Finding(Signal.GO, f"version {rollout.candidate.version} was approved")


def not_as_left(look: Look) -> str:
    """In words, if the endpoint is not in service on stable's config; else empty."""
    live = look.seen.live
    if live is None:
        return "the endpoint can't be read"
    if not live.in_service:
        return f"the endpoint is {live.status}"
    stable = look.rollout.stable
    same = live.config == stable.config
    return "" if same else f"the endpoint is on {live.config}, not on {stable.config}"


def waits_for(look: Look) -> str:
    """What keeps a PENDING rollout from starting, in words; empty when nothing does."""
    wait = not_as_left(look)
    if wait:
        return wait
    if look.seen.alarms:
        return f"in ALARM: {', '.join(alarm.name for alarm in look.seen.alarms)}"
    return "; ".join(look.seen.unreadable)


def settled(look: Look) -> Finding | None:
    """SETTLED, when stable has had all traffic for longer than a call can be in flight."""
    rollout, live = look.rollout, look.seen.live
    if rollout.phase is not Phase.ROLLING_BACK or rollout.weights_since is None:
        return None
    if live is None or not live.in_service:
        return None  # an update under way may be a late call that gives the canary traffic
    if look.now - rollout.weights_since < rollout.policy.settle:
        return None
    return Finding(Signal.SETTLED, f"stable has had all traffic for {rollout.policy.settle}")
