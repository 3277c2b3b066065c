"""Autoscaling of stable stands still while a rollout is under way, and always comes back."""

from collections.abc import Mapping

import pytest

from tests.local.scenes.stage import Stage


def test_autoscaling_is_suspended_while_a_rollout_is_under_way(
    stage: Stage, rollouts: Mapping[str, str]
) -> None:
    assert rollouts["waiting"] == "waiting-r1"
    stage.until_taking_traffic("waiting")
    stage.cloud.until(lambda: stage.scaling("waiting") == {"bootstrap": "suspended"}, 20)


@pytest.mark.parametrize(
    ("endpoint", "phase", "stable"),
    [
        ("kept", "PROMOTED", "v2-r1"),
        ("by-evidence", "ROLLED_BACK", "bootstrap"),
        ("mute", "ROLLED_BACK", "bootstrap"),  # its update failed
    ],
)
def test_autoscaling_is_restored_after_the_end_on_stable_alone(
    stage: Stage, rollouts: Mapping[str, str], endpoint: str, phase: str, stable: str
) -> None:
    assert rollouts[endpoint] == f"{endpoint}-r1"
    with stage.traffic(endpoint, 20.0):
        stage.until(endpoint, phase)
    stage.cloud.until(lambda: stage.scaling(endpoint) == {stable: "active"}, 30)
    policies = stage.cloud.client("application-autoscaling").describe_scaling_policies(
        ServiceNamespace="sagemaker", ResourceId=f"endpoint/{endpoint}/variant/{stable}"
    )["ScalingPolicies"]
    tracking = [p["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] for p in policies]
    assert tracking == [1_000_000]
