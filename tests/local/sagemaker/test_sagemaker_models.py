"""Models and endpoint configs: what is kept, what is refused."""

from typing import Any

import pytest

from infra.local.ports import Params
from tests.local.sagemaker.checked_api import CheckedApi
from tests.local.sagemaker.refusal import refused
from tests.local.sagemaker.scene import ROLE, Scene, answer, variant_of

CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 20,
    "DestinationS3Uri": "s3://artifacts/captures",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
}


def test_model_is_described_as_given_and_its_name_is_taken(scene: Scene) -> None:
    scene.model("Stable", Environment={"FLAVOUR": "mint"})
    described = scene.api("DescribeModel", ModelName="stable")
    assert described["ModelName"] == "Stable"
    assert described["ModelArn"] == "arn:aws:sagemaker:eu-west-1:000000000000:model/stable"
    assert described["PrimaryContainer"]["Environment"] == {"FLAVOUR": "mint"}
    assert described["ExecutionRoleArn"] == ROLE
    with refused("ValidationException", "Cannot create already existing model"):
        scene.model("stable")
    assert [one["ModelName"] for one in scene.api("ListModels")["Models"]] == ["Stable"]
    scene.api("DeleteModel", ModelName="stable")
    with refused("ValidationException", "Could not find model"):
        scene.api("DescribeModel", ModelName="stable")


@pytest.mark.parametrize(
    "image",
    [
        f"000000000000.dkr.ecr.eu-west-1.amazonaws.com/steelyard/x@sha256:{'0' * 64}",
        "000000000000.dkr.ecr.eu-west-1.amazonaws.com/steelyard/x:latest",
    ],
)
def test_model_of_an_image_that_nobody_pushed_is_refused(scene: Scene, image: str) -> None:
    with refused("ValidationException", image):
        scene.model("stable", Image=image)


def test_model_of_an_approved_version_serves_its_data_and_environment(scene: Scene) -> None:
    scene.api("CreateModelPackageGroup", ModelPackageGroupName="completion")
    arn = scene.api(
        "CreateModelPackage",
        ModelPackageGroupName="completion",
        InferenceSpecification={
            "Containers": [
                {
                    "Image": scene.image(),
                    "ModelDataUrl": scene.archive("v1", {"name.txt": "version 1"}),
                    "Environment": {"FLAVOUR": "plain"},
                }
            ]
        },
    )["ModelPackageArn"]
    given = {
        "ModelName": "v1",
        "ExecutionRoleArn": ROLE,
        "PrimaryContainer": {"ModelPackageName": arn, "Environment": {"FLAVOUR": "mint"}},
    }
    with refused("ValidationException", arn, "PendingManualApproval", "only Approved"):
        scene.api("CreateModel", **given)
    scene.api("UpdateModelPackage", ModelPackageArn=arn, ModelApprovalStatus="Approved")
    scene.api("CreateModel", **given)
    scene.config("c1", variant_of("stable", model="v1"))
    scene.endpoint("completion", "c1")
    content = answer(scene.invoke())
    assert (content["model"], content["flavour"]) == ("version 1", "mint")


def test_model_with_two_containers_is_refused_loudly(scene: Scene) -> None:
    container = {"Image": scene.image()}
    with refused("NotImplemented", "2 containers"):
        scene.api(
            "CreateModel", ModelName="m", ExecutionRoleArn=ROLE, Containers=[container, container]
        )


def test_config_is_described_as_it_was_given(scene: Scene) -> None:
    scene.model("stable")
    variant = variant_of(
        "stable",
        ModelDataDownloadTimeoutInSeconds=1200,
        ContainerStartupHealthCheckTimeoutInSeconds=900,
        InferenceAmiVersion="al2-ami-sagemaker-inference-gpu-2",
    )
    given: Params = {
        "DataCaptureConfig": CAPTURE,
        "KmsKeyId": "alias/steelyard",
        "MetricsConfig": {"EnableEnhancedMetrics": False, "EnableDetailedObservability": False},
    }
    scene.config("c1", variant, **given)
    described = scene.api("DescribeEndpointConfig", EndpointConfigName="c1")
    assert described["ProductionVariants"] == [variant]
    assert {member: described[member] for member in given} == given
    described["ProductionVariants"].clear()
    assert scene.api("DescribeEndpointConfig", EndpointConfigName="c1")["ProductionVariants"]
    with refused("ValidationException", "Cannot create already existing endpoint configuration"):
        scene.config("C1", variant)


def test_endpoint_says_that_nothing_is_captured_here(scene: Scene) -> None:
    scene.model("stable")
    scene.config("c1", variant_of("stable"), DataCaptureConfig=CAPTURE)
    capture = scene.endpoint("completion", "c1")["DataCaptureConfig"]
    assert (capture["EnableCapture"], capture["CaptureStatus"]) == (True, "Stopped")


def test_config_of_an_unknown_model_is_refused(scene: Scene) -> None:
    with refused("ValidationException", "Could not find model", "model/stable"):
        scene.config("c1", variant_of("stable"))


def test_config_whose_weights_leave_no_traffic_is_refused(scene: Scene) -> None:
    scene.model("m")
    with refused("ValidationException", "'stable': 0.0", "sum must be greater than 0"):
        scene.config("c1", variant_of("stable", model="m", weight=0))


def test_config_with_a_repeated_variant_is_refused(scene: Scene) -> None:
    scene.model("m")
    with refused("ValidationException", "given twice: ['stable']"):
        scene.config("c1", variant_of("stable", model="m"), variant_of("stable", model="m"))


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("ServerlessConfig", {"MemorySizeInMB": 1024, "MaxConcurrency": 1}),
        ("ManagedInstanceScaling", {"Status": "ENABLED"}),
        ("RoutingConfig", {"RoutingStrategy": "PREFIX_AWARE"}),
    ],
)
def test_variant_feature_that_is_not_emulated_is_named(
    scene: Scene, member: str, value: Any
) -> None:
    scene.model("m")
    with refused("NotImplemented", "PREFIX_AWARE" if member == "RoutingConfig" else member):
        scene.config("c1", {**variant_of("stable", model="m"), member: value})


def test_config_features_that_are_not_emulated_are_named(api: CheckedApi, scene: Scene) -> None:
    scene.model("m")
    shadow = [variant_of("shadow", model="m")]
    with refused("NotImplemented", "ShadowProductionVariants"):
        scene.config("c1", variant_of("stable", model="m"), ShadowProductionVariants=shadow)
    assert api("ListEndpointConfigs") == {"EndpointConfigs": []}


@pytest.mark.parametrize(
    ("metrics", "code", "message"),
    [
        ({"EnableDetailedObservability": True}, "NotImplemented", "EnableDetailedObservability"),
        ({"MetricPublishFrequencyInSeconds": 10}, "NotImplemented", "utilization metrics"),
        (
            {"EnableEnhancedMetrics": True, "MetricPublishFrequencyInSeconds": 120},
            "NotImplemented",
            "every 10, 30 or 60 s",
        ),
        (
            {"EnableEnhancedMetrics": True, "MetricPublishFrequencyInSeconds": 20},
            "ValidationException",
            "20 is not accepted: give one of 10, 30, 60, 120, 180, 240, 300",
        ),
    ],
)
def test_metrics_that_are_not_published_here_are_named(
    scene: Scene, metrics: Params, code: str, message: str
) -> None:
    scene.model("m")
    with refused(code, message):
        scene.config("c1", variant_of("stable", model="m"), MetricsConfig=metrics)


def test_endpoint_says_how_often_its_metrics_come(scene: Scene) -> None:
    scene.model("stable")
    metrics = {"EnableEnhancedMetrics": True, "MetricPublishFrequencyInSeconds": 10}
    scene.config("c1", variant_of("stable"), MetricsConfig=metrics)
    assert scene.endpoint("completion", "c1")["MetricsConfig"] == metrics
