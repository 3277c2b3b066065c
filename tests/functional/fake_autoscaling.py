"""Application Auto Scaling as far as Steelyard uses it. Not a test itself.

Answers and errors are AWS's own. moto keeps a target's policies when it is deregistered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.functional.fake_sagemaker import ACCOUNT, CREATED, REGION, refusal

Params = Mapping[str, Any]
SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
ROLE = (
    f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{SERVICE}/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)
_FLAGS = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")


@dataclass
class FakeAutoScaling:
    """The service.

    Attributes:
        targets: what is registered, by resource id.
        policies: configurations by resource id and name.
        page: how much a Describe answers at once.
    """

    targets: dict[str, dict[str, Any]] = field(default_factory=dict)
    policies: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    page: int = 50

    def answer(self, operation: str, params: Params) -> dict[str, Any]:
        """The answer to one call; an operation that Steelyard does not use is an error."""
        operations = {
            "RegisterScalableTarget": self._register,
            "DescribeScalableTargets": self._describe,
            "DeregisterScalableTarget": self._deregister,
            "PutScalingPolicy": self._put_policy,
            "DescribeScalingPolicies": self._describe_policies,
        }
        return operations[operation](params)

    def _register(self, params: Params) -> dict[str, Any]:
        resource = params["ResourceId"]
        target = self.targets.get(resource)
        if target is None:
            target = {
                "ServiceNamespace": params["ServiceNamespace"],
                "ResourceId": resource,
                "ScalableDimension": params["ScalableDimension"],
                "MinCapacity": params["MinCapacity"],
                "MaxCapacity": params["MaxCapacity"],
                "RoleARN": ROLE,
                "CreationTime": CREATED,
                "SuspendedState": dict.fromkeys(_FLAGS, False),
            }
        suspended = {**target["SuspendedState"], **params.get("SuspendedState", {})}
        self.targets[resource] = {**target, **params, "SuspendedState": suspended}
        return {"ScalableTargetARN": f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT}:x"}

    def _describe(self, params: Params) -> dict[str, Any]:
        return self._paged("ScalableTargets", list(self.targets.values()), params)

    def _deregister(self, params: Params) -> dict[str, Any]:
        resource = params["ResourceId"]
        if self.targets.pop(resource, None) is None:
            message = f"No scalable target found for service namespace: sagemaker, {resource}"
            raise refusal("ObjectNotFoundException", message, "DeregisterScalableTarget")
        self.policies = {key: one for key, one in self.policies.items() if key[0] != resource}
        return {}

    def _put_policy(self, params: Params) -> dict[str, Any]:
        resource = params["ResourceId"]
        if resource not in self.targets:
            message = f"No scalable target registered for service namespace: sagemaker, {resource}"
            raise refusal("ObjectNotFoundException", message, "PutScalingPolicy")
        self.policies[resource, params["PolicyName"]] = {
            **params,
            "PolicyARN": f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:scalingPolicy:x",
            "CreationTime": CREATED,
        }
        return {"PolicyARN": "arn:aws:autoscaling", "Alarms": []}

    def _describe_policies(self, params: Params) -> dict[str, Any]:
        return self._paged("ScalingPolicies", list(self.policies.values()), params)

    def _paged(self, result: str, found: list[dict[str, Any]], params: Params) -> dict[str, Any]:
        start = int(params.get("NextToken", 0))
        rest = found[start + self.page :]
        more = {"NextToken": str(start + self.page)} if rest else {}
        return {result: found[start : start + self.page], **more}
