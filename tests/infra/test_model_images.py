"""A model runs in its own image, or in one of AWS's that its file names."""

from __future__ import annotations

import re
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from infra.environments import ENVIRONMENTS, Environment
from infra.errors import InvalidContext, InvalidModelFile
from infra.images import Image
from infra.model_file import ModelFile, load_model
from infra.model_images import model_images
from tests.infra.conftest import IMAGE, MODEL
from tests.infra.in_process import built, templates

AWS_IMAGE = """
image:
  framework: {framework}
  version: "{version}"
  python: py312
"""
NEEDS_SDK = pytest.mark.images
DEV = replace(ENVIRONMENTS["dev"], region="eu-west-1")


def model(tmp_path: Path, framework: str = "pytorch", version: str = "2.6.0") -> ModelFile:
    """A model whose file names an image of AWS's."""
    folder = tmp_path / "completion"
    folder.mkdir()
    image = AWS_IMAGE.format(framework=framework, version=version)
    (folder / "model.yaml").write_text(MODEL + image)
    return load_model(folder)


def refused(tmp_path: Path, framework: str, version: str) -> str:
    """Why there is no such image."""
    with pytest.raises(InvalidModelFile) as refusal:
        model_images(DEV, model(tmp_path, framework, version))
    return str(refusal.value)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection fails."""

    def refuse(*_: object) -> None:
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)


def test_own_image_trains_and_serves_and_comes_before_the_file(tmp_path: Path) -> None:
    own = Image.parse("completion", IMAGE)
    found = model_images(replace(DEV, images={"completion": own}), model(tmp_path))
    assert (found.training, found.serving) == (own, own)


def test_model_without_any_image_is_told_both_ways_to_name_one(models: Path) -> None:
    file = load_model(models / "completion")
    with pytest.raises(InvalidContext, match=r"no image for model completion.*--image.*`image`"):
        model_images(DEV, file)


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_image_of_aws_needs_a_region(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidContext, match="no region for the image of model completion"):
        model_images(ENVIRONMENTS[name], model(tmp_path))


def test_image_with_a_word_that_no_tag_may_hold_is_refused_by_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidModelFile, match=r"model\.yaml:\d+: image\.version: got '2\.6 0'"):
        model(tmp_path, version="2.6 0")


def test_missing_sdk_is_told_with_how_to_add_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sagemaker.core.image_uris", None)  # imports of it fail
    with pytest.raises(InvalidModelFile, match="where the sagemaker SDK is installed, by `make"):
        model_images(DEV, model(tmp_path))


@NEEDS_SDK
@pytest.mark.usefixtures("no_network")
def test_image_of_aws_is_found_by_scope_region_and_instance_without_network(
    tmp_path: Path,
) -> None:
    found = model_images(DEV, model(tmp_path))
    registry = r"\d{12}\.dkr\.ecr\.eu-west-1\.amazonaws\.com/pytorch-"
    assert re.fullmatch(registry + r"training:2\.6\.0-gpu-py312", found.training.uri)
    assert re.fullmatch(registry + r"inference:2\.6\.0-gpu-py312", found.serving.uri)


@NEEDS_SDK
@pytest.mark.parametrize(
    ("region", "instance", "expected"),
    [
        ("us-east-1", "ml.g6.xlarge", r"\.us-east-1\..*-gpu-"),
        ("eu-west-1", "ml.m5.large", r"\.eu-west-1\..*-cpu-"),
    ],
)
def test_environment_decides_about_region_and_processor(
    tmp_path: Path, region: str, instance: str, expected: str
) -> None:
    environment: Environment = replace(DEV, region=region, serving_instance_type=instance)
    found = model_images(environment, model(tmp_path))
    assert re.search(expected, found.serving.uri)
    assert found.serving.region == region


@NEEDS_SDK
def test_version_that_aws_has_not_is_refused_with_those_it_has(tmp_path: Path) -> None:
    said = refused(tmp_path, "pytorch", "9.9.9")
    assert said.startswith("models/completion: image: got pytorch 9.9.9 for training, accepted: ")
    assert "2.6" in said or "1.13.1" in said
    assert len(said.splitlines()) == 1


@NEEDS_SDK
def test_framework_that_aws_has_not_is_refused(tmp_path: Path) -> None:
    said = refused(tmp_path, "pytroch", "2.6.0")
    assert "got pytroch 2.6.0 for training, accepted: a framework that the SDK knows" in said


@NEEDS_SDK
@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_roles_may_pull_the_image_of_aws_and_no_other(tmp_path: Path, environment: str) -> None:
    model(tmp_path)
    made = templates(built(tmp_path, environment=environment, region="eu-west-1"))
    for stack, repository in (("registry", "pytorch-training"), ("serving", "pytorch-inference")):
        pulled = re.findall(r":repository/([a-z-]+)", str(made[stack]))
        assert pulled == [repository]
