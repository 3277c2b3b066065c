"""From a phase to the intent that makes it true, and whether it is true yet. Pure.

Used within the core, by `world.py`, and by the console's suppositions. Percentages become weights
here: 5 % is 95 to 5 and 0.17 % is 9983 to 17, integers, because SageMaker keeps weights as 32-bit
floats (0.01 comes back as 0.0099999998).
"""

from __future__ import annotations

from collections.abc import Mapping

from steelyard.rollout.actions import (
    CreateConfig,
    CreateModel,
    DeleteAlarms,
    DeleteConfig,
    DeleteModel,
    Intent,
    NewVariant,
    PutAlarms,
    SetWeights,
    UpdateEndpoint,
)
from steelyard.rollout.model import Phase, Retired, Rollout, Stable
from steelyard.rollout.observation import Live, Seen

_MOST_SHOWN = 6
_TOLERANCE = 1e-6  # of a share; float32 keeps 7 digits


def intent_for(rollout: Rollout, live: Live | None) -> Intent | None:
    """What must become true in the rollout's phase; None where nothing need change."""
    match rollout.phase:
        case Phase.PROVISIONING:
            return _bring_up(rollout)
        case Phase.RAMPING | Phase.HOLDBACK | Phase.FINALIZING:
            return _shift(rollout)
        case Phase.ROLLING_BACK:
            return _take_back(rollout, live)
        case Phase.PROMOTED | Phase.ROLLED_BACK:
            return Intent((DeleteAlarms(rollout.canary),), config=None, weights={}, alarms=False)
    return None


def removal_of_loser(rollout: Rollout, stable: Stable) -> Intent:
    """A fleet without the loser."""
    _, config = configs_of(rollout)
    return Intent(
        actions=(
            CreateConfig(config, copy_of=stable.config, stable=stable.variant, canary=None),
            UpdateEndpoint(config),
        ),
        config=config,
        weights={stable.variant: 100},
    )


def configs_of(rollout: Rollout) -> tuple[str, str]:
    """Names of the configs that a rollout makes: with both variants, and with the winner alone."""
    suffix = f"-r{rollout.epoch}"
    return rollout.config, f"{rollout.id.removesuffix(suffix)}-alone{suffix}"


def collection_of(retired: Retired, kept: tuple[str, ...]) -> Intent:
    """Nothing left of what an ended rollout made, but for what the kept configs refer to."""
    configs = tuple(DeleteConfig(config) for config in retired.configs)
    return Intent(
        actions=(*configs, DeleteModel(retired.model, kept)),
        config=None,
        weights={},
        gone=(*retired.configs, retired.model),
    )


def is_met(intent: Intent, seen: Seen) -> bool:
    """Whether the world is as intended: status, config, weights, instances and alarms, all."""
    alarms_as_meant = seen.canary_alarms if intent.alarms else seen.canary_alarms_gone
    if intent.alarms is not None and not alarms_as_meant:
        return False
    if intent.gone and not seen.collected:
        return False
    if intent.config is None and not intent.weights:
        return True
    return (
        seen.live is not None
        and seen.live.in_service
        and (intent.config is None or seen.live.config == intent.config)
        and splits_as(seen.live, intent.weights)
        and all(v.instances == v.desired_instances for v in seen.live.variants)
    )


def splits_as(live: Live, weights: Mapping[str, float]) -> bool:
    """Whether traffic is split as `weights` say; a variant that is not named must get none."""
    actual, intended = sum(v.weight for v in live.variants), sum(weights.values())
    if actual <= 0 or intended <= 0:
        return False
    names = {v.name for v in live.variants} | set(weights)
    return all(
        abs(live.weight(name) / actual - weights.get(name, 0) / intended) < _TOLERANCE
        for name in names
    )


def may_show(before: Intent | None, live: Live | None) -> tuple[Mapping[str, float], ...]:
    """How traffic may be split until a new intent is carried out, see `Intent.shows`."""
    now = () if live is None else ({v.name: v.weight for v in live.variants},)
    if before is None or not before.weights:
        return now
    return (*before.shows, before.weights, *now)[-_MOST_SHOWN:]


def intended_weights(rollout: Rollout) -> Mapping[str, int]:
    """How traffic must be split in the rollout's phase."""
    percent = rollout.canary_percent
    total = 100 if percent % 1 == 0 else 10_000  # a share has no more than two decimals
    canary = round(percent * total / 100)
    return {rollout.stable.variant: total - canary, rollout.canary: canary}


def _bring_up(rollout: Rollout) -> Intent:
    return Intent(
        actions=(
            CreateModel(rollout.model, rollout.candidate.package_arn),
            CreateConfig(
                config=rollout.config,
                copy_of=rollout.stable.config,
                stable=rollout.stable.variant,
                canary=NewVariant(rollout.canary, rollout.model, rollout.policy.canary_instances),
            ),
            PutAlarms(rollout.canary),
            UpdateEndpoint(rollout.config),
        ),
        config=rollout.config,
        weights={rollout.stable.variant: 100, rollout.canary: 0},
        alarms=True,
    )


def _shift(rollout: Rollout) -> Intent:
    weights = intended_weights(rollout)
    return Intent((SetWeights(weights),), config=rollout.config, weights=weights)


def _take_back(rollout: Rollout, live: Live | None) -> Intent:
    if live is not None and live.in_service and not live.has(rollout.canary):
        return Intent((), config=None, weights={})  # nothing to take back, and no call may name it
    weights = {rollout.stable.variant: 100, rollout.canary: 0}
    return Intent((SetWeights(weights),), config=None, weights=weights)
