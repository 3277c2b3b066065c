"""One SageMaker endpoint: what Describe shows, and the actions of an intent. `service.py` uses it.

The only module that knows how a canary share becomes production variants.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from steelyard.aws.alarms import VariantAlarms
from steelyard.aws.calls import says, translated
from steelyard.errors import NeedsHuman
from steelyard.rollout.actions import (
    Action,
    CreateConfig,
    CreateModel,
    DeleteAlarms,
    Intent,
    NewVariant,
    PutAlarms,
    SetWeights,
    UpdateEndpoint,
)
from steelyard.rollout.model import Stable
from steelyard.rollout.observation import Live, Variant

_CONFIG_FIELDS = (
    "DataCaptureConfig",
    "KmsKeyId",
    "ExecutionRoleArn",
    "VpcConfig",
    "EnableNetworkIsolation",
    "MetricsConfig",
)


class Endpoint:
    """Reads and changes one endpoint.

    Args:
        reader, writer: SageMaker clients; `writer` must not retry by itself.
        role_arn: role that the models run under.
        alarms: the absolute alarms of its variants.
    """

    def __init__(
        self, name: str, reader: Any, writer: Any, role_arn: str, alarms: VariantAlarms
    ) -> None:
        self._name = name
        self._reader = reader
        self._writer = writer
        self._role_arn = role_arn
        self._alarms = alarms

    def describe(self) -> Live:
        """The endpoint as it is now.

        Raises:
            NeedsHuman: there is no such endpoint, or it may not be read.
            EndpointBusy: not readable for now.
        """
        with translated(f"describe endpoint {self._name}"):
            answer = self._reader.describe_endpoint(EndpointName=self._name)
        variants = tuple(
            Variant(
                name=v["VariantName"],
                weight=v.get("CurrentWeight", 0.0),
                instances=v.get("CurrentInstanceCount", 0),
                desired_instances=v.get("DesiredInstanceCount", v.get("CurrentInstanceCount", 0)),
            )
            for v in answer.get("ProductionVariants", [])
        )
        return Live(
            status=answer["EndpointStatus"],
            config=answer["EndpointConfigName"],
            variants=variants,
            failure=answer.get("FailureReason", ""),
            metrics_every=_metrics_every(answer.get("MetricsConfig", {})),
        )

    def serving(self, live: Live) -> Stable | None:
        """The variant with most of the traffic, with the version of the package behind it.

        None where the config says nothing of it: an update under way shows a mix of both.
        """
        if not live.variants:
            return None
        variant = max(live.variants, key=lambda v: v.weight).name
        with translated(f"read the model of variant {variant}"):
            config = self._reader.describe_endpoint_config(EndpointConfigName=live.config)
            models = {v["VariantName"]: v.get("ModelName") for v in config["ProductionVariants"]}
            if not models.get(variant):
                return None
            model = self._reader.describe_model(ModelName=models[variant])
        first: dict[str, Any] = next(iter(model.get("Containers", [])), {})
        container = model.get("PrimaryContainer", first)
        return Stable(variant, live.config, _version(container.get("ModelPackageName", "")))

    def act(self, intent: Intent) -> None:
        """Do the intent's actions in order. Each may have been done before.

        Raises:
            EndpointBusy: refused for now; the next tick tries again.
            NeedsHuman: refused for good.
        """
        for action in intent.actions:
            with translated(action.kind):
                self._do(action)

    def _do(self, action: Action) -> None:
        match action:
            case CreateModel():
                self._create_model(action)
            case CreateConfig():
                self._create_config(action)
            case UpdateEndpoint():
                self._update(action)
            case SetWeights():
                self._set_weights(action.weights)
            case PutAlarms():
                self._alarms.put(action.variant)
            case DeleteAlarms():
                self._alarms.delete(action.variant)

    def _create_model(self, action: CreateModel) -> None:
        package = self._reader.describe_model_package(ModelPackageName=action.package_arn)
        status = package["ModelApprovalStatus"]
        if status != "Approved":
            raise NeedsHuman(f"{action.package_arn} is {status} now; accepted: Approved")
        with _unless_it_exists():
            self._writer.create_model(
                ModelName=action.model,
                PrimaryContainer={"ModelPackageName": action.package_arn},
                ExecutionRoleArn=self._role_arn,
            )

    def _create_config(self, action: CreateConfig) -> None:
        live = self._reader.describe_endpoint_config(EndpointConfigName=action.copy_of)
        by_name = {v["VariantName"]: v for v in live["ProductionVariants"]}
        # A promoted variant's own config says weight 0: it was a canary there.
        stable = {**by_name[action.stable], "InitialVariantWeight": 100.0}
        variants = [stable]
        if action.canary is not None:
            variants.append(self._variant(action.canary, stable))
        kept = {field: live[field] for field in _CONFIG_FIELDS if field in live}
        with _unless_it_exists():
            self._writer.create_endpoint_config(
                EndpointConfigName=action.config, ProductionVariants=variants, **kept
            )

    def _variant(self, new: NewVariant, stable: Mapping[str, Any]) -> dict[str, Any]:
        """As a config has it: like stable, at weight 0."""
        variant = {
            **stable,
            "VariantName": new.name,
            "ModelName": new.model,
            "InitialVariantWeight": 0.0,
        }
        instances = new.instances or self._instances(stable["VariantName"])
        if instances:
            variant["InitialInstanceCount"] = instances
        return variant

    def _instances(self, variant: str) -> int:
        """How many the variant is to have now; 0 if the endpoint doesn't show it."""
        counts = (v.desired_instances for v in self.describe().variants if v.name == variant)
        return next(counts, 0)

    def _update(self, action: UpdateEndpoint) -> None:
        if self.describe().config == action.config:
            return  # done already; asking again would bring up a whole new fleet
        self._writer.update_endpoint(
            EndpointName=self._name,
            EndpointConfigName=action.config,
            # Keeps weights and counts of variants that stay; by default they'd be reset.
            RetainAllVariantProperties=True,
        )

    def _set_weights(self, weights: Mapping[str, int]) -> None:
        self._writer.update_endpoint_weights_and_capacities(
            EndpointName=self._name,
            # Weights alone: with counts in the same call, a failure restores both.
            DesiredWeightsAndCapacities=[
                {"VariantName": name, "DesiredWeight": float(weight)}
                for name, weight in weights.items()
            ],
        )


class _unless_it_exists:  # noqa: N801 - reads as a phrase in a `with`
    """Models and configs are immutable: one of that name is the one that we made."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> bool:
        return isinstance(error, ClientError) and says(error, "already exists", "already existing")


def _metrics_every(config: Mapping[str, Any]) -> timedelta | None:
    """How often invocations are counted by instance; without that, a frequency is for others.

    Source: "SageMaker AI enhanced metrics for inference endpoints".
    """
    if not config.get("EnableEnhancedMetrics"):
        return None
    return timedelta(seconds=config.get("MetricPublishFrequencyInSeconds", 60))


def _version(package_arn: str) -> int | None:
    """`arn:...:model-package/<group>/<version>`; None where a model has no package."""
    tail = package_arn.rsplit("/", 1)[-1]
    return int(tail) if tail.isdigit() else None
