"""When a step, or the holdback, is passed, and when its time is up. Pure; used by the machine."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from steelyard.evidence import LEAST_REQUESTS, VerdictKind
from steelyard.rollout.counting import unmeasured
from steelyard.rollout.model import Phase
from steelyard.rollout.signals import Finding, Look, Signal
from steelyard.rollout.warming import unready

_WITH_TRAFFIC = (Phase.RAMPING, Phase.HOLDBACK)


def passed(look: Look) -> Finding | None:
    """PASSED, LAST_PASSED or SHORT, when time, samples and evidence all suffice."""
    if lacks(look):
        return None
    rollout, policy = look.rollout, look.rollout.policy
    if rollout.phase is Phase.HOLDBACK:
        next_percent, signal = 100, Signal.PASSED
    elif rollout.step + 1 < len(policy.steps):
        next_percent, signal = policy.steps[rollout.step + 1], Signal.PASSED
    else:
        next_percent, signal = policy.holdback_percent, Signal.LAST_PASSED
    short = too_few_instances(look, next_percent)
    if short:
        return Finding(Signal.SHORT, short)
    return Finding(
        signal,
        f"not worse at {rollout.canary_percent:g} % over {rollout.canary_requests} canary requests",
    )


def lacks(look: Look) -> str:
    """What the step still lacks, in words; empty when nothing."""
    rollout = look.rollout
    if rollout.phase not in _WITH_TRAFFIC or rollout.weights_since is None:
        return "traffic"
    if look.seen.live is None or not look.seen.live.in_service:
        return "an endpoint in service"
    if look.seen.alarms:
        return f"quiet: {look.seen.alarms[0].name} is in ALARM on both variants"
    if look.seen.unreadable:
        return f"what can't be read: {'; '.join(look.seen.unreadable)}"
    return _lacks_evidence(look) or _lacks_time(look)


def _lacks_evidence(look: Look) -> str:
    rollout, policy = look.rollout, look.rollout.policy
    if not look.fresh:
        return "fresh counts"
    if rollout.canary_requests < policy.least_requests:
        return f"samples: {rollout.canary_requests} of {policy.least_requests} canary requests"
    if metric := unmeasured(rollout, LEAST_REQUESTS):
        return f"samples of {metric} at this step"
    if look.verdict is not None and look.verdict.doubts:
        return f"counts to be trusted: {'; '.join(look.verdict.doubts)}"
    if look.verdict is None or look.verdict.kind is not VerdictKind.NOT_WORSE:
        return f"evidence on {_unproven(look)}"
    return ""


def _lacks_time(look: Look) -> str:
    rollout, policy = look.rollout, look.rollout.policy
    stay = policy.holdback if rollout.phase is Phase.HOLDBACK else policy.bake
    left = (rollout.weights_since or look.now) + policy.discard + stay - look.now
    return f"bake time: {left} to go" if left > timedelta(0) else ""


def _unproven(look: Look) -> str:
    if look.verdict is None:
        return "everything"
    forecast = look.verdict.requests_to_pass
    more = "" if forecast is None else f", about {forecast} more canary requests"
    return ", ".join(look.verdict.unproven) + more


def too_few_instances(look: Look, percent: int) -> str:
    """In words, if the canary has fewer instances than that share of stable's; else empty."""
    live = look.seen.live
    counts = {variant.name: variant.instances for variant in live.variants} if live else {}
    have = counts.get(look.rollout.canary, 0)
    need = ceil(counts.get(look.rollout.stable.variant, 0) * percent / 100)
    if have >= need:
        return ""
    return f"{percent} % needs {need} canary instances, but {have} serve; set canary_instances"


def overdue(look: Look) -> Finding | None:
    """OVERDUE or STARVED, when the deadline of the step, or of the warm-up, has passed."""
    rollout, deadline = look.rollout, look.rollout.policy.deadline
    if look.now - rollout.since < deadline:
        return None
    if rollout.phase is Phase.WARMING:
        return Finding(Signal.OVERDUE, f"warming up for {deadline} already: {unready(look)}")
    if rollout.phase not in _WITH_TRAFFIC:
        return None
    if rollout.canary_requests == 0:
        return Finding(Signal.STARVED, f"no data on the canary in {deadline}")
    return Finding(Signal.OVERDUE, f"after {deadline} the step still lacks {lacks(look)}")
