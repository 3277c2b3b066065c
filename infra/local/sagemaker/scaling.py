"""What SageMaker asks of Application Auto Scaling. `endpoints` asks; `service` is given it."""

from collections.abc import Collection
from typing import Protocol

from infra.local.ports import Params
from infra.local.sagemaker.refusals import invalid


class Scaling(Protocol):
    """Who knows which variants are scalable targets. Called with SageMaker's lock held."""

    def variants(self, endpoint: str) -> Collection[str]:
        """Answer the variants of an endpoint that are registered."""

    def forget(self, endpoint: str) -> None:
        """Deregister all of an endpoint's variants."""


class NoScaling:
    """Where there is no Application Auto Scaling."""

    def variants(self, endpoint: str) -> Collection[str]:  # noqa: ARG002 - the port's signature
        """Answer none."""
        return ()

    def forget(self, endpoint: str) -> None:
        """Have nothing to forget."""


def check_scaled(scaled: Collection[str], live: Params, wanted: Params) -> None:
    """Refuse an update that takes a registered variant out or changes its instance type.

    Args:
        scaled: names of the registered variants.
        live, wanted: the endpoint configs before and after.

    Raises:
        AwsError: ValidationException. AWS's own words are not known to us.
    Source: "Update endpoints that use auto scaling", SageMaker developer guide.
    """
    before, after = _instance_types(live), _instance_types(wanted)
    for name in sorted(scaled):
        if name not in after:
            change = "removes it"
        elif after[name] != before.get(name):
            change = f"changes its instance type from {before.get(name)} to {after[name]}"
        else:
            continue
        raise invalid(
            f"Variant {name!r} is a scalable target of Application Auto Scaling, and endpoint "
            f"configuration {wanted['EndpointConfigName']!r} {change}: deregister it before."
        )


def _instance_types(config: Params) -> dict[str, str]:
    return {one["VariantName"]: one["InstanceType"] for one in config["ProductionVariants"]}
