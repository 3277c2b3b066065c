"""Autoscaling is made as wanted, and nothing is written that is so already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from steelyard.aws.scaling import VariantScaling
from steelyard.errors import EndpointBusy, InvalidPolicy, NeedsHuman
from steelyard.rollout.scaling import ScalingSettings, Standing
from tests.functional.fake_autoscaling import FakeAutoScaling
from tests.functional.fake_sagemaker import refusal
from tests.functional.world import Clients, World

SETTINGS = ScalingSettings(min_instances=2, max_instances=6, invocations_per_instance=300.0)
ACTIVE: Mapping[str, Standing] = {"v1": "active"}
SUSPENDED: Mapping[str, Standing] = {"v1": "suspended"}
DIMENSION = "sagemaker:variant:DesiredInstanceCount"


@pytest.fixture
def aws(world: World) -> FakeAutoScaling:
    """Application Auto Scaling behind the clients."""
    return world.autoscaling


@pytest.fixture
def scaling(clients: Clients) -> VariantScaling:
    """That of a model whose file asks for autoscaling."""
    return of(clients, SETTINGS)


def of(clients: Clients, settings: ScalingSettings | None) -> VariantScaling:
    return VariantScaling("completion", clients["application-autoscaling"], settings)


def named(variant: str, endpoint: str = "completion") -> dict[str, Any]:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/{variant}",
        "ScalableDimension": DIMENSION,
    }


def by_hand(clients: Clients, variant: str, **changes: Any) -> None:
    """A target that somebody else registered."""
    call = {"MinCapacity": 1, "MaxCapacity": 9, **named(variant), **changes}
    clients["application-autoscaling"].register_scalable_target(**call)


def registered(aws: FakeAutoScaling) -> dict[str, tuple[int, int, bool]]:
    """(minimum, maximum, whether all scaling is suspended) by resource id's last part."""
    return {
        resource.rsplit("/", 1)[-1]: (
            target["MinCapacity"],
            target["MaxCapacity"],
            all(target["SuspendedState"].values()),
        )
        for resource, target in aws.targets.items()
    }


def writes(world: World) -> list[str]:
    """Operations so far that changed something in Application Auto Scaling."""
    return [
        c.operation
        for c in world.calls
        if c.service == "application-autoscaling" and not c.operation.startswith("Describe")
    ]


def test_active_variant_is_registered_with_its_policy(
    scaling: VariantScaling, aws: FakeAutoScaling
) -> None:
    scaling.sync(ACTIVE)
    assert registered(aws) == {"v1": (2, 6, False)}
    ((_, name), policy) = next(iter(aws.policies.items()))
    assert (name, policy["PolicyType"]) == ("steelyard", "TargetTrackingScaling")
    assert policy["TargetTrackingScalingPolicyConfiguration"] == {
        "TargetValue": 300.0,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
        },
    }


@pytest.mark.parametrize("wanted", [ACTIVE, SUSPENDED])
def test_what_is_so_already_is_not_written_again(
    scaling: VariantScaling, world: World, wanted: Mapping[str, Standing]
) -> None:
    scaling.sync(ACTIVE)
    scaling.sync(wanted)
    before = writes(world)
    scaling.sync(wanted)
    assert writes(world) == before


def test_suspending_and_resuming_writes_the_state_alone(
    scaling: VariantScaling, aws: FakeAutoScaling, world: World
) -> None:
    scaling.sync(ACTIVE)
    world.calls.clear()
    scaling.sync(SUSPENDED)
    assert registered(aws) == {"v1": (2, 6, True)}
    scaling.sync(ACTIVE)
    assert registered(aws) == {"v1": (2, 6, False)}
    assert writes(world) == ["RegisterScalableTarget"] * 2
    for call in world.calls:
        assert "MinCapacity" not in call.params  # bounds in a call may change the count at once


def test_new_bounds_wait_until_the_rollout_is_over(
    clients: Clients, scaling: VariantScaling, aws: FakeAutoScaling
) -> None:
    scaling.sync(ACTIVE)
    later = of(clients, ScalingSettings(4, 8, 100.0))
    later.sync(SUSPENDED)
    assert registered(aws) == {"v1": (2, 6, True)}
    later.sync(ACTIVE)
    assert registered(aws) == {"v1": (4, 8, False)}
    [policy] = aws.policies.values()
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 100.0


def test_suspended_variant_that_is_no_target_is_left_so(
    scaling: VariantScaling, aws: FakeAutoScaling
) -> None:
    scaling.sync(SUSPENDED)
    assert aws.targets == {}


def test_promoted_variant_takes_the_place_of_the_old_one(
    scaling: VariantScaling, aws: FakeAutoScaling
) -> None:
    scaling.sync(ACTIVE)
    scaling.sync({"r7": "active"})
    assert registered(aws) == {"r7": (2, 6, False)}
    assert [resource for resource, _ in aws.policies] == ["endpoint/completion/variant/r7"]


def test_every_other_variant_of_the_endpoint_is_deregistered_and_nothing_else(
    scaling: VariantScaling, aws: FakeAutoScaling, clients: Clients
) -> None:
    concurrency = "sagemaker:variant:DesiredProvisionedConcurrency"
    by_hand(clients, "v1")
    by_hand(clients, "old")
    by_hand(clients, "stays-1", ResourceId="endpoint/completion-2/variant/stays-1")
    by_hand(clients, "stays-2", ScalableDimension=concurrency)
    scaling.sync(ACTIVE)
    assert registered(aws) == {
        "v1": (2, 6, False),
        "stays-1": (1, 9, False),
        "stays-2": (1, 9, False),
    }


def test_model_that_asks_no_more_is_rid_of_our_targets_and_keeps_others(
    scaling: VariantScaling, aws: FakeAutoScaling, clients: Clients
) -> None:
    scaling.sync(ACTIVE)
    by_hand(clients, "by-hand")
    of(clients, None).sync(ACTIVE)
    assert registered(aws) == {"by-hand": (1, 9, False)}


def test_model_that_never_asked_costs_one_reading_call(clients: Clients, world: World) -> None:
    of(clients, None).sync(ACTIVE)
    assert [call.operation for call in world.calls] == ["DescribeScalableTargets"]


def test_targets_on_later_pages_are_found(
    scaling: VariantScaling, aws: FakeAutoScaling, clients: Clients, world: World
) -> None:
    aws.page = 2
    for number in range(5):
        by_hand(clients, f"v{number}", ResourceId=f"endpoint/other/variant/v{number}")
    scaling.sync(ACTIVE)
    world.calls.clear()
    scaling.sync(ACTIVE)
    assert writes(world) == []
    scaling.sync({})
    assert "v1" not in [r.rsplit("/", 1)[-1] for r in aws.targets if "completion" in r]


def test_target_that_is_gone_meanwhile_is_no_error(
    scaling: VariantScaling, aws: FakeAutoScaling, world: World
) -> None:
    scaling.sync(ACTIVE)
    world.before["DeregisterScalableTarget"] = [aws.targets.clear]
    scaling.sync({})
    assert aws.targets == {}


def test_lost_policy_is_put_again(scaling: VariantScaling, aws: FakeAutoScaling) -> None:
    scaling.sync(ACTIVE)
    aws.policies.clear()
    scaling.sync(ACTIVE)
    assert len(aws.policies) == 1


def test_crash_between_registration_and_policy_is_mended_by_the_next_sync(
    scaling: VariantScaling, aws: FakeAutoScaling, world: World
) -> None:
    def throttled() -> None:
        raise refusal("ConcurrentUpdateException", "a pending update", "PutScalingPolicy")

    world.before["PutScalingPolicy"] = [throttled]
    with pytest.raises(EndpointBusy, match="scaling policy of v1: ConcurrentUpdateException"):
        scaling.sync(ACTIVE)
    scaling.sync(ACTIVE)
    assert len(aws.policies) == 1


def test_suspension_comes_before_anything_that_may_fail(
    scaling: VariantScaling, aws: FakeAutoScaling, clients: Clients, world: World
) -> None:
    def denied() -> None:
        raise refusal("AccessDeniedException", "not authorized", "DeregisterScalableTarget")

    scaling.sync(ACTIVE)
    by_hand(clients, "old")
    world.before["DeregisterScalableTarget"] = [denied]
    with pytest.raises(NeedsHuman, match="deregister old from autoscaling: AccessDenied"):
        scaling.sync(SUSPENDED)
    assert registered(aws)["v1"] == (2, 6, True)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ((0, 1, 1.0), "min_instances: got 0, accepted: 1 or more"),
        ((3, 2, 1.0), "max_instances: got 2, accepted: at least min_instances, 3"),
        ((1, 2, 0.0), "invocations_per_instance: got 0.0, accepted: a finite number above 0"),
        ((1, 2, float("inf")), "invocations_per_instance: got inf"),
        ((1, 2, float("nan")), "invocations_per_instance: got nan"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    settings: tuple[int, int, float], problem: str
) -> None:
    with pytest.raises(InvalidPolicy) as refused:
        ScalingSettings(*settings)
    assert str(refused.value).startswith(problem)
