"""What an endpoint is: its state and its descriptions. Records only; `endpoints` changes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from infra.local.ports import Params
from infra.local.sagemaker.fleet import Fleet
from infra.local.sagemaker.variants import Variant

_REASON_LIMIT = 1024


@dataclass(frozen=True)
class Pending:
    """A fleet on its way up."""

    config: Params
    variants: tuple[Variant, ...]
    images: Mapping[str, Params]
    """Each variant's DeployedImage."""
    since: datetime


@dataclass
class Endpoint:
    """An endpoint; every field that changes is guarded by the service's lock.

    `config` is the one that serves: an update that fails leaves it alone (silent rollback).
    """

    name: str
    arn: str
    config: Params
    created: datetime
    modified: datetime
    status: str = "Creating"
    imposed: str = ""
    """What Describe shows instead of the status, for tests; changes go on beneath it."""
    not_before: float = 0.0
    """Until when a change is stalled, by the clock's `monotonic`; for tests."""
    failure_reason: str = ""
    variants: tuple[Variant, ...] = ()
    pending: Pending | None = None
    fleet: Fleet | None = None
    images: Mapping[str, Params] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """EndpointStatus."""
        return self.imposed or self.status

    def uses(self, config_name: str) -> bool:
        """Answer whether it serves a config or is on its way to it."""
        names = {self.config["EndpointConfigName"]}
        if self.pending is not None:
            names.add(self.pending.config["EndpointConfigName"])
        return config_name in names

    def describe(self) -> Params:
        """Answer DescribeEndpoint's output."""
        answer: Params = {
            "EndpointName": self.name,
            "EndpointArn": self.arn,
            "EndpointConfigName": self.config["EndpointConfigName"],
            "EndpointStatus": self.shown,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
        }
        if self.failure_reason:
            answer["FailureReason"] = self.failure_reason[:_REASON_LIMIT]
        if self.variants:
            answer["ProductionVariants"] = [
                _summary(variant, self.images) for variant in self.variants
            ]
        if "DataCaptureConfig" in self.config:
            answer["DataCaptureConfig"] = _capture(self.config["DataCaptureConfig"])
        if "MetricsConfig" in self.config:
            answer["MetricsConfig"] = dict(self.config["MetricsConfig"])
        if self.pending is not None:
            answer["PendingDeploymentSummary"] = {
                "EndpointConfigName": self.pending.config["EndpointConfigName"],
                "ProductionVariants": [
                    _summary(variant, self.pending.images) for variant in self.pending.variants
                ],
                "StartTime": self.pending.since,
            }
        return answer


def _summary(variant: Variant, images: Mapping[str, Params]) -> Params:
    return {
        "VariantName": variant.name,
        "DeployedImages": [images[variant.name]],
        "CurrentWeight": variant.current_weight,
        "DesiredWeight": variant.desired_weight,
        "CurrentInstanceCount": variant.current_count,
        "DesiredInstanceCount": variant.desired_count,
    }


def _capture(config: Params) -> Params:
    """Nothing is captured here, so the status says Stopped whatever the config wants."""
    return {
        "EnableCapture": config.get("EnableCapture", False),
        "CaptureStatus": "Stopped",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }
