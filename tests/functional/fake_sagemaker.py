"""SageMaker's endpoints and registry as far as Steelyard uses them. Not a test itself.

Answers and errors are AWS's own, word for word where they are known (`sagemaker_refusals`); the
contract suite holds them and the local cloud's together. moto has no UpdateEndpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from tests.functional import sagemaker_refusals as refused
from tests.functional.fake_endpoint import (
    CREATED,
    DELETABLE,
    UPDATABLE,
    Ending,
    FakeEndpoint,
)
from tests.functional.fake_fleet import Fleet, check_traffic, float32, initial_weights, shifted
from tests.functional.fake_registry import FakeRegistry, Params
from tests.functional.sagemaker_refusals import ACCOUNT, REGION, arn, denied, refusal

__all__ = [
    "ACCOUNT",
    "CREATED",
    "REGION",
    "Ending",
    "FakeEndpoint",
    "FakeSageMaker",
    "Fleet",
    "arn",
    "denied",
    "float32",
    "refusal",
]
_CONFIG = "endpoint configuration", "endpoint-config"


@dataclass
class FakeSageMaker(FakeRegistry):
    """The service. Names are lower case here: AWS looks them up in any case.

    Attributes:
        now: the world's clock.
        scaled: resource ids that Application Auto Scaling scales.
        deleted: configs that are gone; endpoints go on with them.
        late: calls that are on their way, with the time when they will arrive.
    """

    now: Callable[[], datetime] = field(kw_only=True)
    scaled: Callable[[], Collection[str]] = tuple
    update_takes: timedelta = timedelta(minutes=3)
    weights_take: timedelta = timedelta(seconds=30)
    deletion_takes: timedelta = timedelta(seconds=30)
    endpoints: dict[str, FakeEndpoint] = field(default_factory=dict)
    configs: dict[str, dict[str, Any]] = field(default_factory=dict)
    deleted: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    late: list[tuple[datetime, str, Params]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._operations: dict[str, Callable[[Params, datetime], dict[str, Any]]] = {
            "CreateEndpoint": self._create_endpoint,
            "CreateEndpointConfig": self._create_config,
            "CreateModel": self._create_model,
            "DeleteEndpoint": self._delete_endpoint,
            "DeleteEndpointConfig": self._delete_config,
            "DeleteModel": self._delete_model,
            "DescribeEndpoint": self._describe_endpoint,
            "DescribeEndpointConfig": lambda params, _: self._config(params["EndpointConfigName"]),
            "DescribeModel": lambda params, _: self._model(params["ModelName"]),
            "DescribeModelPackage": lambda params, _: self.package(params["ModelPackageName"]),
            "ListModelPackages": lambda params, _: self.list_packages(params),
            "UpdateEndpoint": self._update,
            "UpdateEndpointWeightsAndCapacities": self._set_weights,
        }

    def answer(self, operation: str, params: Params) -> dict[str, Any]:
        """The answer to one call; an operation that Steelyard does not use is an error."""
        if self.late:
            self.land()
        return self._operations[operation](params, self.now())

    def delay(self, operation: str, params: Params, until: datetime) -> None:
        """Let a call arrive later: nobody waits for its answer."""
        self.late.append((until, operation, params))

    def land(self) -> None:
        """Do the calls that have arrived by now, in order; nobody hears of those refused."""
        due = sorted((one for one in self.late if one[0] <= self.now()), key=lambda one: one[0])
        self.late = [one for one in self.late if one[0] > self.now()]
        for at, operation, params in due:
            try:
                self._operations[operation](params, at)
            except ClientError:
                continue

    def endpoint(self, name: str) -> FakeEndpoint:
        """An endpoint as it is now."""
        self.land()
        return self._found(name, self.now())

    def _create_model(self, params: Params, now: datetime) -> dict[str, Any]:
        name = params["ModelName"]
        if "ModelPackageName" in params["PrimaryContainer"]:
            self.check_approved(params["PrimaryContainer"]["ModelPackageName"])
        if name in self.models:
            raise refused.exists("model", "model", name)
        made = {"ModelArn": arn("model", name)}
        self.models[name] = {**params, **made, "CreationTime": now}
        return made

    def _delete_model(self, params: Params, _now: datetime) -> dict[str, Any]:
        """Of a model in use too: "deletes only the model entry" (M)."""
        del self.models[self._model(params["ModelName"])["ModelName"]]
        return {}

    def _create_config(self, params: Params, now: datetime) -> dict[str, Any]:
        name = params["EndpointConfigName"]
        for variant in params["ProductionVariants"]:
            self._model(variant["ModelName"])
        check_traffic(initial_weights(params))
        if name in self.configs:
            raise refused.exists(*_CONFIG, name)
        made = {"EndpointConfigArn": arn("endpoint-config", name)}
        self.configs[name] = {**params, **made, "CreationTime": now}
        return made

    def _delete_config(self, params: Params, _now: datetime) -> dict[str, Any]:
        """Of a config in use too: "you must not" (M), but nothing stops you; see `_update`."""
        self._config(name := params["EndpointConfigName"])
        self.deleted[name] = self.configs.pop(name)
        return {}

    def _create_endpoint(self, params: Params, now: datetime) -> dict[str, Any]:
        name, config_name = params["EndpointName"], params["EndpointConfigName"]
        config = self._config(config_name)
        if name in self.endpoints and not self.endpoints[name].gone(now):
            raise refused.exists("endpoint", "endpoint", name)
        endpoint = FakeEndpoint(name, Fleet(config_name, {}, {}), created=now)
        endpoint.begin(
            self._wanted(config_name, config, Fleet("", {}, {})),
            now,
            self.update_takes,
            shifts=False,
        )
        self.endpoints[name] = endpoint
        return {"EndpointArn": arn("endpoint", name)}

    def _delete_endpoint(self, params: Params, now: datetime) -> dict[str, Any]:
        endpoint = self._found(params["EndpointName"], now)
        endpoint.check(DELETABLE)
        endpoint.impose("Deleting", now + self.deletion_takes)
        return {}

    def _describe_endpoint(self, params: Params, now: datetime) -> dict[str, Any]:
        endpoint = self._found(params["EndpointName"], now)
        answer, config = endpoint.describe(), endpoint.fleet.config
        said = self.configs.get(config) or self.deleted.get(config, {})
        if "MetricsConfig" in said:
            answer["MetricsConfig"] = said["MetricsConfig"]
        return answer

    def _update(self, params: Params, now: datetime) -> dict[str, Any]:
        endpoint, name = self._found(params["EndpointName"], now), params["EndpointConfigName"]
        endpoint.check(UPDATABLE)
        config, live = self._config(name), endpoint.fleet.config
        if endpoint.shown == "InService" and live == name:
            raise refused.in_use(live)
        self._config(live)  # an endpoint whose config was deleted can't be updated (I)
        kept = endpoint.fleet if params.get("RetainAllVariantProperties") else Fleet("", {}, {})
        wanted = self._wanted(name, config, kept)
        for variant in endpoint.fleet.weights.keys() - wanted.weights.keys():
            if f"endpoint/{endpoint.name}/variant/{variant}" in self.scaled():
                raise refused.scaled(variant, name)
        endpoint.begin(wanted, now, self.update_takes, shifts=False)
        return {"EndpointArn": arn("endpoint", endpoint.name)}

    def _set_weights(self, params: Params, now: datetime) -> dict[str, Any]:
        endpoint = self._found(params["EndpointName"], now)
        endpoint.check(("InService",))
        change = shifted(endpoint.fleet, params["DesiredWeightsAndCapacities"])
        endpoint.begin(change, now, self.weights_take, shifts=True)
        return {"EndpointArn": arn("endpoint", endpoint.name)}

    def _wanted(self, name: str, config: Params, kept: Fleet) -> Fleet:
        """The fleet of a config; of variants that stay, `kept` has weights and counts."""
        for variant in config["ProductionVariants"]:
            self._model(variant["ModelName"])
        weights = initial_weights(config)
        counts = {v["VariantName"]: v["InitialInstanceCount"] for v in config["ProductionVariants"]}
        wanted = Fleet(
            name,
            {variant: kept.weights.get(variant, weight) for variant, weight in weights.items()},
            {variant: kept.instances.get(variant, count) for variant, count in counts.items()},
        )
        check_traffic(wanted.weights)
        return wanted

    def _found(self, name: str, now: datetime) -> FakeEndpoint:
        endpoint = self.endpoints.get(name)
        if endpoint is None or endpoint.gone(now):
            raise refused.not_found("endpoint", "endpoint", name)
        endpoint.settle(now)
        return endpoint

    def _config(self, name: str) -> dict[str, Any]:
        if name not in self.configs:
            raise refused.not_found(*_CONFIG, name)
        return self.configs[name]

    def _model(self, name: str) -> dict[str, Any]:
        if name not in self.models:
            raise refused.not_found("model", "model", name)
        return self.models[name]
