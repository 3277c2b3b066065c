"""A canary that serves without traffic: is it fit for its first step? Pure; used by the machine.

The console's simulations size first steps by it, too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from steelyard.rollout.model import Phase, Rollout
from steelyard.rollout.policy import Policy
from steelyard.rollout.signals import Finding, Look, Signal

_CANARY_REQUESTS = 100  # a minute, that a first step sized to the traffic is to bring


def unfit(look: Look) -> Finding | None:
    """UNFIT, as soon as one golden request is answered wrongly."""
    wrong = [a for a in look.seen.golden or () if a.outcome == "wrong"]
    if not wrong:
        return None
    more = f"; so are {len(wrong) - 1} more" if len(wrong) > 1 else ""
    return Finding(Signal.UNFIT, f"golden request {wrong[0].name} is wrong: {wrong[0].why}{more}")


def ready(look: Look) -> Finding | None:
    """READY, when time is up and a pass of golden requests after the cold one was right."""
    rollout = look.rollout
    if rollout.phase is not Phase.WARMING or unready(look):
        return None
    asked = len(look.seen.golden or ())
    right = f"{asked} golden requests right; " if asked else ""
    served = f"{right}the canary served for {rollout.policy.warm_up} without traffic"
    return Finding(Signal.READY, f"{served}{_sized(look)}")


def first_percent(look: Look) -> float | None:
    """The first step's percentage, where the policy sizes it to the traffic; None where not.

    As much as brings about 100 canary requests in the busiest of the minutes read, so that counts
    of a minute that are late, or a lull, don't make it more; in hundredths of a percent, at least
    one of them, at most what the policy's first step says.
    """
    policy, busiest = look.rollout.policy, _busiest(look)
    return sized(policy, busiest) if policy.first_step is not None and busiest else None


def sized(policy: Policy, busiest: float) -> float:
    """The first step's percentage where the busiest minute has so many requests, above 0."""
    hundredths = round(_CANARY_REQUESTS * 100 * 100 / busiest)
    return min(max(hundredths, 1), policy.steps[0] * 100) / 100


def unready(look: Look) -> str:
    """What keeps a WARMING canary from its first step, in words; empty when nothing does."""
    rollout, seen = look.rollout, look.seen
    if seen.alarms:
        return f"in ALARM: {', '.join(alarm.name for alarm in seen.alarms)}"
    if seen.unreadable:
        return f"can't be read: {'; '.join(seen.unreadable)}"
    if seen.live is None or not seen.live.in_service:
        return "the endpoint is not in service"
    if seen.golden is None:
        return "golden requests were not asked yet"
    silent = [answer for answer in seen.golden if answer.outcome == "none"]
    if silent:
        return f"golden request {silent[0].name} got no answer: {silent[0].why}"
    if seen.golden and rollout.cold_start is None:
        return "the first pass of golden requests is the cold one and does not count"
    left = rollout.since + rollout.policy.warm_up - look.now
    if left > timedelta(0):
        return f"warm-up: {left} to go"
    return _lacks_size(look)


def with_cold_start(look: Look) -> Rollout:
    """The first complete pass of golden requests wakes the canary up, and is timed.

    From when the canary was in service on, so passes that it was too cold to answer count.
    """
    rollout, seen = look.rollout, look.seen
    if rollout.cold_start is not None or not seen.golden or rollout.phase is not Phase.WARMING:
        return rollout
    if any(answer.outcome == "none" for answer in seen.golden):
        return rollout
    slowest = timedelta(seconds=round(max(answer.seconds for answer in seen.golden), 3))
    return replace(rollout, cold_start=look.now - rollout.since + slowest)


def _lacks_size(look: Look) -> str:
    """A first step can't be sized by no traffic, which may be counts that come late."""
    if look.rollout.policy.first_step is None or _busiest(look):
        return ""
    if look.seen.traffic is None:
        return "stable's requests were not read yet, to size the first step by"
    minutes = len(look.seen.traffic)
    return f"stable had no request in {minutes} minutes to size the first step by"


def _sized(look: Look) -> str:
    """How the first step was sized, in words; empty where it was not."""
    percent = first_percent(look)
    if percent is None:
        return ""
    by = f"sized by {_busiest(look)} requests in stable's busiest minute"
    return f"; {by}, the first step is {percent:g} %"


def _busiest(look: Look) -> int:
    """The requests of the busiest minute that was read."""
    return max(look.seen.traffic or (), default=0)
