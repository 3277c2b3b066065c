"""The bootstrap endpoint is made once and never undone by a deployment."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.infra.conftest import IMAGE, MODEL
from tests.infra.in_process import built, of_type, templates

Resources = Callable[..., list[dict[str, Any]]]
Template = Callable[..., dict[str, Any]]

THE_THREE = (
    "AWS::SageMaker::Model",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Endpoint",
)


@pytest.mark.parametrize("kind", [*THE_THREE, "AWS::IAM::Role"])
def test_what_serves_is_retained_on_deletion_and_replacement(
    resources: Resources, kind: str
) -> None:
    (resource,) = resources("serving", kind)
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


@pytest.mark.parametrize("stack", ["data", "serving"])
def test_stack_is_protected_from_termination_but_on_the_laptop(
    assemblies: Mapping[str, Path], stack: str
) -> None:
    protected = {}
    for environment, folder in assemblies.items():
        artifacts = json.loads((folder / "manifest.json").read_text())["artifacts"]
        properties = artifacts[f"steelyard-{environment}-{stack}"]["properties"]
        protected[environment] = properties.get("terminationProtection", False)
    assert protected == {"local": False, "dev": True, "prod": True}


def test_model_comes_from_the_package_that_a_parameter_names(
    resources: Resources, template: Template
) -> None:
    (model,) = resources("serving", "AWS::SageMaker::Model", "dev")
    container = model["Properties"]["PrimaryContainer"]
    parameter = container["ModelPackageName"].strip("${}")
    assert list(container) == ["ModelPackageName"]
    found = template("serving", "dev")["Parameters"][parameter]
    assert found["Type"] == "AWS::SSM::Parameter::Value<String>"
    assert found["Default"] == "/steelyard/dev/bootstrap/dev-completion"


def test_names_are_literal_so_that_no_update_follows_from_another_resource(
    template: Template,
) -> None:
    found = {r["Type"]: r["Properties"] for r in template("serving", "dev")["Resources"].values()}
    assert found["AWS::SageMaker::Endpoint"] == {
        "EndpointName": "dev-completion",
        "EndpointConfigName": "dev-completion-bootstrap",
        "RetainAllVariantProperties": True,
    }
    assert found["AWS::SageMaker::EndpointConfig"]["ProductionVariants"] == [
        {
            "VariantName": "bootstrap",
            "ModelName": "dev-completion-bootstrap",
            "InstanceType": "ml.g5.xlarge",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": 100,
            "ModelDataDownloadTimeoutInSeconds": 600,
            "ContainerStartupHealthCheckTimeoutInSeconds": 300,
        }
    ]


def test_the_three_are_made_one_after_the_other(template: Template) -> None:
    found = template("serving")["Resources"]
    by_type = {r["Type"]: (logical_id, r) for logical_id, r in found.items()}
    for before, after in pairwise(THE_THREE):
        assert by_type[before][0] in by_type[after][1]["DependsOn"]


def test_log_group_is_there_before_the_endpoint_writes_to_it(template: Template) -> None:
    found = template("serving", "dev")["Resources"]
    by_type = {r["Type"]: (logical_id, r) for logical_id, r in found.items()}
    log, group = by_type["AWS::Logs::LogGroup"]
    assert log in by_type["AWS::SageMaker::Endpoint"][1]["DependsOn"]
    assert group["Properties"]["LogGroupName"] == "/aws/sagemaker/Endpoints/dev-completion"
    assert group["Properties"]["RetentionInDays"] == 90
    assert group["DeletionPolicy"] == "Retain"


def test_requests_are_captured_into_the_bucket_as_the_file_says(resources: Resources) -> None:
    (config,) = resources("serving", "AWS::SageMaker::EndpointConfig")
    capture = config["Properties"]["DataCaptureConfig"]
    assert capture["InitialSamplingPercentage"] == 10
    assert capture["DestinationS3Uri"] == "s3://steelyard-local-000000000000-eu-west-1/captures"
    assert config["Properties"]["MetricsConfig"] == {"EnableDetailedObservability": False}


@pytest.mark.parametrize(
    ("every", "metrics"),
    [
        ("10s", {"EnableEnhancedMetrics": True, "MetricPublishFrequencyInSeconds": 10}),
        ("30s", {"EnableEnhancedMetrics": True, "MetricPublishFrequencyInSeconds": 30}),
        ("1m", {}),
    ],
)
def test_requests_are_counted_as_often_as_the_file_says_and_then_by_instance(
    tmp_path: Path, every: str, metrics: dict[str, Any]
) -> None:
    (tmp_path / "completion").mkdir()
    text = MODEL.replace("serving:\n", f"serving:\n  metrics_every: {every}\n")
    (tmp_path / "completion/model.yaml").write_text(text)
    app = built(tmp_path, environment="local", images={"completion": IMAGE})
    (config,) = of_type(templates(app)["serving"], "AWS::SageMaker::EndpointConfig")
    expected = {"EnableDetailedObservability": False, **metrics}
    assert config["Properties"]["MetricsConfig"] == expected


def test_captures_can_be_written_where_sagemaker_puts_them(
    statements: Callable[..., dict[str, dict[str, Any]]],
) -> None:
    role = statements("serving", "steelyard-dev-completion-serving", "dev")
    (resource,) = role["WriteObjects"]["Resource"]
    assert resource.endswith("/captures/dev-completion/*")


def test_environments_serve_on_gpus_but_for_the_laptop(resources: Resources) -> None:
    types = {}
    for environment in ("local", "dev", "prod"):
        (config,) = resources("serving", "AWS::SageMaker::EndpointConfig", environment)
        (variant,) = config["Properties"]["ProductionVariants"]
        types[environment] = (variant["InstanceType"], variant["InitialInstanceCount"])
    assert types == {
        "local": ("ml.m5.large", 1),
        "dev": ("ml.g5.xlarge", 1),
        "prod": ("ml.g6.xlarge", 2),
    }
