"""A SageMaker on a fake cloud for each test, and one for each module where tests only read."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.local.sagemaker import SageMaker
from tests.local.sagemaker.checked_api import CheckedApi
from tests.local.sagemaker.fake_cloud import REGION, FakeCloud
from tests.local.sagemaker.scene import Scene

FACTOR = 200.0
"""A virtual minute is 0.3 s."""


_numbers = itertools.count(1)


@contextmanager
def scene_in(folder: Path, s3: Any, **settings: Any) -> Iterator[Scene]:
    bucket = f"artifacts-{next(_numbers)}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    cloud = FakeCloud(folder / "state", FACTOR, s3, bucket)
    made = Scene(cloud, SageMaker(cloud, **settings), folder / "images")
    made.start()
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("s3", region_name=REGION)


@pytest.fixture
def scene(tmp_path: Path, s3: Any) -> Iterator[Scene]:
    with scene_in(tmp_path, s3) as made:
        yield made


@pytest.fixture
def api(scene: Scene) -> CheckedApi:
    return scene.api


@pytest.fixture(scope="module")
def module_scene(tmp_path_factory: pytest.TempPathFactory, s3: Any) -> Iterator[Scene]:
    with scene_in(tmp_path_factory.mktemp("sagemaker"), s3) as made:
        yield made


@pytest.fixture
def hasty_scene(tmp_path: Path, s3: Any) -> Iterator[Scene]:
    """One whose models have a quarter of a second for an answer."""
    with scene_in(tmp_path, s3, time_limit_s=0.25) as made:
        yield made
