"""A fleet of the fake SageMaker: variants with weights and instances. `fake_endpoint` uses it."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.functional import sagemaker_refusals as refused


@dataclass
class Fleet:
    """What serves: a config, and each variant's weight and instance count."""

    config: str
    weights: dict[str, float]
    instances: dict[str, int]


def shifted(fleet: Fleet, wanted: Sequence[Mapping[str, Any]]) -> Fleet:
    """The fleet after an UpdateEndpointWeightsAndCapacities; what the call leaves out stays."""
    weights, counts = dict(fleet.weights), dict(fleet.instances)
    names = [one["VariantName"] for one in wanted]
    for number, one in enumerate(wanted):
        name = names[number]
        if name in names[:number]:
            raise refused.not_unique(name)
        if name not in fleet.weights:
            raise refused.not_present([name], fleet.config)
        if "DesiredWeight" in one:
            weights[name] = float32(one["DesiredWeight"], name)
        if "DesiredInstanceCount" in one:
            counts[name] = one["DesiredInstanceCount"]
    check_traffic(weights)
    resized = [name for name, count in counts.items() if count != fleet.instances[name]]
    if len(resized) > 1:
        raise refused.too_many_capacities(resized)
    return replace(fleet, weights=weights, instances=counts)


def check_traffic(weights: Mapping[str, float]) -> None:
    """Refuse weights that leave no variant any traffic."""
    if not 0 < sum(weights.values()) < math.inf:
        raise refused.no_traffic(weights)


def float32(weight: object, variant: str) -> float:
    """A weight as SageMaker keeps it: 0.01 comes back as 0.0099999998 (M)."""
    if (
        isinstance(weight, bool)
        or not isinstance(weight, int | float)
        or not 0 <= weight < math.inf
    ):
        raise refused.no_weight(weight, variant)
    try:
        kept: float = struct.unpack("<f", struct.pack("<f", weight))[0]
    except OverflowError:
        raise refused.no_weight(weight, variant) from None
    return abs(kept)


def initial_weights(config: Mapping[str, Any]) -> dict[str, float]:
    """What the variants of a config begin with; 1 where it says nothing (M)."""
    return {
        v["VariantName"]: float32(v.get("InitialVariantWeight", 1.0), v["VariantName"])
        for v in config["ProductionVariants"]
    }
