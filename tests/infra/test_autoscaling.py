"""Autoscaling that doesn't fit an environment is refused before anything is deployed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from infra.autoscaling import check_autoscaling
from infra.environments import ENVIRONMENTS
from infra.errors import InvalidModelFile
from infra.model_file import Alarms, ModelFile, Serving
from steelyard.rollout.scaling import ScalingSettings

ENVIRONMENT = replace(ENVIRONMENTS["prod"], stable_instances=2)


def model(bounds: tuple[int, int] | None, instance_type: str | None = None) -> ModelFile:
    """A model whose instances scale within bounds, if any."""
    scaling = bounds and ScalingSettings(*bounds, invocations_per_instance=600)
    return ModelFile(
        name="chat",
        description="Talks.",
        serving=Serving(instance_type=instance_type, autoscaling=scaling),
        alarms=Alarms(p99_latency=timedelta(seconds=2)),
    )


@pytest.mark.parametrize("bounds", [None, (1, 2), (2, 2), (2, 9)])
def test_bounds_around_the_environments_instances_are_accepted(
    bounds: tuple[int, int] | None,
) -> None:
    check_autoscaling(model(bounds), ENVIRONMENT)


@pytest.mark.parametrize("bounds", [(3, 9), (1, 1)])
def test_bounds_beside_the_environments_instances_are_refused(bounds: tuple[int, int]) -> None:
    with pytest.raises(InvalidModelFile) as refused:
        check_autoscaling(model(bounds), ENVIRONMENT)
    assert str(refused.value) == (
        f"chat: serving.autoscaling in environment prod: got bounds of {bounds[0]} to {bounds[1]} "
        "instances, but stable starts with 2; accepted: min_instances of at most 2 and "
        "max_instances of at least 2 (stable_instances of the environment)"
    )


def test_burstable_instances_are_refused_only_where_they_are_to_scale() -> None:
    check_autoscaling(model(None, "ml.t3.medium"), ENVIRONMENT)
    with pytest.raises(InvalidModelFile, match=r"ml\.t3\.medium.*isn't burstable"):
        check_autoscaling(model((1, 4), "ml.t3.medium"), ENVIRONMENT)
