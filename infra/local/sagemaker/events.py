"""SageMaker's EventBridge events in their documented shapes.

Source: "Events that Amazon SageMaker sends to Amazon EventBridge" in its developer guide. They
are best effort at AWS too: whoever listens must read the state again.
"""

import logging
from datetime import datetime
from typing import Any

from infra.local.ports import Params
from infra.local.sagemaker.context import Context

logger = logging.getLogger(__name__)

_SOURCE = "aws.sagemaker"
_PACKAGE_MEMBERS = (
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "InferenceSpecification",
    "ModelPackageStatus",
    "ModelPackageStatusDetails",
    "CertifyForMarketplace",
    "ModelApprovalStatus",
    "MetadataProperties",
    "ModelMetrics",
    "CustomerMetadataProperties",
    "LastModifiedTime",
)
_TRAINING_MEMBERS = (
    "TrainingJobName",
    "TrainingJobArn",
    "TrainingJobStatus",
    "SecondaryStatus",
    "FailureReason",
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "VpcConfig",
    "StoppingCondition",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "LastModifiedTime",
    "SecondaryStatusTransitions",
)


class Events:
    """Puts the events on the default bus. Never call it with the lock held: the bus may block."""

    def __init__(self, context: Context) -> None:
        self._cloud = context.cloud

    def endpoint(self, described: Params) -> None:
        """Say that an endpoint changed its state; takes what DescribeEndpoint answers."""
        detail: Params = {
            "EndpointName": described["EndpointName"],
            "EndpointArn": described["EndpointArn"],
            "EndpointConfigName": described["EndpointConfigName"],
            "ProductionVariants": [
                {
                    "DesiredWeight": float(variant["DesiredWeight"]),
                    "DesiredInstanceCount": float(variant["DesiredInstanceCount"]),
                }
                for variant in described.get("ProductionVariants", ())
            ],
            "EndpointStatus": _shouted(described["EndpointStatus"]),
            "CreationTime": _milliseconds(described["CreationTime"]),
            "LastModifiedTime": _milliseconds(described["LastModifiedTime"]),
            "Tags": {},
        }
        self._put("SageMaker Endpoint State Change", detail, described["EndpointArn"])

    def package(self, described: Params) -> None:
        """Say that a version's status or approval changed.

        The event has neither the previous status nor who approved: AWS sends neither.
        """
        detail = {
            member: _plain(described[member]) for member in _PACKAGE_MEMBERS if member in described
        }
        detail.setdefault("LastModifiedTime", detail["CreationTime"])
        self._put("SageMaker Model Package State Change", detail, described["ModelPackageArn"])

    def training(self, described: Params) -> None:
        """Say that a training job changed its primary or secondary status."""
        detail = {
            member: _plain(described[member], times_as_text=False)
            for member in _TRAINING_MEMBERS
            if member in described
        }
        detail["Tags"] = {}
        self._put("SageMaker Training Job State Change", detail, described["TrainingJobArn"])

    def _put(self, detail_type: str, detail: Params, arn: str) -> None:
        try:
            self._cloud.put_event(_SOURCE, detail_type, detail, [arn])
        except Exception:
            # Best effort: a bus that is down must not stop an endpoint half-way.
            logger.exception("lost the event %r of %s", detail_type, arn)


def _shouted(status: str) -> str:
    """InService -> IN_SERVICE: the events spell states unlike the API."""
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in status)[1:].upper()


def _milliseconds(when: datetime) -> float:
    return float(round(when.timestamp() * 1000))


def _plain(value: Any, *, times_as_text: bool = True) -> Any:
    """Times as ISO text in package events, as text of milliseconds in training events."""
    if isinstance(value, datetime):
        if times_as_text:
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"{_milliseconds(value):.0f}"
    if isinstance(value, dict):
        return {key: _plain(one, times_as_text=times_as_text) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one, times_as_text=times_as_text) for one in value]
    return value
