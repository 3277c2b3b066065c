"""What a rollout that is over leaves in the endpoint's state. Pure; used by the machine alone."""

from __future__ import annotations

from dataclasses import replace

from steelyard.rollout.model import EndpointState, Phase, Retired, Rollout, Stable
from steelyard.rollout.observation import Seen
from steelyard.rollout.plan import configs_of


def ended(state: EndpointState, rollout: Rollout, seen: Seen) -> EndpointState:
    """The state when a rollout has just ended: who is in charge, and what may go some day."""
    kept = rollout.stable
    if rollout.phase is Phase.PROMOTED:
        kept = Stable(rollout.canary, rollout.config, rollout.candidate.version)
        state = replace(state, previous=rollout.stable)
    made = Retired(
        variant=rollout.canary,
        model=rollout.model,
        configs=configs_of(rollout),
        since=rollout.since,
    )
    # The canary's config stays live after a rollback: the loser stays in it, at weight 0.
    stable = _on_live_config(kept, seen, made.configs)
    return replace(state, stable=stable, retired=(*state.retired, made))


def tidied(state: EndpointState, rollout: Rollout, seen: Seen) -> EndpointState:
    """The state when an intent of a rollout that is over was carried out."""
    if rollout.intent is not None and rollout.intent.gone:
        return collected(state, rollout)
    if not rollout.tidied or state.stable is None:
        return state
    return replace(state, stable=_on_live_config(state.stable, seen, configs_of(rollout)))


def collected(state: EndpointState, rollout: Rollout) -> EndpointState:
    """The state without what the intent was to collect, whether it is gone or was given up."""
    gone = rollout.intent.gone if rollout.intent is not None else ()
    return replace(state, retired=tuple(one for one in state.retired if one.model not in gone))


def _on_live_config(stable: Stable, seen: Seen, ours: tuple[str, ...]) -> Stable:
    """With the config that is live, if a rollout made it: who serves on others is adopted."""
    live = seen.live
    return replace(stable, config=live.config) if live and live.config in ours else stable
