"""Which IAM actions a request to a service of ours needs, on which resources. Used by the server.

Source: the Service Authorization Reference's tables for SageMaker, CloudWatch and Application
Auto Scaling, and what the last one's user guide says it tries ("Permissions validation").
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.local.autoscaling.targets import target_id
from infra.local.ports import Params

_SAGEMAKER_RESOURCES = {
    "EndpointName": "endpoint",
    "EndpointConfigName": "endpoint-config",
    "ModelName": "model",
    "ModelPackageName": "model-package",
    "ModelPackageArn": "model-package",
    "ModelPackageGroupName": "model-package-group",
    "ProcessingJobName": "processing-job",
    "TrainingJobName": "training-job",
}
_SCALING_ROLE = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
_ROLES = ("ExecutionRoleArn", "RoleArn")


@dataclass(frozen=True)
class Need:
    """One action on some resources; every one of them must be allowed."""

    action: str
    resources: Sequence[str]
    context: Mapping[str, Any] = field(default_factory=dict)


def needs(service: str, operation: str, params: Params, region: str, account: str) -> list[Need]:
    """Answer what the caller of an operation must be allowed to do."""
    where = f"{region}:{account}"
    action = f"{service}:{operation}"
    if service == "cloudwatch":
        return [Need(action, *_cloudwatch(operation, params, where))]
    if service == "application-autoscaling":
        return list(_autoscaling(operation, params, where))
    return [
        Need(action, list(_sagemaker(operation, params, where)) or ["*"]),
        *_passed_roles(params),
    ]


def _sagemaker(operation: str, params: Params, where: str) -> Iterator[str]:
    for name, kind in _SAGEMAKER_RESOURCES.items():
        value = params.get(name)
        if not isinstance(value, str):
            continue
        if operation.startswith("List"):
            return  # lists are authorized on everything, whatever they filter by
        yield value if value.startswith("arn:") else f"arn:aws:sagemaker:{where}:{kind}/{value}"


def _passed_roles(params: Params) -> Iterator[Need]:
    for name in _ROLES:
        role = params.get(name)
        if isinstance(role, str):
            service = {"iam:PassedToService": "sagemaker.amazonaws.com"}
            yield Need("iam:PassRole", [role], service)


def _cloudwatch(operation: str, params: Params, where: str) -> tuple[list[str], Mapping[str, Any]]:
    if "Namespace" in params and "AlarmName" not in params:
        return ["*"], {"cloudwatch:namespace": params["Namespace"]}
    names = [params["AlarmName"]] if "AlarmName" in params else params.get("AlarmNames", [])
    if not names and operation.startswith("DescribeAlarm"):
        names = ["*"]  # listed by prefix or state: authorized on every alarm
    return [f"arn:aws:cloudwatch:{where}:alarm:{name}" for name in names] or ["*"], {}


def _autoscaling(operation: str, params: Params, where: str) -> Iterator[Need]:
    action, resource = f"application-autoscaling:{operation}", params.get("ResourceId")
    if operation.startswith("Describe") or not isinstance(resource, str):
        yield Need(action, ["*"])
        return
    target = f"arn:aws:application-autoscaling:{where}:scalable-target/{target_id(resource)}"
    keys = {"service-namespace": "ServiceNamespace", "scalable-dimension": "ScalableDimension"}
    asked = {f"application-autoscaling:{key}": params.get(name) for key, name in keys.items()}
    yield Need(action, [target], asked)
    if operation == "RegisterScalableTarget":
        yield from _registering(resource, where)
    if operation == "PutScalingPolicy":
        alarms = [f"arn:aws:cloudwatch:{where}:alarm:TargetTracking-{resource}-AlarmHigh-x"]
        yield Need("cloudwatch:PutMetricAlarm", alarms)
        yield Need("cloudwatch:DeleteAlarms", alarms)


def _registering(resource: str, where: str) -> Iterator[Need]:
    """What AWS tries on behalf of the caller; a new account, as this one is, lacks the role."""
    name = resource.removeprefix("endpoint/").partition("/")[0]
    endpoint = [f"arn:aws:sagemaker:{where}:endpoint/{name}"]
    yield Need("sagemaker:DescribeEndpoint", endpoint)
    yield Need("sagemaker:UpdateEndpointWeightsAndCapacities", endpoint)
    account, service = where.rpartition(":")[2], "sagemaker.application-autoscaling.amazonaws.com"
    role = f"arn:aws:iam::{account}:role/aws-service-role/{service}/{_SCALING_ROLE}"
    yield Need("iam:CreateServiceLinkedRole", [role], {"iam:AWSServiceName": service})
