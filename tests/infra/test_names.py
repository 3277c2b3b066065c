"""Names are as agreed, and short enough for AWS however long a model's name is."""

from __future__ import annotations

import pytest

from infra.environments import ENVIRONMENTS
from infra.names import ModelNames, Names

LONGEST = "m" * 30


def test_local_endpoint_is_named_as_its_model_and_others_by_environment() -> None:
    endpoints = {name: ModelNames.of(e, "chat").endpoint for name, e in ENVIRONMENTS.items()}
    assert endpoints == {"local": "chat", "dev": "dev-chat", "prod": "prod-chat"}


def test_names_are_the_agreed_ones() -> None:
    names, chat = Names("dev"), ModelNames.of(ENVIRONMENTS["dev"], "chat")
    assert names.stack("rollout") == "steelyard-dev-rollout"
    assert names.bucket("123456789012", "eu-west-1") == "steelyard-dev-123456789012-eu-west-1"
    assert chat.settings_parameter == "/steelyard/dev/models/dev-chat"
    assert chat.bootstrap_parameter == "/steelyard/dev/bootstrap/dev-chat"
    assert chat.alarm_prefix == "steelyard/dev-chat/"
    assert chat.rule("tick") == "steelyard-dev-chat-tick"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_longest_model_name_fits_everywhere(environment: str) -> None:
    names = ModelNames.of(ENVIRONMENTS[environment], LONGEST)
    assert len(names.endpoint) + len("-r9999-canary-config") <= 63  # SageMaker
    assert len(names.rule("approval")) <= 64  # EventBridge
    assert len(names.training_role) <= 64  # IAM
    assert len(names.serving_role) <= 64
    assert len(Names(environment).bucket("1" * 12, "ap-southeast-99")) <= 63  # S3
    assert len(Names(environment).archive("1" * 12, "ap-southeast-99")) <= 63
