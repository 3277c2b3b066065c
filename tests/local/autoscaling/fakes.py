"""A cloud with a hand-driven clock, one endpoint, and the metrics that a test says it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.local.autoscaling import AutoScaling
from infra.local.clock import Clock
from infra.local.ports import Params
from tests.local.sagemaker.checked_api import CheckedApi

START = datetime(2026, 11, 24, 5, 40, tzinfo=UTC)
STABLE = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/completion/variant/stable",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
METRIC = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}


@dataclass
class FakeEndpoint:
    """SageMaker with the endpoint `completion`; a change is done when a test says so."""

    status: str = "InService"
    counts: dict[str, int] = field(default_factory=lambda: {"stable": 1, "canary": 1})
    asked: list[tuple[str, int]] = field(default_factory=list)

    def describe_endpoint(self, *, EndpointName: str) -> Params:  # noqa: N803 - boto3's name
        if EndpointName != "completion":
            message = f"Could not find endpoint {EndpointName!r}."
            raise ClientError(
                {"Error": {"Code": "ValidationException", "Message": message}}, "DescribeEndpoint"
            )
        return {
            "EndpointStatus": self.status,
            "ProductionVariants": [
                {"VariantName": name, "CurrentInstanceCount": count}
                for name, count in self.counts.items()
            ],
        }

    def update_endpoint_weights_and_capacities(
        self,
        *,
        EndpointName: str,  # noqa: N803 - boto3's name
        DesiredWeightsAndCapacities: list[Params],  # noqa: N803 - boto3's name
    ) -> None:
        assert EndpointName == "completion"
        [change] = DesiredWeightsAndCapacities
        self.asked.append((change["VariantName"], change["DesiredInstanceCount"]))
        self.status = "Updating"

    def finish(self) -> None:
        """End the change that was asked for last."""
        self.counts |= [self.asked[-1]]
        self.status = "InService"


@dataclass
class FakeMetrics:
    """CloudWatch; `load` answers the metric in a minute since START, or None."""

    load: dict[int, float] = field(default_factory=dict)

    def get_metric_data(
        self,
        *,
        MetricDataQueries: list[Params],  # noqa: N803 - boto3's name
        StartTime: datetime,  # noqa: N803 - boto3's name
        EndTime: datetime,  # noqa: N803 - boto3's name
    ) -> Params:
        [query] = MetricDataQueries
        metric = query["MetricStat"]["Metric"]
        assert (metric["Namespace"], metric["MetricName"]) == (
            "AWS/SageMaker",
            "InvocationsPerInstance",
        )
        assert query["MetricStat"]["Stat"] == "Sum"
        stamps = {START + timedelta(minutes=at): value for at, value in self.load.items()}
        found = {at: value for at, value in stamps.items() if StartTime <= at < EndTime}
        return {"MetricDataResults": [{"Timestamps": list(found), "Values": list(found.values())}]}


class Desk:
    """An Application Auto Scaling in a fake cloud, and the hand on its clock."""

    account, region, url = "000000000000", "eu-west-1", "http://127.0.0.1:1"
    state_dir = Path("unused")

    def __init__(self) -> None:
        self.seconds = 0.0
        self.clock = Clock(1, start=START.timestamp(), monotonic=lambda: self.seconds)
        self.sagemaker, self.metrics = FakeEndpoint(), FakeMetrics()
        self.service = AutoScaling(self)
        self.api = CheckedApi(self.service)

    def client(self, service: str) -> Any:
        return {"sagemaker": self.sagemaker, "cloudwatch": self.metrics}[service]

    def register(self, least: int = 1, most: int = 4, **more: Any) -> None:
        self.api(
            "RegisterScalableTarget", MinCapacity=least, MaxCapacity=most, **{**STABLE, **more}
        )

    def track(self, target: float = 10.0, name: str = "steelyard", **more: Any) -> Params:
        return self.api(
            "PutScalingPolicy",
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": target,
                "PredefinedMetricSpecification": METRIC,
                **more,
            },
            **STABLE,
        )

    def minutes(self, count: int, load: float | None = None) -> None:
        """Let minutes pass, each with this much load on each instance, or without any."""
        for _ in range(count):
            minute = int(self.seconds // 60)
            if load is not None:
                self.metrics.load[minute] = load
            self.seconds = (minute + 1) * 60 + 30
            self.look()

    def look(self) -> None:
        """Let the scaler make a pass."""
        self.service._scaler.run_once()

    def put_event(self, *_: object) -> None:
        raise AssertionError("Application Auto Scaling puts no events")

    def invoke_lambda(self, *_: object) -> None:
        raise AssertionError("Application Auto Scaling invokes nothing")

    def record_metric(self, *_: object, **__: object) -> None:
        raise AssertionError("Application Auto Scaling records no metrics")
