"""The world that functional tests run in: real boto3 clients whose calls end in fakes or in moto.

botocore checks every request against AWS's own model before a fake sees it. Time stands still
unless a test moves it. Not a test itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import boto3
from botocore.exceptions import ClientError, ReadTimeoutError

from tests.functional.fake_autoscaling import FakeAutoScaling
from tests.functional.fake_cloudwatch import FakeCloudWatch
from tests.functional.fake_sagemaker import CREATED, REGION, FakeEndpoint, FakeSageMaker, Fleet, arn

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LATENCY_US = 120_000.0
Action = Callable[[], None]


class Killed(Exception):
    """The Lambda's process ends here; nothing in the product catches this."""


@dataclass(frozen=True)
class Call:
    """One request that reached AWS."""

    service: str
    operation: str
    params: Mapping[str, Any]


@dataclass
class World:
    """AWS as one test sees it.

    Attributes:
        calls: what was asked of SageMaker, CloudWatch and Application Auto Scaling.
        before, after: what happens to the next calls of an operation, before they are done, or
            after that and before the answer arrives.
        garbled: what comes instead of the answers of an operation, by what should have come.
    """

    now: datetime = START
    calls: list[Call] = field(default_factory=list)
    before: dict[str, list[Action]] = field(default_factory=dict)
    after: dict[str, list[Action]] = field(default_factory=dict)
    garbled: dict[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.autoscaling = FakeAutoScaling()
        self.sagemaker = FakeSageMaker(
            now=lambda: self.now, scaled=lambda: self.autoscaling.targets
        )
        self.cloudwatch = FakeCloudWatch(lambda: self.now)
        package = self.sagemaker.register(1, status="Approved", at=CREATED)
        self.sagemaker.models["completion-bootstrap"] = {
            "ModelName": "completion-bootstrap",
            "PrimaryContainer": {"ModelPackageName": package},
            "ModelArn": arn("model", "completion-bootstrap"),
            "CreationTime": CREATED,
        }
        self.sagemaker.configs["completion-bootstrap"] = {
            "EndpointConfigName": "completion-bootstrap",
            "EndpointConfigArn": arn("endpoint-config", "completion-bootstrap"),
            "CreationTime": CREATED,
            "ProductionVariants": [
                {
                    "VariantName": "v1",
                    "ModelName": "completion-bootstrap",
                    "InstanceType": "ml.g5.xlarge",
                    "InitialInstanceCount": 1,
                    "InitialVariantWeight": 1.0,
                    "ModelDataDownloadTimeoutInSeconds": 1200,
                    "ContainerStartupHealthCheckTimeoutInSeconds": 900,
                }
            ],
            "DataCaptureConfig": {
                "EnableCapture": True,
                "InitialSamplingPercentage": 10,
                "DestinationS3Uri": "s3://bucket/captures",
                "CaptureOptions": [{"CaptureMode": "Input"}],
            },
        }
        fleet = Fleet("completion-bootstrap", {"v1": 1.0}, {"v1": 2})
        self.sagemaker.endpoints["completion"] = FakeEndpoint("completion", fleet)

    @property
    def endpoint(self) -> FakeEndpoint:
        """The endpoint `completion`, as it is now."""
        return self.sagemaker.endpoint("completion")

    def share(self, variant: str) -> float:
        """A variant's share of the traffic, in percent."""
        weights = self.endpoint.fleet.weights
        return 100 * weights.get(variant, 0.0) / sum(weights.values())

    def approve(self, version: int) -> str:
        """Register and approve a version now; its ARN."""
        return self.sagemaker.register(version, status="Approved", at=self.now)

    def serve(self, bad: Mapping[str, float] | None = None, requests: int = 2000) -> None:
        """One more minute of traffic, split by the weights; `bad` are error rates by variant."""
        at = self.now.replace(second=0)
        for variant in self.endpoint.fleet.weights:
            count = round(requests * self.share(variant) / 100)
            errors = round(count * (bad or {}).get(variant, 0.0))
            for metric, value in (("Invocations", 1.0), ("ModelLatency", LATENCY_US)):
                if count:
                    self.cloudwatch.record(variant, metric, at, value, count)
            for metric in ("InvocationModelErrors", "Invocation5XXErrors"):
                for value, number in ((1.0, errors), (0.0, count - errors)):
                    if number:
                        self.cloudwatch.record(variant, metric, at, value, number)
        self.now += MINUTE

    def changes(self) -> list[str]:
        """Operations so far that changed something in SageMaker."""
        return [c.operation for c in self.calls if c.operation.startswith(("Create", "Update"))]


def lost_answer() -> None:
    """The call was done, but its answer never came."""
    raise ReadTimeoutError(endpoint_url="https://sagemaker.eu-west-1.amazonaws.com")


def killed() -> None:
    """The process ends."""
    raise Killed


class Clients:
    """boto3 clients, made once a session: making them is slow. The world behind them changes."""

    def __init__(self) -> None:
        self._session = boto3.Session("testing", "testing", region_name=REGION)
        self._clients: dict[str, Any] = {}
        self.world = World()

    def __getitem__(self, service: str) -> Any:
        if service not in self._clients:
            client = self._session.client(service)
            self.attach(client.meta.events)
            self._clients[service] = client
        return self._clients[service]

    def attach(self, events: Any) -> None:
        """Lead the calls of all clients with these event hooks into the world."""
        events.register("before-parameter-build", self._remember)
        events.register("before-call", self._answer)
        events.register("after-call", self._answered)

    def _remember(self, params: Any, context: dict[str, Any], **_: Any) -> None:
        context["asked"] = params

    def _answer(self, model: Any, context: dict[str, Any], **_: Any) -> Any:
        _happen(self.world.before, model.name)
        service, params = model.service_model.service_name, context["asked"]
        fakes: dict[str, FakeSageMaker | FakeCloudWatch | FakeAutoScaling] = {
            "sagemaker": self.world.sagemaker,
            "cloudwatch": self.world.cloudwatch,
            "application-autoscaling": self.world.autoscaling,
        }
        if service not in fakes:
            return None  # moto's
        self.world.calls.append(Call(service, model.name, params))
        try:
            answer = fakes[service].answer(model.name, params)
            if model.name in self.world.garbled:
                answer = self.world.garbled[model.name](deepcopy(answer))
        except ClientError as error:
            return SimpleNamespace(status_code=400), error.response
        return SimpleNamespace(status_code=200), answer

    def _answered(self, model: Any, http_response: Any, parsed: Any, **_: Any) -> None:
        # moto's own is of the machine's clock.
        headers = parsed.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        headers["date"] = format_datetime(self.world.now, usegmt=True)
        if http_response.status_code < 300:
            _happen(self.world.after, model.name)


def _happen(queue: dict[str, list[Action]], operation: str) -> None:
    actions = queue.get(operation)
    if actions:
        actions.pop(0)()


def make_table(dynamodb: Any, name: str, partition_key: str, sort_key: str) -> None:
    """A table whose keys are strings, as the data stack's are."""
    keys = ((partition_key, "HASH"), (sort_key, "RANGE"))
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
        BillingMode="PAY_PER_REQUEST",
    )
