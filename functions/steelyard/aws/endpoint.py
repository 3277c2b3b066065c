"""One SageMaker endpoint: what Describe shows, and the actions of an intent. `service.py` uses it.

The only module that knows how a canary share becomes production variants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from steelyard.aws.alarms import VariantAlarms
from steelyard.aws.calls import says, translated
from steelyard.aws.described import live_of
from steelyard.errors import NeedsHuman, NotApproved
from steelyard.rollout.actions import (
    Action,
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
from steelyard.rollout.model import Stable
from steelyard.rollout.observation import Live

_CONFIG_FIELDS = (
    "DataCaptureConfig",
    "KmsKeyId",
    "ExecutionRoleArn",
    "VpcConfig",
    "EnableNetworkIsolation",
    "MetricsConfig",
    "ExplainerConfig",
)
# A canary beside these would be something else than what serves now.
_NOT_COPIED = ("AsyncInferenceConfig", "ShadowProductionVariants")


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
            return live_of(self._reader.describe_endpoint(EndpointName=self._name))

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
            if not container:  # botocore takes an answer that was cut off for a whole one
                raise ValueError(f"model {models[variant]}: got no container, accepted: one")
            package = _version(container.get("ModelPackageName", ""))
        return Stable(variant, live.config, package)

    def are_gone(self, names: Iterable[str]) -> bool:
        """Whether there is neither a config nor a model of any of these names."""
        with translated("look for what was deleted"):
            return not any(self._config(name) or self._model(name) for name in names)

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
            case DeleteConfig():
                self._delete_config(action.config)
            case DeleteModel():
                self._delete_model(action)

    def _create_model(self, action: CreateModel) -> None:
        package = self._reader.describe_model_package(ModelPackageName=action.package_arn)
        status = package["ModelApprovalStatus"]
        if status != "Approved":
            raise NotApproved(f"{action.package_arn} is {status} now; accepted: Approved")
        with _unless_it_exists():
            self._writer.create_model(
                ModelName=action.model,
                PrimaryContainer={"ModelPackageName": action.package_arn},
                ExecutionRoleArn=self._role_arn,
            )

    def _create_config(self, action: CreateConfig) -> None:
        live = self._reader.describe_endpoint_config(EndpointConfigName=action.copy_of)
        if strange := [field for field in _NOT_COPIED if live.get(field)]:
            raise NeedsHuman(f"{action.copy_of} has {strange[0]}; accepted: a config without")
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

    def _delete_config(self, name: str) -> None:
        if self.describe().config == name:  # AWS does not refuse it
            raise NeedsHuman(f"config {name} is in service; accepted: one that is not")
        if self._config(name):
            self._writer.delete_endpoint_config(EndpointConfigName=name)

    def _delete_model(self, action: DeleteModel) -> None:
        for config in (self.describe().config, *action.kept):
            variants = self._config(config).get("ProductionVariants", ())
            if any(variant.get("ModelName") == action.model for variant in variants):
                raise NeedsHuman(f"{config} refers to model {action.model}; accepted: none does")
        if self._model(action.model):
            self._writer.delete_model(ModelName=action.model)

    def _config(self, name: str) -> dict[str, Any]:
        """A config's description; empty where there is none."""
        return _found(self._reader.describe_endpoint_config, EndpointConfigName=name)

    def _model(self, name: str) -> dict[str, Any]:
        """A model's description; empty where there is none."""
        return _found(self._reader.describe_model, ModelName=name)

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


def _found(describe: Callable[..., dict[str, Any]], **name: str) -> dict[str, Any]:
    try:
        return describe(**name)
    except ClientError as error:
        if not says(error, "could not find"):
            raise
        return {}


def _version(package_arn: str) -> int | None:
    """`arn:...:model-package/<group>/<version>`; None where a model has no package."""
    tail = package_arn.rsplit("/", 1)[-1]
    return int(tail) if tail.isdecimal() else None
