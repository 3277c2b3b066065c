"""The committed list of what differs between the environments is still true."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.infra.conftest import ENVIRONMENTS, readable
from tests.infra.differences import told

SNAPSHOT = Path(__file__).with_name("snapshots") / "environments.txt"
STACKS = ("data", "registry", "serving", "rollout")


def test_environments_differ_as_the_snapshot_says(
    template: Callable[..., dict[str, Any]],
    assemblies: Mapping[str, Path],
    pytestconfig: pytest.Config,
) -> None:
    def whole(environment: str, stack: str) -> dict[str, Any]:
        """The template, and what CDK keeps about the stack beside it."""
        manifest = json.loads((assemblies[environment] / "manifest.json").read_text())
        kept = manifest["artifacts"][f"steelyard-{environment}-{stack}"]["properties"]
        protected = {"TerminationProtection": kept.get("terminationProtection", False)}
        resources = readable(template(stack, environment)["Resources"])
        return {"Resources": resources | {"Stack": {"Type": "Stack", "Properties": protected}}}

    found = told(
        {
            environment: {stack: whole(environment, stack) for stack in STACKS}
            for environment in ENVIRONMENTS
        }
    )
    if pytestconfig.getoption("--renew-snapshot"):
        SNAPSHOT.write_text(found)
    assert found == SNAPSHOT.read_text(), "`make snapshot` writes it again; then look at the diff"


def test_names_are_written_the_same_and_knobs_are_not() -> None:
    def of(name: str, count: int) -> dict[str, Any]:
        queue = {"QueueName": f"steelyard-{name}-events", "Count": count}
        resource = {"Type": "AWS::SQS::Queue", "Properties": queue}
        return {"rollout": {"Resources": {"Queue1A2B3C4D": resource}}}

    assert "QueueName" not in told({"dev": of("dev", 1), "prod": of("prod", 1)})
    different = told({"dev": of("dev", 1), "prod": of("prod", 2)})
    assert "rollout: SQS Queue Queue.Count\n    dev   1\n    prod  2\n" in different
