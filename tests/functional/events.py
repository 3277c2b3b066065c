"""Events of each kind as bodies of messages, good unless a test says otherwise. Not a test."""

from __future__ import annotations

from typing import Any

from tests.functional.lambda_queue import event
from tests.functional.operator import CANARY

ERRORS = f"steelyard/completion/{CANARY}/errors"
TICK = event()
PACKAGE = "arn:aws:sagemaker:{}:{}:model-package/completion/2"


def alarm(name: object = ERRORS, state: object = "ALARM", **changes: Any) -> str:
    """An alarm's change of state."""
    detail = {"alarmName": name, "state": {"value": state}}
    return event(**{"detail-type": "CloudWatch Alarm State Change", "detail": detail, **changes})


def command(name: str = "promote", **changes: Any) -> str:
    """A person's order."""
    order = {
        "endpoint": "completion",
        "rollout": "completion-r1",
        "command": name,
        "actor": "arn:aws:iam::0:user/ada",
        "reason": "says so",
        "key": name,
    }
    return event(**{"detail-type": "Steelyard Command", "detail": {**order, **changes}})


def about(name: str) -> str:
    """A change of an endpoint."""
    detail = {"EndpointName": name, "EndpointStatus": "IN_SERVICE"}
    return event(**{"detail-type": "SageMaker Endpoint State Change", "detail": detail})


def approved(arn: str) -> str:
    """A change of a package."""
    detail = {"ModelPackageArn": arn, "ModelApprovalStatus": "Approved"}
    return event(**{"detail-type": "SageMaker Model Package State Change", "detail": detail})
