"""The CloudFormation types, called as a stack would call them."""

from collections.abc import Mapping

import pytest

from infra.local.ports import Params, ResourceType
from tests.local.sagemaker.refusal import refused
from tests.local.sagemaker.scene import NEVER_PINGS, ROLE, Scene, answer

STACK = "steelyard-local-serving"


@pytest.fixture
def types(scene: Scene) -> Mapping[str, ResourceType]:
    return scene.service.resources()


def make(
    types: Mapping[str, ResourceType], kind: str, logical_id: str, **props: object
) -> tuple[str, Params]:
    return types[f"AWS::SageMaker::{kind}"].create(logical_id, props, STACK)


def model(scene: Scene, types: Mapping[str, ResourceType], name: str = "stable") -> Params:
    container = {
        "Image": scene.image(),
        "ModelDataUrl": scene.archive(name, {"name.txt": name}),
        "Environment": {"FLAVOUR": True},
    }
    return make(types, "Model", "Model", PrimaryContainer=container, ExecutionRoleArn=ROLE)[1]


def variant(model_name: str) -> Params:
    """As CloudFormation may pass it: numbers as strings."""
    return {
        "VariantName": "stable",
        "ModelName": model_name,
        "InitialInstanceCount": "1",
        "InitialVariantWeight": "0.5",
        "InstanceType": "ml.g5.xlarge",
        "ContainerStartupHealthCheckTimeoutInSeconds": "3600",
    }


def config(types: Mapping[str, ResourceType], model_name: str) -> tuple[str, Params]:
    return make(types, "EndpointConfig", "Config", ProductionVariants=[variant(model_name)])


def test_stack_of_three_ends_with_an_endpoint_that_serves(
    scene: Scene, types: Mapping[str, ResourceType]
) -> None:
    model_attributes = model(scene, types)
    assert model_attributes["ModelName"].startswith(f"{STACK}-Model-")
    ref, attributes = config(types, model_attributes["ModelName"])
    assert ref == attributes["EndpointConfigArn"]
    given = {
        "EndpointName": "completion",
        "EndpointConfigName": attributes["EndpointConfigName"],
        "RetainAllVariantProperties": "true",
        "Tags": [{"Key": "project", "Value": "steelyard"}],
    }
    ref, attributes = make(types, "Endpoint", "Endpoint", **given)
    assert ref == "arn:aws:sagemaker:eu-west-1:000000000000:endpoint/completion"
    assert attributes == {"EndpointName": "completion", "EndpointArn": ref}
    described = scene.describe()
    assert described["EndpointStatus"] == "InService"
    assert described["ProductionVariants"][0]["CurrentWeight"] == 0.5
    assert answer(scene.invoke())["flavour"] == "true"


def test_stack_is_deleted_in_order_and_twice_is_no_error(
    scene: Scene, types: Mapping[str, ResourceType]
) -> None:
    model_name = model(scene, types)["ModelName"]
    config_ref, config_attributes = config(types, model_name)
    name = config_attributes["EndpointConfigName"]
    ref, _ = make(types, "Endpoint", "E", EndpointName="completion", EndpointConfigName=name)
    for _ in range(2):
        types["AWS::SageMaker::Endpoint"].delete(ref, {})
        types["AWS::SageMaker::EndpointConfig"].delete(config_ref, {})
        types["AWS::SageMaker::Model"].delete(f"arn:x:model/{model_name.lower()}", {})
    for operation, result in (
        ("ListEndpoints", "Endpoints"),
        ("ListEndpointConfigs", "EndpointConfigs"),
        ("ListModels", "Models"),
    ):
        assert scene.api(operation)[result] == []


def test_endpoint_that_fails_fails_its_creation_and_leaves_nothing(
    scene: Scene, types: Mapping[str, ResourceType]
) -> None:
    scene.model("mute", serve=NEVER_PINGS)
    name = make(
        types,
        "EndpointConfig",
        "Config",
        ProductionVariants=[{**variant("mute"), "ContainerStartupHealthCheckTimeoutInSeconds": 60}],
    )[1]["EndpointConfigName"]
    with refused("ValidationException", "did not pass the ping health check"):
        make(types, "Endpoint", "E", EndpointName="completion", EndpointConfigName=name)
    assert scene.api("ListEndpoints")["Endpoints"] == []


def test_new_config_updates_the_endpoint_in_place_and_a_silent_rollback_is_seen(
    scene: Scene, types: Mapping[str, ResourceType]
) -> None:
    model_name = model(scene, types)["ModelName"]
    names = [config(types, model_name)[1]["EndpointConfigName"] for _ in range(3)]
    old = {"EndpointName": "completion", "EndpointConfigName": names[0]}
    ref, _ = make(types, "Endpoint", "E", **old)
    endpoint = types["AWS::SageMaker::Endpoint"]
    new = {**old, "EndpointConfigName": names[1]}
    assert endpoint.update(ref, old, new, STACK)[0] == ref
    assert scene.describe()["EndpointConfigName"] == names[1]
    scene.service.set_fault("silent-rollback")
    with refused("ValidationException", names[2], "no reason was given"):
        endpoint.update(ref, new, {**old, "EndpointConfigName": names[2]}, STACK)
    retagged = {**new, "Tags": [{"Key": "a", "Value": "b"}]}
    assert endpoint.update(ref, new, retagged, STACK)[0] == ref


def test_changed_config_is_replaced_and_retagged_one_is_kept(
    scene: Scene, types: Mapping[str, ResourceType]
) -> None:
    model_name = model(scene, types)["ModelName"]
    old = {"ProductionVariants": [variant(model_name)]}
    kind = types["AWS::SageMaker::EndpointConfig"]
    ref, _ = kind.create("Config", old, STACK)
    assert kind.update(ref, old, {**old, "Tags": [{"Key": "a", "Value": "b"}]}, STACK)[0] == ref
    replaced, attributes = kind.update(ref, old, {**old, "KmsKeyId": "alias/new"}, STACK)
    assert replaced != ref
    name = attributes["EndpointConfigName"]
    assert scene.api("DescribeEndpointConfig", EndpointConfigName=name)["KmsKeyId"] == "alias/new"


def test_package_group_has_its_documented_attributes(
    scene: Scene, types: Mapping[str, ResourceType]
) -> None:
    ref, attributes = make(types, "ModelPackageGroup", "Group", ModelPackageGroupName="completion")
    assert ref == attributes["ModelPackageGroupArn"]
    assert ref.endswith(":model-package-group/completion")
    assert attributes["ModelPackageGroupStatus"] == "Completed"
    types["AWS::SageMaker::ModelPackageGroup"].delete(ref, {})
    assert scene.api("ListModelPackageGroups")["ModelPackageGroupSummaryList"] == []


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"InitialInstanceCount": "many"}, "'many': give a integer"),
        ({"InstanceKind": "ml.g5.xlarge"}, "no properties ['InstanceKind']"),
        ({"InstanceType": "ml.abacus"}, "ml.abacus"),
    ],
)
def test_property_that_does_not_fit_is_named(
    scene: Scene, types: Mapping[str, ResourceType], change: Params, part: str
) -> None:
    model_name = model(scene, types)["ModelName"]
    with refused("ValidationException", part):
        make(
            types,
            "EndpointConfig",
            "Config",
            ProductionVariants=[{**variant(model_name), **change}],
        )
