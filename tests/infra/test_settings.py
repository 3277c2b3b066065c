"""The reconciler reads back the policy that the file states."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from infra.environments import ENVIRONMENTS
from infra.model_file import Alarms, ModelFile, Serving
from infra.names import ModelNames
from infra.settings import to_settings
from steelyard.codec import decode
from steelyard.rollout.policy import Policy
from steelyard.rollout.scaling import ScalingSettings

POLICY = replace(Policy(), bake=timedelta(minutes=7), steps=(3, 9), step_odds=(4.0, 2.5))
MODEL = ModelFile(
    name="chat",
    description="Talks.",
    rollout=POLICY,
    alarms=Alarms(p99_latency=timedelta(seconds=2)),
)


def test_policy_survives_the_way_through_json() -> None:
    names = ModelNames.of(ENVIRONMENTS["dev"], "chat")
    settings = to_settings(MODEL, names, execution_role_arn="role", topic_arn="topic")
    sent = json.loads(json.dumps(settings))
    assert decode(Policy, sent["rollout"]) == POLICY
    assert sent["rollout"]["bake"] == 420


def test_settings_name_endpoint_group_and_role() -> None:
    names = ModelNames.of(ENVIRONMENTS["prod"], "chat")
    settings = to_settings(MODEL, names, execution_role_arn="role", topic_arn="topic")
    assert set(settings) == {
        "endpoint",
        "package_group",
        "execution_role_arn",
        "rollout",
        "autoscaling",
        "golden",
        "alarms",
    }
    assert settings["endpoint"] == settings["package_group"] == "prod-chat"
    assert settings["execution_role_arn"] == "role"


def test_autoscaling_is_null_or_what_the_file_says() -> None:
    names = ModelNames.of(ENVIRONMENTS["prod"], "chat")
    scaling = ScalingSettings(min_instances=1, max_instances=4, invocations_per_instance=600)
    scaled = MODEL.model_copy(update={"serving": Serving(autoscaling=scaling)})
    plain, told = (
        json.loads(json.dumps(to_settings(model, names, execution_role_arn="r", topic_arn="t")))
        for model in (MODEL, scaled)
    )
    assert plain["autoscaling"] is None
    assert decode(ScalingSettings, told["autoscaling"]) == scaling
