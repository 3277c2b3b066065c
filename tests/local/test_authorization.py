"""Which permissions a request to a service of ours needs."""

import pytest

from infra.local.authorization import Need, needs
from infra.local.autoscaling.targets import target_id
from infra.local.ports import Params

SAGEMAKER = "arn:aws:sagemaker:eu-west-1:000000000000"
ALARM = "arn:aws:cloudwatch:eu-west-1:000000000000:alarm"
ROLE = "arn:aws:iam::000000000000:role/serving"
PACKAGE = f"{SAGEMAKER}:model-package/completion/3"

STABLE = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/completion/variant/stable",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
SCALED = {
    "application-autoscaling:service-namespace": "sagemaker",
    "application-autoscaling:scalable-dimension": "sagemaker:variant:DesiredInstanceCount",
}
TARGET = (
    "arn:aws:application-autoscaling:eu-west-1:000000000000:scalable-target/"
    f"{target_id('endpoint/completion/variant/stable')}"
)
TRACKING = f"{ALARM}:TargetTracking-endpoint/completion/variant/stable-AlarmHigh-x"
SCALER = "sagemaker.application-autoscaling.amazonaws.com"
SCALERS_ROLE = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"


@pytest.mark.parametrize(
    ("service", "operation", "params", "expected"),
    [
        (
            "sagemaker",
            "UpdateEndpoint",
            {"EndpointName": "completion", "EndpointConfigName": "completion-2"},
            [
                Need(
                    "sagemaker:UpdateEndpoint",
                    [
                        f"{SAGEMAKER}:endpoint/completion",
                        f"{SAGEMAKER}:endpoint-config/completion-2",
                    ],
                )
            ],
        ),
        (
            "sagemaker",
            "CreateModel",
            {"ModelName": "m", "ExecutionRoleArn": ROLE},
            [
                Need("sagemaker:CreateModel", [f"{SAGEMAKER}:model/m"]),
                Need("iam:PassRole", [ROLE], {"iam:PassedToService": "sagemaker.amazonaws.com"}),
            ],
        ),
        (
            "sagemaker",
            "DescribeModelPackage",
            {"ModelPackageName": PACKAGE},
            [Need("sagemaker:DescribeModelPackage", [PACKAGE])],
        ),
        (
            "sagemaker",
            "ListModelPackages",
            {"ModelPackageGroupName": "completion"},
            [Need("sagemaker:ListModelPackages", ["*"])],
        ),
        (
            "cloudwatch",
            "PutMetricData",
            {"Namespace": "Steelyard", "MetricData": []},
            [Need("cloudwatch:PutMetricData", ["*"], {"cloudwatch:namespace": "Steelyard"})],
        ),
        (
            "cloudwatch",
            "PutMetricAlarm",
            {"AlarmName": "steelyard/completion/canary/errors", "Namespace": "AWS/SageMaker"},
            [
                Need(
                    "cloudwatch:PutMetricAlarm",
                    [f"{ALARM}:steelyard/completion/canary/errors"],
                )
            ],
        ),
        (
            "cloudwatch",
            "DeleteAlarms",
            {"AlarmNames": ["a", "b"]},
            [Need("cloudwatch:DeleteAlarms", [f"{ALARM}:a", f"{ALARM}:b"])],
        ),
        (
            "application-autoscaling",
            "DescribeScalableTargets",
            {"ServiceNamespace": "sagemaker"},
            [Need("application-autoscaling:DescribeScalableTargets", ["*"])],
        ),
        (
            "application-autoscaling",
            "DeregisterScalableTarget",
            STABLE,
            [Need("application-autoscaling:DeregisterScalableTarget", [TARGET], SCALED)],
        ),
        (
            "application-autoscaling",
            "PutScalingPolicy",
            {**STABLE, "PolicyName": "steelyard"},
            [
                Need("application-autoscaling:PutScalingPolicy", [TARGET], SCALED),
                Need("cloudwatch:PutMetricAlarm", [TRACKING]),
                Need("cloudwatch:DeleteAlarms", [TRACKING]),
            ],
        ),
        (
            "application-autoscaling",
            "RegisterScalableTarget",
            STABLE,
            [
                Need("application-autoscaling:RegisterScalableTarget", [TARGET], SCALED),
                Need("sagemaker:DescribeEndpoint", [f"{SAGEMAKER}:endpoint/completion"]),
                Need(
                    "sagemaker:UpdateEndpointWeightsAndCapacities",
                    [f"{SAGEMAKER}:endpoint/completion"],
                ),
                Need(
                    "iam:CreateServiceLinkedRole",
                    [f"arn:aws:iam::000000000000:role/aws-service-role/{SCALER}/{SCALERS_ROLE}"],
                    {"iam:AWSServiceName": SCALER},
                ),
            ],
        ),
        ("cloudwatch", "DescribeAlarms", {}, [Need("cloudwatch:DescribeAlarms", [f"{ALARM}:*"])]),
    ],
)
def test_request_needs_its_action_on_all_that_it_names(
    service: str, operation: str, params: Params, expected: list[Need]
) -> None:
    assert needs(service, operation, params, "eu-west-1", "000000000000") == expected
