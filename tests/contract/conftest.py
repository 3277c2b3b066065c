"""Both sides for each scene: fresh where a scene changes the endpoint, shared where it doesn't."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.contract.sides import DELAYS, Fake, Local, Scaled
from tests.contract.stage import Stage
from tests.local.sagemaker.conftest import scene_in
from tests.local.sagemaker.fake_cloud import REGION


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("s3", region_name=REGION)


@pytest.fixture(params=["fake", pytest.param("local", marks=pytest.mark.long)])
def stage(request: pytest.FixtureRequest, tmp_path: Path, s3: Any) -> Iterator[Stage]:
    """An endpoint's place, empty. The local side's real processes take a second a scene."""
    if request.param == "fake":
        yield Stage(Fake())
    else:
        with scene_in(tmp_path, s3, delays=DELAYS, scaling=(scaled := Scaled())) as scene:
            yield Stage(Local(scene, scaled))


@pytest.fixture(scope="module", params=["fake", "local"])
def still(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, s3: Any
) -> Iterator[Stage]:
    """An endpoint that all tests of a module share: they leave it as it was."""
    if request.param == "fake":
        yield _still(Stage(Fake()))
    else:
        with scene_in(tmp_path_factory.mktemp("contract"), s3, delays=DELAYS) as scene:
            yield _still(Stage(Local(scene, Scaled())))


def _still(stage: Stage) -> Stage:
    stage.serving(v1=99, v2=1)
    stage.config("c2", v1=99)
    stage.config("gone", v1=1)
    stage.call("DeleteEndpointConfig", EndpointConfigName="gone")
    return stage
