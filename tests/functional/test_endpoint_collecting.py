"""Nothing that serves is deleted, whatever the ledger says; what is gone already is done."""

from __future__ import annotations

import pytest

from steelyard.aws.endpoint import Endpoint
from steelyard.errors import NeedsHuman
from steelyard.rollout.actions import Action, DeleteConfig, DeleteModel, Intent
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
    with pytest.raises(NeedsHuman, match="completion-bootstrap is in service; accepted: one that"):
        endpoint.act(collecting(action))
    assert deletions(world) == []
    assert "completion-bootstrap" in world.sagemaker.configs
    assert "completion-bootstrap" in world.sagemaker.models


@pytest.mark.parametrize("action", [DeleteConfig("gone-long-ago"), DeleteModel("gone-long-ago")])
def test_what_is_gone_already_is_done(endpoint: Endpoint, world: World, action: Action) -> None:
    endpoint.act(collecting(action))
    assert deletions(world) == []
