"""Reads what the CDK synthesized (`cdk.out`): stacks, their order, the files they need.

Used by `deployer`. Written for the default synthesizer.
Source: https://github.com/aws/aws-cdk/blob/main/packages/%40aws-cdk/cloud-assembly-schema
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from steelyard.errors import SteelyardError

_STACK = "aws:cloudformation:stack"
_ASSETS = "cdk:asset-manifest"


class InvalidAssembly(SteelyardError, ValueError):
    """The folder is no cloud assembly, or needs something that is not supported."""


@dataclass(frozen=True)
class Upload:
    """A file or folder that must lie in a bucket before the stack is deployed."""

    source: Path
    zipped: bool
    bucket: str
    key: str


@dataclass(frozen=True)
class SynthesizedStack:
    """One stack; `uploads` has its template too."""

    name: str
    template_bucket: str
    template_key: str
    uploads: tuple[Upload, ...]
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    termination_protection: bool


@dataclass(frozen=True)
class Place:
    """The account and region that fill the manifest's placeholders."""

    account: str
    region: str

    def fill(self, text: str) -> str:
        """Answer the text without placeholders."""
        return (
            text.replace("${AWS::AccountId}", self.account)
            .replace("${AWS::Region}", self.region)
            .replace("${AWS::Partition}", "aws")
        )


def read_stacks(folder: Path, place: Place) -> list[SynthesizedStack]:
    """Answer the stacks of an assembly, each after those that it depends on.

    Raises:
        InvalidAssembly: no manifest, or container images among the assets.
    """
    artifacts = _json(folder / "manifest.json").get("artifacts", {})
    found = {name: artifact for name, artifact in artifacts.items() if artifact["type"] == _STACK}
    if not found:
        raise InvalidAssembly(f"{folder} has no stacks: synthesize the app first")
    return [_stack(folder, name, found[name], artifacts, place) for name in _in_order(found)]


def _in_order(stacks: Mapping[str, Any]) -> Sequence[str]:
    graph = {
        name: [other for other in artifact.get("dependencies", []) if other in stacks]
        for name, artifact in stacks.items()
    }
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise InvalidAssembly(f"stacks depend on each other in a circle: {circle}") from error


def _stack(
    folder: Path, name: str, artifact: Any, artifacts: Mapping[str, Any], place: Place
) -> SynthesizedStack:
    properties = artifact["properties"]
    manifests = [
        artifacts[other]["properties"]["file"]
        for other in artifact.get("dependencies", [])
        if artifacts[other]["type"] == _ASSETS
    ]
    template = place.fill(properties.get("stackTemplateAssetObjectUrl", ""))
    if not template.startswith("s3://"):
        raise InvalidAssembly(f"stack {name} was not made by the default synthesizer")
    bucket, _, key = template.removeprefix("s3://").partition("/")
    return SynthesizedStack(
        name=properties.get("stackName", name),
        template_bucket=bucket,
        template_key=key,
        uploads=tuple(up for file in manifests for up in _uploads(folder, file, place)),
        parameters=properties.get("parameters", {}),
        tags=properties.get("tags", {}),
        termination_protection=properties.get("terminationProtection", False),
    )


def _uploads(folder: Path, file: str, place: Place) -> Iterator[Upload]:
    manifest = _json(folder / file)
    if manifest.get("dockerImages"):
        raise InvalidAssembly(
            f"{folder / file} has container images: push them first and name them by digest"
        )
    for asset in manifest.get("files", {}).values():
        source = asset["source"]
        if "path" not in source:
            raise InvalidAssembly(f"{folder / file} has an asset made by a command: {source}")
        for destination in asset["destinations"].values():
            yield Upload(
                source=folder / source["path"],
                zipped=source.get("packaging", "file") == "zip",
                bucket=place.fill(destination["bucketName"]),
                key=place.fill(destination["objectKey"]),
            )


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except FileNotFoundError as error:
        raise InvalidAssembly(f"there is no {path}: synthesize the app first") from error
    except ValueError as error:
        raise InvalidAssembly(f"{path} is not JSON: {error}") from error
