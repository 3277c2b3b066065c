"""The synthesized app, once for all tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from infra.node import use_bundled_node
from infra.synth import synthesize

use_bundled_node()  # before any test imports aws_cdk

IMAGE = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/steelyard/completion@sha256:{'a' * 64}"
ENVIRONMENTS = ("local", "dev", "prod")

# Not the repository's own model: its policy is tuned for the demo.
MODEL = """
name: completion
description: Completes code.
serving:
  data_capture_percent: 10
  download_timeout: 10m
  startup_timeout: 5m
rollout:
  steps: [5, 25, 50]
  step_odds: [3, 3, 2]
  alpha: 0.01
alarms:
  p99_latency: 2s
"""


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one model's folder."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "completion").mkdir()
    (folder / "completion" / "model.yaml").write_text(MODEL)
    return folder


@pytest.fixture(scope="session")
def assemblies(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Mapping[str, Path]:
    """Each environment's cloud assembly."""
    out = tmp_path_factory.mktemp("assemblies")

    def synthesized(name: str) -> Path:
        return synthesize(name, out / name, images={"completion": IMAGE}, models=models)

    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(ENVIRONMENTS, pool.map(synthesized, ENVIRONMENTS), strict=True))


@pytest.fixture(scope="session")
def template(assemblies: Mapping[str, Path]) -> Callable[..., dict[str, Any]]:
    """`template(stack, environment)`: one template as it would be deployed."""

    def read(stack: str, environment: str = "local") -> dict[str, Any]:
        file = assemblies[environment] / f"steelyard-{environment}-{stack}.template.json"
        parsed: dict[str, Any] = json.loads(file.read_text())
        return parsed

    return read


@pytest.fixture(scope="session")
def resources(template: Callable[..., dict[str, Any]]) -> Callable[..., list[dict[str, Any]]]:
    """`resources(stack, type, environment)`: with joins and references written as text.

    `{"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}]]}` reads `arn:${AWS::Partition}`.
    """

    def find(stack: str, kind: str, environment: str = "local") -> list[dict[str, Any]]:
        found = template(stack, environment)["Resources"].values()
        return [readable(resource) for resource in found if resource["Type"] == kind]

    return find


@pytest.fixture(scope="session")
def statements(
    resources: Callable[..., list[dict[str, Any]]],
) -> Callable[..., dict[str, dict[str, Any]]]:
    """`statements(stack, role, environment)`: a role's statements by Sid, with lists throughout."""

    def find(stack: str, role: str, environment: str = "local") -> dict[str, dict[str, Any]]:
        (properties,) = (
            r["Properties"]
            for r in resources(stack, "AWS::IAM::Role", environment)
            if r["Properties"]["RoleName"] == role
        )
        documents = [policy["PolicyDocument"] for policy in properties["Policies"]]
        return {
            statement["Sid"]: statement
            | {key: _listed(statement[key]) for key in ("Action", "Resource")}
            for document in documents
            for statement in document["Statement"]
        }

    return find


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def readable(value: Any) -> Any:
    """A template, or a part of it, with joins and references written as text."""
    match value:
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::Sub": str(text)}:
            return text
        case {"Fn::Join": ["", parts]}:
            return "".join(readable(part) for part in parts)
        case dict():
            return {key: readable(item) for key, item in value.items()}
        case list():
            return [readable(item) for item in value]
    return value
