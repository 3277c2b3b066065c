"""Which versions were approved since the last look."""

from __future__ import annotations

from datetime import timedelta

import pytest

from steelyard.aws.registry import Registry
from steelyard.errors import EndpointBusy
from steelyard.rollout.model import Candidate
from tests.functional.fake_sagemaker import CREATED, arn
from tests.functional.world import MINUTE, START, Clients, World, lost_answer


@pytest.fixture
def registry(clients: Clients) -> Registry:
    """The endpoint's model package group."""
    return Registry("completion", clients["sagemaker"])


def test_all_approved_versions_are_candidates_at_the_first_look(
    registry: Registry, world: World
) -> None:
    world.approve(2)
    package = arn("model-package", "completion/2")
    assert Candidate(2, package, START) in registry.approved_after(None)
    assert [c.version for c in registry.approved_after(None)] == [2, 1]


def test_only_later_approvals_are_candidates_afterwards(registry: Registry, world: World) -> None:
    assert registry.approved_after(CREATED) == ()
    world.approve(2)
    assert [c.version for c in registry.approved_after(CREATED)] == [2]
    assert registry.approved_after(START) == ()


def test_version_registered_long_ago_and_approved_now_is_a_candidate(
    registry: Registry, world: World
) -> None:
    world.sagemaker.register(2, status="PendingManualApproval", at=START - timedelta(days=9))
    assert registry.approved_after(CREATED) == ()
    world.now += MINUTE
    world.approve(2)
    assert [c.approved_at for c in registry.approved_after(START)] == [START + MINUTE]


@pytest.mark.parametrize("status", ["Rejected", "PendingManualApproval"])
def test_version_that_is_not_approved_is_none(
    registry: Registry, world: World, status: str
) -> None:
    world.sagemaker.register(2, status=status, at=START)
    assert registry.approved_after(CREATED) == ()


def test_registry_that_can_not_be_read_is_said(registry: Registry, world: World) -> None:
    world.before["ListModelPackages"] = [lost_answer]
    with pytest.raises(EndpointBusy, match="list packages of completion"):
        registry.approved_after(None)
