"""What Steelyard may do to an endpoint, as data, and what must be seen afterwards. Pure.

Anyone may import it; only `aws/endpoint.py` acts on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CreateModel:
    """Make the SageMaker model of a package. Models are immutable; one that exists is done."""

    model: str
    package_arn: str
    kind: Literal["create_model"] = "create_model"


@dataclass(frozen=True, slots=True)
class NewVariant:
    """A variant like stable but for its model; `instances` None: as many as stable has now."""

    name: str
    model: str
    instances: int | None


@dataclass(frozen=True, slots=True)
class CreateConfig:
    """Copy the live config, keep `stable` alone of its variants, add `canary` at weight 0.

    Attributes:
        canary: the new variant; None adds none.
    """

    config: str
    copy_of: str
    stable: str
    canary: NewVariant | None
    kind: Literal["create_config"] = "create_config"


@dataclass(frozen=True, slots=True)
class UpdateEndpoint:
    """Bring up the fleet of another config, keeping weights and counts of variants that stay."""

    config: str
    kind: Literal["update_endpoint"] = "update_endpoint"


@dataclass(frozen=True, slots=True)
class SetWeights:
    """Shift traffic between variants that serve already. No new instances."""

    weights: Mapping[str, int]
    kind: Literal["set_weights"] = "set_weights"


@dataclass(frozen=True, slots=True)
class PutAlarms:
    """Make the absolute alarms of one variant."""

    variant: str
    kind: Literal["put_alarms"] = "put_alarms"


@dataclass(frozen=True, slots=True)
class DeleteAlarms:
    """Delete the absolute alarms of one variant."""

    variant: str
    kind: Literal["delete_alarms"] = "delete_alarms"


@dataclass(frozen=True, slots=True)
class DeleteConfig:
    """Delete an endpoint config that nothing refers to; one that is gone is done."""

    config: str
    kind: Literal["delete_config"] = "delete_config"


@dataclass(frozen=True, slots=True)
class DeleteModel:
    """Delete a model that nothing refers to; one that is gone is done.

    Attributes:
        kept: configs whose models must not be deleted, besides the one that is in service.
    """

    model: str
    kept: tuple[str, ...] = ()
    kind: Literal["delete_model"] = "delete_model"


Action = (
    CreateModel
    | CreateConfig
    | UpdateEndpoint
    | SetWeights
    | PutAlarms
    | DeleteAlarms
    | DeleteConfig
    | DeleteModel
)


@dataclass(frozen=True, slots=True)
class Intent:
    """What is to become true, recorded before anyone acts on it.

    Attributes:
        actions: AWS calls in order; each absolute, so that doing it twice does no harm.
        config: endpoint config that Describe must show; None: any.
        weights: how traffic must be split, relative to each other; variants that are not named
            must have none. Empty: no matter.
        alarms: whether the canary's absolute alarms must exist; None: no matter.
        gone: names of configs and models that must not exist.
        shows: how traffic may be split until then: as it was, and as calls of intents that this
            one replaced may still split it. Empty: unknown.
        attempts: how often the actions were begun.
        accepted: whether the last call was not refused because the endpoint was busy; what it is
            busy with then is somebody else's.
        begun: whether the endpoint was seen at work on it.
    """

    actions: tuple[Action, ...]
    config: str | None
    weights: Mapping[str, int]
    alarms: bool | None = None
    gone: tuple[str, ...] = ()
    shows: tuple[Mapping[str, float], ...] = ()
    attempts: int = 1
    accepted: bool = True
    begun: bool = False
