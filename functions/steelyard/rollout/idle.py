"""What happens between rollouts: adopt what serves, open the next one, tidy up. Pure.

Used by the machine alone.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from steelyard.evidence import begin
from steelyard.rollout.model import (
    Candidate,
    Decision,
    DecisionKind,
    EndpointState,
    Phase,
    Retired,
    Rollout,
    Stable,
)
from steelyard.rollout.observation import Live, Seen
from steelyard.rollout.plan import collection_of, removal_of_loser, splits_as
from steelyard.rollout.signals import REMEDIES, shown

_MOST_RETIRED = 100  # each is in every entry of the ledger


def step(state: EndpointState, seen: Seen, now: datetime) -> Decision:
    """Adopt, open a rollout for the waiting candidate, or hold."""
    serving = newly_serving(state, seen)
    if serving is not None:
        return adopt(state, serving)
    stable, live = state.stable, seen.live
    if stable is None or live is None or not live.in_service or seen.serving is None:
        return _cut_off(state, live)
    if not splits_as(live, {stable.variant: 100}):
        return _warn(state, f"not all traffic goes to {stable.variant}: {shown(live)}")
    state = replace(state, warned="")
    if state.waiting is not None and state.waiting.version != stable.version:
        return _open(state, stable, state.waiting, seen, now)
    state = replace(state, waiting=None)
    rollout = state.rollout
    if rollout is not None and _loser_is_due(rollout, stable, live, now):
        return _remove_loser(state, rollout, stable, now)
    retired = _due(state, stable, seen, now)
    if rollout is not None and retired is not None:
        return _collect(state, rollout, retired, now)
    return _decide(DecisionKind.HOLD, "nothing to do", state)


def _cut_off(state: EndpointState, live: Live | None) -> Decision:
    """What serves can't be told; people hear of it where waiting won't help."""
    stable = state.stable
    if stable and live and live.in_service and live.config != stable.config:
        return _warn(state, f"{live.config} is live, not {stable.config}, and can't be read")
    if live and live.status in REMEDIES:
        return _warn(state, f"the endpoint is {live.status}; a person must mend it")
    return _decide(DecisionKind.HOLD, "the endpoint is not in service, or not readable", state)


def newly_serving(state: EndpointState, seen: Seen) -> Stable | None:
    """What serves, if it is not what the ledger says; None while that can't be told."""
    in_service = seen.live is not None and seen.live.in_service
    return seen.serving if in_service and seen.serving != state.stable else None


def note_approvals(state: EndpointState, approved: tuple[Candidate, ...]) -> EndpointState:
    """Let the newest approval wait, unless that version serves or is under way already."""
    if not approved:
        return state
    rollout = state.rollout
    already: int | None = None
    if rollout is not None and not rollout.phase.is_over:
        already = rollout.candidate.version
    elif state.stable is not None:
        already = state.stable.version
    new = [candidate for candidate in approved if candidate.version != already]
    return replace(
        state,
        approvals_until=max(candidate.approved_at for candidate in approved),
        waiting=max(new, key=lambda candidate: candidate.approved_at, default=state.waiting),
    )


def adopt(state: EndpointState, serving: Stable) -> Decision:
    """Take what serves for stable; a rollout that has not begun starts from there."""
    before, rollout = state.stable, state.rollout
    was = "nothing was known before" if before is None else f"expected {before.variant}"
    reason = f"{serving.variant} serves version {serving.version} on {serving.config}; {was}"
    phase = None
    if rollout is not None and rollout.phase is Phase.PENDING:
        rollout, phase = replace(rollout, stable=serving), Phase.PENDING
    epoch = max(state.epoch, _epoch_of(serving.config))
    another = before is not None and (before.variant, before.version) != (
        serving.variant,
        serving.version,
    )
    previous = before if another else state.previous
    state = replace(state, epoch=epoch, stable=serving, previous=previous, rollout=rollout)
    decision = _decide(DecisionKind.ADOPT, reason, state)
    return replace(decision, phase_before=phase, phase=phase, page=before is not None)


def _epoch_of(config: str) -> int:
    """The epoch in a config's name; 0 for one that no rollout made.

    A ledger may be newer than its endpoint, but names of rollouts must never come twice.
    """
    match = re.search(r"-r(\d+)$", config)
    return int(match[1]) if match else 0


def _loser_is_due(rollout: Rollout, stable: Stable, live: Live, now: datetime) -> bool:
    keep, loser = rollout.policy.keep_loser, rollout.loser
    if keep is None or rollout.tidied or not live.has(loser):
        return False
    if stable.variant == loser:  # somebody put it in charge since
        return False
    return now - rollout.since >= keep


def _remove_loser(
    state: EndpointState, rollout: Rollout, stable: Stable, now: datetime
) -> Decision:
    """Bring up a fleet without it: an update is the only way to be rid of its instances."""
    intent = removal_of_loser(rollout, stable)
    reason = f"{rollout.loser} was kept for {rollout.policy.keep_loser}; its instances go now"
    return _tidy(state, replace(rollout, tidied=True, intent=intent), reason, now)


def _due(state: EndpointState, stable: Stable, seen: Seen, now: datetime) -> Retired | None:
    """What an ended rollout made, long enough ago, and nothing refers to any more."""
    keep, live = seen.policy.collect_after, seen.live
    if keep is None or live is None:
        return None
    kept = [one for one in (stable, state.previous) if one is not None]
    variants = {one.variant for one in kept} | {variant.name for variant in live.variants}
    configs = {one.config for one in kept} | {live.config}
    crowded = len(state.retired) > _MOST_RETIRED
    for retired in state.retired:
        in_use = retired.variant in variants or configs.intersection(retired.configs)
        if not in_use and (crowded or now - retired.since >= keep):
            return retired
    return None


def _collect(state: EndpointState, rollout: Rollout, retired: Retired, now: datetime) -> Decision:
    reason = f"nothing refers to {retired.model} since {retired.since:%Y-%m-%d}; it goes now"
    kept = tuple(one.config for one in (state.stable, state.previous) if one is not None)
    return _tidy(state, replace(rollout, intent=collection_of(retired, kept)), reason, now)


def _tidy(state: EndpointState, rollout: Rollout, reason: str, now: datetime) -> Decision:
    state = replace(state, rollout=replace(rollout, told_at=now))
    decision = _decide(DecisionKind.TIDY, reason, state)
    return replace(decision, phase_before=rollout.phase, phase=rollout.phase, act=True)


def _warn(state: EndpointState, reason: str) -> Decision:
    """Tell people, once for each reason, and leave the change alone."""
    if state.warned == reason:
        return _decide(DecisionKind.HOLD, reason, state)
    warning = _decide(DecisionKind.WARN, reason, replace(state, warned=reason))
    return replace(warning, page=True)


def _open(
    state: EndpointState, stable: Stable, candidate: Candidate, seen: Seen, now: datetime
) -> Decision:
    epoch = state.epoch + 1
    name = f"{state.endpoint}-v{candidate.version}-r{epoch}"
    rollout = Rollout(
        id=f"{state.endpoint}-r{epoch}",
        epoch=epoch,
        candidate=candidate,
        stable=stable,
        canary=f"v{candidate.version}-r{epoch}",
        model=name,
        config=name,
        policy=seen.policy,
        phase=Phase.PENDING,
        since=now,
        evidence=begin(seen.policy.promise),
    )
    state = replace(state, epoch=epoch, rollout=rollout, waiting=None)
    reason = f"version {candidate.version} was approved; version {stable.version} is stable"
    return replace(_decide(DecisionKind.START, reason, state), phase=Phase.PENDING)


def _decide(kind: DecisionKind, reason: str, state: EndpointState) -> Decision:
    return Decision(kind, reason, phase_before=None, phase=None, state=state)
