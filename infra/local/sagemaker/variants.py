"""The numbers of an endpoint's variants: weights and instance counts, and how calls change them.

Pure. Weights are 32-bit floats as in AWS's model (0.01 comes back as 0.0099999998).
"""

import math
import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from infra.local.ports import Params
from infra.local.sagemaker.refusals import invalid, not_present, not_unique, refuse_others

DEFAULT_WEIGHT = 1.0
"""InitialVariantWeight when left out (API reference of ProductionVariant)."""


@dataclass(frozen=True)
class Variant:
    """One variant's numbers; desired and current differ only while the endpoint is Updating."""

    name: str
    desired_weight: float
    current_weight: float
    desired_count: int
    current_count: int

    def settled(self) -> "Variant":
        """Answer the variant after its change: what was desired is current."""
        return replace(self, current_weight=self.desired_weight, current_count=self.desired_count)

    def restored(self) -> "Variant":
        """Answer the variant as it was before its change."""
        return replace(self, desired_weight=self.current_weight, desired_count=self.current_count)


def float32(weight: Any, variant: str) -> float:
    """Answer a weight as the endpoint keeps it.

    Raises:
        AwsError: not a finite number of at least 0 that a 32-bit float can hold.
    """
    refusal = invalid(
        f"Weight {weight!r} of variant {variant!r} is not accepted: "
        "give a finite number of at least 0 that fits a 32-bit float"
    )
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not math.isfinite(weight):
        raise refusal
    try:
        rounded: float = struct.unpack("<f", struct.pack("<f", weight))[0]
    except OverflowError:
        raise refusal from None
    if rounded < 0:
        raise refusal
    return abs(rounded)  # -0.0 is not below 0


def check_weights(variants: Iterable[Variant]) -> None:
    """Refuse weights that leave no variant any traffic."""
    weights = {variant.name: variant.desired_weight for variant in variants}
    total = sum(weights.values())
    if not 0 < total < math.inf:
        raise invalid(f"Weights {weights} are not accepted: their sum must be greater than 0")


def initial(config: Params) -> tuple[Variant, ...]:
    """Answer the variants as an endpoint config starts them, nothing running yet."""
    return tuple(
        Variant(
            name=given["VariantName"],
            desired_weight=float32(
                given.get("InitialVariantWeight", DEFAULT_WEIGHT), given["VariantName"]
            ),
            current_weight=0.0,
            desired_count=given["InitialInstanceCount"],
            current_count=0,
        )
        for given in config["ProductionVariants"]
    )


def retained(
    config: Params, live: Mapping[str, Variant], excluded: Collection[str]
) -> tuple[Variant, ...]:
    """Answer the config's variants with the live numbers of those whose names stay.

    RetainAllVariantProperties keeps numbers, not instances; new names take their initial values,
    and so does every property in `excluded` (ExcludeRetainedVariantProperties).
    """
    answer = []
    for variant in initial(config):
        kept = live.get(variant.name, variant)
        answer.append(
            replace(
                variant,
                desired_weight=(variant if "DesiredWeight" in excluded else kept).desired_weight,
                desired_count=(
                    variant if "DesiredInstanceCount" in excluded else kept
                ).desired_count,
            )
        )
    return tuple(answer)


def changed(live: tuple[Variant, ...], wanted: list[Params], config: str) -> tuple[Variant, ...]:
    """Answer the live variants as an UpdateEndpointWeightsAndCapacities call wants them.

    What the call leaves out stays.

    Args:
        config: the name of the config that serves.

    Raises:
        AwsError: an unknown or repeated variant, a bad weight or count, a sum of 0, or more than
            one change of a count ("capacity of one variant", API reference).
    """
    variants = {variant.name: variant for variant in live}
    seen: set[str] = set()
    for one in wanted:
        refuse_others(one, _CHANGE, "UpdateEndpointWeightsAndCapacities")
        name = one["VariantName"]
        if name in seen:
            raise not_unique(name)
        if name not in variants:
            raise not_present(name, config)
        seen.add(name)
        if "DesiredInstanceCount" in one:
            count = _count(one["DesiredInstanceCount"], name)
            variants[name] = replace(variants[name], desired_count=count)
        if "DesiredWeight" in one:
            weight = float32(one["DesiredWeight"], name)
            variants[name] = replace(variants[name], desired_weight=weight)
    check_weights(variants.values())
    resized = [one.name for one in variants.values() if one.desired_count != one.current_count]
    if len(resized) > 1:
        raise invalid(f"The capacities of {resized} can't be updated at once: one in each call")
    return tuple(variants.values())


def _count(count: int, variant: str) -> int:
    if count < 1:
        raise invalid(
            f"DesiredInstanceCount {count} of variant {variant!r} is not accepted: give 1 or more"
        )
    return count


_CHANGE = ("VariantName", "DesiredWeight", "DesiredInstanceCount")
