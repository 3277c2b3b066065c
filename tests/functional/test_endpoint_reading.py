"""What Describe shows, and which version serves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from steelyard.aws.endpoint import Endpoint
from steelyard.errors import NeedsHuman
from steelyard.rollout.model import Stable
from steelyard.rollout.observation import Live, Variant
from tests.functional.fake_sagemaker import arn
from tests.functional.world import World


def test_describe_shows_status_config_weights_and_counts(endpoint: Endpoint, world: World) -> None:
    expected = Live("InService", "completion-bootstrap", (Variant("v1", 1.0, 2, 2),))
    assert endpoint.describe() == expected
    world.endpoint.status, world.endpoint.failure = "Failed", "disk full"
    assert endpoint.describe() == replace(expected, status="Failed", failure="disk full")


@pytest.mark.parametrize(
    ("said", "every"),
    [
        ({"EnableEnhancedMetrics": True, "MetricPublishFrequencyInSeconds": 10}, 10),
        ({"EnableEnhancedMetrics": True, "MetricPublishFrequencyInSeconds": 120}, 120),
        ({"EnableEnhancedMetrics": True}, 60),
        ({"EnableEnhancedMetrics": False, "MetricPublishFrequencyInSeconds": 10}, None),
        ({"EnableDetailedObservability": False}, None),
    ],
)
def test_how_often_instances_are_counted_is_what_the_live_config_says(
    endpoint: Endpoint, world: World, said: dict[str, Any], every: int | None
) -> None:
    world.sagemaker.configs["completion-bootstrap"]["MetricsConfig"] = said
    expected = None if every is None else timedelta(seconds=every)
    assert endpoint.describe().metrics_every == expected


@pytest.mark.parametrize(
    ("package", "version"),
    [(arn("model-package", "completion/12"), 12), (arn("model-package", "unversioned"), None)],
)
def test_serving_is_the_variant_with_most_weight_and_its_version(
    endpoint: Endpoint, world: World, package: str, version: int | None
) -> None:
    model = world.sagemaker.models["completion-bootstrap"]
    model["PrimaryContainer"] = {"ModelPackageName": package}
    serving = endpoint.serving(endpoint.describe())
    assert serving == Stable("v1", "completion-bootstrap", version)


def test_model_without_a_package_serves_no_version(endpoint: Endpoint, world: World) -> None:
    model = world.sagemaker.models["completion-bootstrap"]
    del model["PrimaryContainer"]
    model["Containers"] = [{"ModelDataUrl": "s3://bucket/seed.tar.gz"}]
    serving = endpoint.serving(endpoint.describe())
    assert serving == Stable("v1", "completion-bootstrap", None)


def test_variant_that_the_config_does_not_know_can_not_be_told(endpoint: Endpoint) -> None:
    updating = Live("Updating", "completion-bootstrap", (Variant("v9", 1.0, 1, 1),))
    assert endpoint.serving(updating) is None


def test_endpoint_without_variants_serves_nothing(endpoint: Endpoint) -> None:
    assert endpoint.serving(Live("Creating", "completion-bootstrap", ())) is None


def test_endpoint_that_does_not_exist_needs_a_person(endpoint: Endpoint, world: World) -> None:
    world.sagemaker.endpoints.clear()
    with pytest.raises(NeedsHuman, match="Could not find endpoint"):
        endpoint.describe()
