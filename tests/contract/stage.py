"""What a scene may do: call SageMaker, let time pass, ask for a fault. For scenes alone.

Calls are validated by botocore's model on the way in, and answers on the way out, on both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from infra.local.ports import AwsError, Params

Answer = tuple[str, str, int]
"""How a refusal reads: its code, its message and its HTTP status."""
NAME = "completion"
ARN = "arn:aws:sagemaker:eu-west-1:000000000000"
IN_PROGRESS = "ValidationException", f'Cannot update in-progress endpoint "{ARN}:endpoint/{NAME}".'
_LONG = 600
"""Virtual seconds in which any change here is done."""


class Side(Protocol):
    """One of the two: the fake, or the local cloud.

    Attributes:
        scaled: the variants that are scalable targets.
    """

    scaled: set[str]

    def call(self, operation: str, **params: Any) -> Params:
        """Do one call; raises AwsError."""

    def model(self, name: str) -> None:
        """Make a model that can serve."""

    def package(self, status: str) -> str:
        """Make version 1 of a model with an approval status; its ARN."""

    def pass_time(self, seconds: float) -> None:
        """Let virtual seconds pass."""

    def fault(self, name: str, **details: Any) -> None:
        """Ask for a fault, by the local cloud's names."""

    def invokes(self, variant: str) -> set[str]:
        """The models that answer when a variant is asked."""


class Stage:
    """One endpoint, of variants that each serve a model of their own name."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self.call, self.fault, self.pass_time = side.call, side.fault, side.pass_time
        self.model, self.package, self.invokes = side.model, side.package, side.invokes
        self.scaled = side.scaled

    def config(self, name: str, **weights: float) -> None:
        """Make a config of variants with these weights, one instance each."""
        self.call(
            "CreateEndpointConfig",
            EndpointConfigName=name,
            ProductionVariants=[variant(one, weight) for one, weight in weights.items()],
        )

    def serving(self, **weights: float) -> None:
        """Bring the endpoint up on the config c1."""
        for name in weights:
            self.model(name)
        self.config("c1", **weights)
        self.call("CreateEndpoint", EndpointName=NAME, EndpointConfigName="c1")
        assert self.statuses() == ["Creating", "InService"]

    def update(self, config: str, *, retain: bool = True) -> None:
        """UpdateEndpoint."""
        self.call(
            "UpdateEndpoint",
            EndpointName=NAME,
            EndpointConfigName=config,
            RetainAllVariantProperties=retain,
        )

    def change(self, **numbers: Mapping[str, float]) -> None:
        """UpdateEndpointWeightsAndCapacities: members of each variant's entry."""
        self.call(
            "UpdateEndpointWeightsAndCapacities",
            EndpointName=NAME,
            DesiredWeightsAndCapacities=[
                {"VariantName": name, **entry} for name, entry in numbers.items()
            ],
        )

    def weights(self, **weights: float) -> None:
        """Weights alone."""
        self.change(**{name: {"DesiredWeight": weight} for name, weight in weights.items()})

    def delete(self) -> None:
        """DeleteEndpoint."""
        self.call("DeleteEndpoint", EndpointName=NAME)

    def describe(self) -> Params:
        """DescribeEndpoint."""
        return self.call("DescribeEndpoint", EndpointName=NAME)

    def status(self) -> str:
        """EndpointStatus."""
        status: str = self.describe()["EndpointStatus"]
        return status

    def statuses(self) -> list[str]:
        """EndpointStatus from now on, each once, until it is no more on its way."""
        seen = [self.status()]
        for _ in range(_LONG):
            if seen[-1] in ("InService", "Failed", "UpdateRollbackFailed"):
                break
            self.pass_time(1)
            if (now := self.status()) != seen[-1]:
                seen.append(now)
        return seen

    def variants(self) -> dict[str, tuple[float, float, int, int]]:
        """Weights and counts, current and desired."""
        return _numbers(self.describe().get("ProductionVariants", []))

    def pending(self) -> tuple[str, dict[str, tuple[float, float, int, int]]] | None:
        """The config and numbers of a fleet on its way."""
        pending = self.describe().get("PendingDeploymentSummary")
        if pending is None:
            return None
        return pending["EndpointConfigName"], _numbers(pending["ProductionVariants"])


def _numbers(variants: list[Params]) -> dict[str, tuple[float, float, int, int]]:
    return {
        one["VariantName"]: (
            one["CurrentWeight"],
            one["DesiredWeight"],
            one["CurrentInstanceCount"],
            one["DesiredInstanceCount"],
        )
        for one in variants
    }


def variant(name: str, weight: float = 1.0, model: str = "", instances: int = 1) -> Params:
    """An entry of a config."""
    return {
        "VariantName": name,
        "ModelName": model or name,
        "InitialInstanceCount": instances,
        "InstanceType": "ml.g5.xlarge",
        "InitialVariantWeight": weight,
        "ContainerStartupHealthCheckTimeoutInSeconds": 3600,
    }


def refused(act: Callable[[], object]) -> Answer:
    """How a call is refused."""
    try:
        act()
    except AwsError as error:
        return error.code, error.message, error.status
    raise AssertionError("it was not refused")
