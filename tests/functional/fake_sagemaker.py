"""SageMaker's endpoints and registry as far as Steelyard uses them. Not a test itself.

Answers and errors are AWS's own, word for word where Steelyard reads them. moto has no
UpdateEndpoint.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

ACCOUNT, REGION = "000000000000", "eu-west-1"
CREATED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
Params = Mapping[str, Any]


def refusal(code: str, message: str, operation: str = "UpdateEndpoint") -> ClientError:
    """An error as botocore raises it."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def denied(action: str) -> ClientError:
    """What IAM answers."""
    who = f"arn:aws:sts::{ACCOUNT}:assumed-role/reconciler/steelyard"
    return refusal(
        "AccessDeniedException",
        f"User: {who} is not authorized to perform: sagemaker:{action} on resource: "
        f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/completion because no identity-based "
        f"policy allows the sagemaker:{action} action",
    )


def arn(kind: str, name: str) -> str:
    """The name of a resource."""
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name}"


def float32(value: float) -> float:
    """A weight as SageMaker keeps it."""
    kept: float = struct.unpack("f", struct.pack("f", value))[0]
    return kept


@dataclass
class Fleet:
    """What serves: a config, and each variant's weight and instance count."""

    config: str
    weights: dict[str, float]
    instances: dict[str, int]


@dataclass
class FakeEndpoint:
    """One endpoint; a change is done when its time has come."""

    name: str
    fleet: Fleet
    change: Fleet | None = None
    done_at: datetime = CREATED
    failure: str = ""
    fail_next: str | None = None
    status: str = ""

    def settle(self, now: datetime) -> None:
        """Finish what is due by now; a failed update silently leaves the old fleet."""
        if self.change is None or now < self.done_at:
            return
        if self.fail_next is None:
            self.fleet, self.failure = self.change, ""
        else:
            self.failure, self.fail_next = self.fail_next, None
        self.change = None

    def begin(self, change: Fleet, done_at: datetime) -> None:
        """Start an update, if none is under way."""
        if self.change is not None or self.status:
            raise refusal(
                "ValidationException",
                f'Cannot update in-progress endpoint "{arn("endpoint", self.name)}".',
            )
        self.change, self.done_at = change, done_at


@dataclass
class FakeSageMaker:
    """The service. `now` is the world's clock."""

    now: Callable[[], datetime]
    update_takes: timedelta = timedelta(minutes=3)
    weights_take: timedelta = timedelta(seconds=30)
    endpoints: dict[str, FakeEndpoint] = field(default_factory=dict)
    configs: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    packages: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answer(self, operation: str, params: Params) -> dict[str, Any]:
        """The answer to one call; an operation that Steelyard does not use is an error."""
        operations: dict[str, Callable[[Params], dict[str, Any]]] = {
            "CreateModel": self._create_model,
            "CreateEndpointConfig": self._create_config,
            "DescribeEndpoint": self._describe_endpoint,
            "DescribeEndpointConfig": self._describe_config,
            "DescribeModel": self._describe_model,
            "DescribeModelPackage": self._describe_package,
            "ListModelPackages": self._list_packages,
            "UpdateEndpoint": self._update,
            "UpdateEndpointWeightsAndCapacities": self._set_weights,
        }
        return operations[operation](params)

    def register(self, version: int, *, status: str, at: datetime) -> str:
        """A version in the registry; its ARN."""
        package = arn("model-package", f"completion/{version}")
        self.packages[package] = {
            "ModelPackageGroupName": "completion",
            "ModelPackageVersion": version,
            "ModelPackageArn": package,
            "CreationTime": self.packages.get(package, {}).get("CreationTime", at),
            "LastModifiedTime": at,
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": []},
            "ModelApprovalStatus": status,
        }
        return package

    def _create_model(self, params: Params) -> dict[str, Any]:
        name = params["ModelName"]
        if name in self.models:
            message = f'Cannot create already existing model "{arn("model", name)}".'
            raise refusal("ValidationException", message, "CreateModel")
        self.models[name] = {**params, "ModelArn": arn("model", name), "CreationTime": self.now()}
        return {"ModelArn": arn("model", name)}

    def _create_config(self, params: Params) -> dict[str, Any]:
        name, kind = params["EndpointConfigName"], "endpoint-config"
        if name in self.configs:
            message = f'Cannot create already existing endpoint configuration "{arn(kind, name)}".'
            raise refusal("ValidationException", message, "CreateEndpointConfig")
        self.configs[name] = {
            **params,
            "EndpointConfigArn": arn(kind, name),
            "CreationTime": self.now(),
        }
        return {"EndpointConfigArn": arn(kind, name)}

    def _found(self, name: str) -> FakeEndpoint:
        if name not in self.endpoints:
            message = f'Could not find endpoint "{arn("endpoint", name)}".'
            raise refusal("ValidationException", message, "DescribeEndpoint")
        endpoint = self.endpoints[name]
        endpoint.settle(self.now())
        return endpoint

    def _describe_endpoint(self, params: Params) -> dict[str, Any]:
        endpoint = self._found(params["EndpointName"])
        fleet = endpoint.fleet
        answer = {
            "EndpointName": endpoint.name,
            "EndpointArn": arn("endpoint", endpoint.name),
            "EndpointConfigName": fleet.config,
            "EndpointStatus": endpoint.status or ("Updating" if endpoint.change else "InService"),
            "CreationTime": CREATED,
            "LastModifiedTime": self.now(),
            "ProductionVariants": [
                {
                    "VariantName": name,
                    "CurrentWeight": weight,
                    "DesiredWeight": weight,
                    "CurrentInstanceCount": fleet.instances[name],
                    "DesiredInstanceCount": fleet.instances[name],
                }
                for name, weight in fleet.weights.items()
            ],
        }
        if "MetricsConfig" in self.configs[fleet.config]:
            answer["MetricsConfig"] = self.configs[fleet.config]["MetricsConfig"]
        return {**answer, "FailureReason": endpoint.failure} if endpoint.failure else answer

    def _describe_config(self, params: Params) -> dict[str, Any]:
        name = params["EndpointConfigName"]
        if name not in self.configs:
            message = f'Could not find endpoint configuration "{arn("endpoint-config", name)}".'
            raise refusal("ValidationException", message, "DescribeEndpointConfig")
        return self.configs[name]

    def _describe_model(self, params: Params) -> dict[str, Any]:
        name = params["ModelName"]
        if name not in self.models:
            message = f'Could not find model "{arn("model", name)}".'
            raise refusal("ValidationException", message, "DescribeModel")
        return self.models[name]

    def _describe_package(self, params: Params) -> dict[str, Any]:
        name = params["ModelPackageName"]
        if name not in self.packages:
            raise refusal("ValidationException", f"ModelPackage {name} does not exist.")
        return self.packages[name]

    def _list_packages(self, params: Params) -> dict[str, Any]:
        group, status = params["ModelPackageGroupName"], params["ModelApprovalStatus"]
        found = [
            {key: value for key, value in package.items() if key in _SUMMARY}
            for package in self.packages.values()
            if (package["ModelPackageGroupName"], package["ModelApprovalStatus"]) == (group, status)
        ]
        found.sort(key=lambda summary: summary["CreationTime"], reverse=True)
        return {"ModelPackageSummaryList": found[: params["MaxResults"]]}

    def _update(self, params: Params) -> dict[str, Any]:
        endpoint, name = self._found(params["EndpointName"]), params["EndpointConfigName"]
        config = self._describe_config({"EndpointConfigName": name})
        kept = endpoint.fleet if params.get("RetainAllVariantProperties") else Fleet("", {}, {})
        variants = {v["VariantName"]: v for v in config["ProductionVariants"]}
        weights = {
            n: kept.weights.get(n, float32(v["InitialVariantWeight"])) for n, v in variants.items()
        }
        counts = {n: kept.instances.get(n, v["InitialInstanceCount"]) for n, v in variants.items()}
        endpoint.begin(Fleet(name, weights, counts), self.now() + self.update_takes)
        return {"EndpointArn": arn("endpoint", endpoint.name)}

    def _set_weights(self, params: Params) -> dict[str, Any]:
        endpoint = self._found(params["EndpointName"])
        fleet, wanted = endpoint.fleet, params["DesiredWeightsAndCapacities"]
        unknown = sorted({w["VariantName"] for w in wanted} - set(fleet.weights))
        if unknown:
            message = f"Could not find variants {unknown} for endpoint {endpoint.name}."
            raise refusal("ValidationException", message)
        weights = fleet.weights | {w["VariantName"]: float32(w["DesiredWeight"]) for w in wanted}
        change = Fleet(fleet.config, weights, fleet.instances)
        endpoint.begin(change, self.now() + self.weights_take)
        return {"EndpointArn": arn("endpoint", endpoint.name)}


_SUMMARY = (
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "CreationTime",
    "ModelPackageStatus",
    "ModelApprovalStatus",
)
