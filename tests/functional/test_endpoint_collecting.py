"""Nothing that serves is deleted, whatever the ledger says; what is gone already is done."""

from __future__ import annotations

import pytest

from steelyard.aws.endpoint import Endpoint
from steelyard.errors import NeedsHuman
from steelyard.rollout.actions import Action, DeleteConfig, DeleteModel, Intent
from tests.functional.sagemaker_refusals import refusal
from tests.functional.world import World


def collecting(action: Action) -> Intent:
    """An intent of one action."""
    return Intent((action,), config=None, weights={})


def deletions(world: World) -> list[str]:
    """What SageMaker was asked to delete."""
    return [call.operation for call in world.calls if call.operation.startswith("Delete")]


@pytest.mark.parametrize(
    "action", [DeleteConfig("completion-bootstrap"), DeleteModel("completion-bootstrap")]
)
def test_what_serves_is_not_deleted(endpoint: Endpoint, world: World, action: Action) -> None:
    with pytest.raises(
        NeedsHuman, match=r"completion-bootstrap .*; accepted: (one that is not|none)"
    ):
        endpoint.act(collecting(action))
    assert deletions(world) == []
    assert "completion-bootstrap" in world.sagemaker.configs
    assert "completion-bootstrap" in world.sagemaker.models


@pytest.mark.parametrize("action", [DeleteConfig("gone-long-ago"), DeleteModel("gone-long-ago")])
def test_what_is_gone_already_is_done(endpoint: Endpoint, world: World, action: Action) -> None:
    endpoint.act(collecting(action))
    assert deletions(world) == []


@pytest.fixture
def retired(world: World) -> World:
    """A world with a config and a model of a rollout that is over; nothing refers to them."""
    world.sagemaker.configs["old"] = {
        **world.sagemaker.configs["completion-bootstrap"],
        "EndpointConfigName": "old",
    }
    world.sagemaker.models["old"] = {
        **world.sagemaker.models["completion-bootstrap"],
        "ModelName": "old",
    }
    return world


def test_what_nothing_refers_to_is_deleted_by_name(endpoint: Endpoint, retired: World) -> None:
    endpoint.act(collecting(DeleteConfig("old")))
    endpoint.act(collecting(DeleteModel("old")))
    assert deletions(retired) == ["DeleteEndpointConfig", "DeleteModel"]
    assert set(retired.sagemaker.configs) == {"completion-bootstrap"}
    assert set(retired.sagemaker.models) == {"completion-bootstrap"}


def test_config_or_model_that_is_left_is_not_gone(endpoint: Endpoint, retired: World) -> None:
    assert endpoint.are_gone(("never-there", "neither"))
    assert not endpoint.are_gone(("never-there", "old"))
    endpoint.act(collecting(DeleteConfig("old")))
    assert not endpoint.are_gone(("old",))
    retired.sagemaker.configs["old"] = retired.sagemaker.configs["completion-bootstrap"]
    endpoint.act(collecting(DeleteModel("old")))
    assert not endpoint.are_gone(("old",))


def test_model_of_the_version_before_is_not_deleted_under_whatever_config(
    endpoint: Endpoint, retired: World
) -> None:
    """Somebody may have gone back to it by a config of their own."""
    by_hand = retired.sagemaker.configs["completion-bootstrap"]
    variant = {**by_hand["ProductionVariants"][0], "ModelName": "old"}
    retired.sagemaker.configs["by-hand"] = {**by_hand, "ProductionVariants": [variant]}
    with pytest.raises(NeedsHuman, match="by-hand refers to model old; accepted: none does"):
        endpoint.act(collecting(DeleteModel("old", kept=("completion-bootstrap", "by-hand"))))
    assert deletions(retired) == []


@pytest.mark.parametrize("operation", ["DescribeEndpointConfig", "DescribeModel"])
def test_what_may_not_be_read_is_not_taken_for_gone(
    endpoint: Endpoint, world: World, operation: str
) -> None:
    def denied() -> None:
        raise refusal("AccessDeniedException", "not authorized to perform this", operation)

    world.before[operation] = [denied]
    with pytest.raises(NeedsHuman, match="look for what was deleted: AccessDeniedException"):
        endpoint.are_gone(("old",))
