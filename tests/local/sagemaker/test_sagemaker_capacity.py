"""Instance counts that UpdateEndpointWeightsAndCapacities changes, and what scaling forbids."""

import asyncio
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local.sagemaker.conftest import scene_in
from tests.local.sagemaker.refusal import refused
from tests.local.sagemaker.scene import Scene, answer, until, variant_of


class FakeScaling:
    """Knows `stable` as a scalable target, until the endpoint is deleted."""

    def __init__(self) -> None:
        self.registered = ["stable"]

    def variants(self, endpoint: str) -> Collection[str]:
        assert endpoint == "completion"
        return self.registered

    def forget(self, endpoint: str) -> None:
        assert endpoint == "completion"
        self.registered = []


@pytest.fixture
def scaling() -> FakeScaling:
    return FakeScaling()


@pytest.fixture
def scaled_scene(tmp_path: Path, s3: Any, scaling: FakeScaling) -> Iterator[Scene]:
    with scene_in(tmp_path, s3, scaling=scaling) as made:
        yield made


def resize(scene: Scene, count: int, variant: str = "stable", **more: float) -> None:
    scene.api(
        "UpdateEndpointWeightsAndCapacities",
        EndpointName="completion",
        DesiredWeightsAndCapacities=[
            {"VariantName": variant, "DesiredInstanceCount": count, **more}
        ],
    )


def counts(described: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {
        one["VariantName"]: (one["DesiredInstanceCount"], one["CurrentInstanceCount"])
        for one in described["ProductionVariants"]
    }


def pids(scene: Scene, variant: str = "stable") -> set[int]:
    return {answer(scene.invoke(target_variant=variant))["pid"] for _ in range(20)}


def test_more_instances_come_up_and_take_requests_beside_the_old_ones(scene: Scene) -> None:
    scene.serving(stable=1, canary=1)
    old = pids(scene)
    began = scene.cloud.clock.monotonic()
    resize(scene, 3)
    updating = scene.describe()
    assert updating["EndpointStatus"] == "Updating"
    assert counts(updating) == {"stable": (3, 1), "canary": (1, 1)}
    assert pids(scene) == old
    described = scene.settled()
    assert scene.cloud.clock.monotonic() - began >= 60
    assert counts(described) == {"stable": (3, 3), "canary": (1, 1)}
    assert described["EndpointConfigName"] == "completion-1"
    until(lambda: pids(scene), lambda seen: len(seen) == 3 and old < seen)
    assert len(pids(scene, "canary")) == 1


def test_fewer_instances_finish_what_they_have_in_hand(scene: Scene) -> None:
    scene.model("m")
    scene.config("c1", variant_of("stable", model="m", InitialInstanceCount=3))
    scene.endpoint("completion", "c1")
    slow = [
        asyncio.run_coroutine_threadsafe(scene.invoking({"sleep": 1.0}), scene.loop)
        for _ in range(9)
    ]
    resize(scene, 1)
    described = scene.settled()
    assert counts(described) == {"stable": (1, 1)}
    assert len(pids(scene)) == 1
    assert {reply.result(10).status for reply in slow} == {200}
    until(lambda: len(scene.service._children._running), lambda running: running == 1)


def test_growth_that_fails_leaves_weights_and_counts_as_they_were(scene: Scene) -> None:
    scene.serving(stable=1, canary=0)
    image = next((scene.cloud.state_dir / "images").glob("*/serve.py"))
    image.write_text("raise SystemExit('out of memory')\n")
    resize(scene, 2, "canary", DesiredWeight=5.0)
    described = scene.settled()
    assert described["EndpointStatus"] == "InService"
    assert "canary did not pass the ping health check" in described["FailureReason"]
    assert counts(described) == {"stable": (1, 1), "canary": (1, 1)}
    assert [one["DesiredWeight"] for one in described["ProductionVariants"]] == [1, 0]
    assert scene.invoke().status == 200


def test_dead_instance_goes_first_and_is_not_restarted(scene: Scene) -> None:
    scene.model("m")
    scene.config("c1", variant_of("stable", model="m", InitialInstanceCount=2))
    scene.endpoint("completion", "c1")
    before = pids(scene)
    dead = scene.invoke({"die": True})
    assert dead.status == 424
    [alive] = pids(scene)
    assert alive in before
    resize(scene, 1)
    scene.settled()
    scene.cloud.clock.sleep(60)
    assert pids(scene) == {alive}


def test_each_request_counts_as_a_share_of_the_instances(scene: Scene) -> None:
    scene.serving(stable=1)
    scene.invoke()
    resize(scene, 2)
    scene.settled()
    scene.invoke()
    scene.stop_service()
    per_instance = [one for one in scene.cloud.metrics if one.name == "InvocationsPerInstance"]
    assert sorted(value for one in per_instance for value in one.values) == [0.5, 1.0]


def test_update_without_a_registered_variant_is_refused_until_it_is_deregistered(
    scaled_scene: Scene, scaling: FakeScaling
) -> None:
    scene = scaled_scene
    scene.serving(stable=1, canary=1)
    scene.config("c2", variant_of("canary"))
    with refused("ValidationException", "'stable'", "scalable target", "'c2' removes it"):
        scene.update("c2")
    assert scene.describe()["EndpointStatus"] == "InService"
    scaling.registered = []
    scene.update("c2")
    assert scene.settled()["EndpointConfigName"] == "c2"


def test_update_that_changes_a_registered_variants_instance_type_is_refused(
    scaled_scene: Scene,
) -> None:
    scene = scaled_scene
    scene.serving(stable=1, canary=1)
    scene.config("c2", variant_of("stable", InstanceType="ml.g6.xlarge"), variant_of("canary"))
    with refused("ValidationException", "from ml.g5.xlarge to ml.g6.xlarge"):
        scene.update("c2")
    scene.config("c3", variant_of("stable", model="canary"))
    scene.update("c3")
    assert scene.settled()["EndpointConfigName"] == "c3"


def test_deleted_endpoint_is_scaled_no_more(scaled_scene: Scene, scaling: FakeScaling) -> None:
    scaled_scene.serving(stable=1)
    scaled_scene.api("DeleteEndpoint", EndpointName="completion")
    assert scaling.registered == []
