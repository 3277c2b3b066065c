"""How careful a rollout would be by a file: a model.yaml, or its `rollout:` part. For `cli` alone.

What is accepted, and how a mistake is told, is what the deployment itself goes by.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from infra.errors import InvalidModelFile
from infra.model_file import ModelFile
from infra.model_problems import validate
from infra.yaml_source import Source, read_yaml
from steelyard.rollout.policy import Policy


class _PartAlone(BaseModel):
    """A model's file of which nothing but this is left."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    rollout: Policy


def read_policy(path: Path) -> Policy:
    """The policy in a whole model.yaml, in its part `rollout:`, or in what stands below that key.

    Raises:
        InvalidModelFile: all that is wrong with it, a line each.
    """
    source = read_yaml(path)
    policy, problems = _policy(source)
    if policy is None:
        raise InvalidModelFile("\n".join(problems))
    return policy


def _policy(source: Source) -> tuple[Policy | None, list[str]]:
    keys = set(source.data) if isinstance(source.data, Mapping) else set()
    if not keys & {"name", "rollout"}:
        return validate(Policy, source)
    kind: type[ModelFile | _PartAlone] = ModelFile if "name" in keys else _PartAlone
    whole, problems = validate(kind, source)
    return None if whole is None else whole.rollout, problems
