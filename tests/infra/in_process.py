"""The app built in the tests' own process: for what only constructs know, or many variations.

Importing it starts Node (`conftest` says which); it stops with the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from infra.app import build
from infra.environments import environment_from
from infra.model_file import load_models


def built(models: Path, **context: object) -> cdk.App:
    """The stacks that a context asks for, not yet synthesized."""
    app = cdk.App(analytics_reporting=False, tree_metadata=False)
    build(app, environment_from(context), load_models(models))
    return app


def templates(app: cdk.App) -> dict[str, dict[str, Any]]:
    """Each stack's template, by the last part of its name."""
    return {
        stack.stack_name.rpartition("-")[2]: stack.template
        for stack in app.synth().stacks_recursively
    }


def of_type(template: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """The resources of a type."""
    return [r for r in template["Resources"].values() if r["Type"] == kind]
