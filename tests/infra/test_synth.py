"""The app synthesizes clean templates, or says what is wrong and nothing else."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from infra.errors import SynthesisFailed
from infra.synth import synthesize
from tests.infra.in_process import built

IMAGE = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/steelyard/completion@sha256:{'a' * 64}"
STACKS = ("data", "registry", "serving", "rollout")


def test_templates_pass_cfn_lint(
    assemblies: Mapping[str, Path], models: Path, tmp_path: Path
) -> None:
    shutil.copytree(models / "completion", tmp_path / "chat")
    shutil.copytree(models / "completion", tmp_path / "completion")
    file = tmp_path / "chat" / "model.yaml"
    file.write_text(file.read_text().replace("name: completion", "name: chat"))
    both = {"completion": IMAGE, "chat": IMAGE}
    fuller = built(tmp_path, environment="prod", images=both, notify="a@example.org").synth()
    folders = [*assemblies.values(), Path(fuller.directory)]
    templates = [str(file) for folder in folders for file in folder.glob("*.template.json")]
    assert len(templates) == len(STACKS) * len(folders)
    linter = str(Path(sys.executable).parent / "cfn-lint")
    done = subprocess.run(  # noqa: S603 - our own arguments
        # W3005: CDK states a dependency that a GetAtt states already; harmless.
        [linter, "--ignore-checks", "W3005", "--regions", "eu-west-1", "--", *templates],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout + done.stderr, done.returncode) == ("", 0)


@pytest.mark.parametrize("environment", ["local", "dev", "prod"])
@pytest.mark.parametrize("stack", STACKS)
def test_no_custom_resource_is_synthesized(
    template: Callable[..., dict[str, Any]], stack: str, environment: str
) -> None:
    types = {r["Type"] for r in template(stack, environment)["Resources"].values()}
    custom = {t for t in types if t.startswith(("Custom::", "AWS::CloudFormation::Custom"))}
    assert custom == set()
    assert "AWS::CDK::Metadata" not in types


@pytest.mark.parametrize("environment", ["dev", "prod"])
@pytest.mark.parametrize("stack", STACKS)
def test_templates_for_aws_name_no_account_and_no_region(
    template: Callable[..., dict[str, Any]], stack: str, environment: str
) -> None:
    text = json.dumps(template(stack, environment))
    outside = text.replace(":ecr:eu-west-1:123456789012:", "")  # the image's own registry
    named = re.sub(r"\b[0-9a-f]{64}\b", "", outside)  # a digest may have twelve digits in a row
    assert re.findall(r"(?<![\d.])\d{12}(?!\d)|[a-z]{2}-[a-z]+-\d", named) == []


def test_stacks_are_deployed_in_order(assemblies: Mapping[str, Path]) -> None:
    artifacts = json.loads((assemblies["dev"] / "manifest.json").read_text())["artifacts"]
    for before, after in pairwise(STACKS):
        assert f"steelyard-dev-{before}" in artifacts[f"steelyard-dev-{after}"]["dependencies"]


def test_stacks_share_no_exports(template: Callable[..., dict[str, Any]]) -> None:
    for stack in STACKS:
        outputs = template(stack, "dev").get("Outputs", {})
        assert [name for name, output in outputs.items() if "Export" in output] == []


@pytest.mark.parametrize(
    ("environment", "images", "message"),
    [
        ("lcoal", {}, "context environment: got 'lcoal', accepted: local, dev, prod"),
        ("dev", {}, "environment dev: no image for model completion"),
        ("dev", {"chat": IMAGE, "completion": IMAGE}, "context images: got 'chat', accepted: comp"),
    ],
)
def test_wrong_context_is_told_in_one_line(
    models: Path, tmp_path: Path, environment: str, images: Mapping[str, str], message: str
) -> None:
    with pytest.raises(SynthesisFailed) as failed:
        synthesize(environment, tmp_path / "out", images=images, models=models)
    assert str(failed.value).startswith(message)
    assert len(str(failed.value).splitlines()) == 1


def test_bad_model_file_is_told_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "models" / "chat").mkdir(parents=True)
    file = tmp_path / "models" / "chat" / "model.yaml"
    file.write_text("name: chat\ndescription: x\ntraining: 3\nserved: {}\n")
    with pytest.raises(SynthesisFailed) as failed:
        synthesize("local", tmp_path / "out", images={}, models=tmp_path / "models")
    lines = str(failed.value).splitlines()
    assert [line.removeprefix(str(file)).split(":")[:3] for line in lines] == [
        ["", "1", " alarms"],
        ["", "3", " training"],
        ["", "4", " served"],
    ]
