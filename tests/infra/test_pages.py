"""People are called through one topic; who they are comes from context."""

from __future__ import annotations

import json
from pathlib import Path

from infra.synth import synthesize
from tests.infra.conftest import IMAGE
from tests.infra.in_process import built, of_type, templates

IMAGES = {"completion": IMAGE}


def test_addresses_of_the_environment_are_subscribed(models: Path) -> None:
    notify = {"prod": ["oncall@example.org", "ml@example.org"], "dev": ["else@example.org"]}
    made = templates(built(models, environment="prod", images=IMAGES, notify=notify))
    found = of_type(made["rollout"], "AWS::SNS::Subscription")
    assert [(s["Properties"]["Protocol"], s["Properties"]["Endpoint"]) for s in found] == [
        ("email", "oncall@example.org"),
        ("email", "ml@example.org"),
    ]


def test_nobody_is_subscribed_by_default(models: Path) -> None:
    made = templates(built(models, environment="prod", images=IMAGES))
    assert of_type(made["rollout"], "AWS::SNS::Subscription") == []


def test_synth_hands_over_the_region_as_the_cdk_cli_would(models: Path, tmp_path: Path) -> None:
    out = synthesize("dev", tmp_path / "out", images=IMAGES, region="eu-west-1", models=models)
    manifest = json.loads((out / "manifest.json").read_text())
    stack = manifest["artifacts"]["steelyard-dev-data"]
    assert stack["environment"] == "aws://unknown-account/eu-west-1"
