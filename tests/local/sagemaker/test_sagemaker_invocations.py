"""The metrics of invocations: names, units, 0/1 errors, microseconds, whole minutes."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.sagemaker.replies import Reply
from tests.local.sagemaker.conftest import scene_in
from tests.local.sagemaker.fake_cloud import Metric
from tests.local.sagemaker.scene import SERVE, Scene, until, variant_of

HANGS = SERVE.replace('time.sleep(asked.get("sleep", 0))', "time.sleep(3600)")


def of(metrics: list[Metric], name: str, variant: str = "stable") -> list[Metric]:
    return [one for one in metrics if (one.name, one.dimensions["VariantName"]) == (name, variant)]


def values(metrics: list[Metric], name: str, variant: str = "stable") -> list[float]:
    return [value for one in of(metrics, name, variant) for value in one.values]


def test_each_request_counts_once_per_metric_under_its_variant(scene: Scene) -> None:
    scene.serving(stable=1, canary=0)
    for asked in ({}, {"status": 500}, {"status": 404}):
        scene.invoke(asked)
    scene.invoke(target_variant="canary")
    scene.invoke(target_variant="nobody")
    scene.stop_service()
    metrics = scene.cloud.metrics
    assert {one.namespace for one in metrics} == {"AWS/SageMaker"}
    assert {tuple(sorted(one.dimensions)) for one in metrics} == {("EndpointName", "VariantName")}
    assert values(metrics, "Invocations") == [1, 1, 1]
    assert values(metrics, "InvocationModelErrors") == [0, 1, 1]
    assert values(metrics, "Invocation5XXErrors") == [0, 1, 0]
    assert values(metrics, "Invocation4XXErrors") == [0, 0, 1]
    assert values(metrics, "Invocations", "canary") == [1]
    assert len(values(metrics, "ModelLatency")) == 3
    assert len(values(metrics, "OverheadLatency")) == 3
    assert {one.dimensions["EndpointName"] for one in metrics} == {"completion"}


def test_latencies_are_real_microseconds(scene: Scene) -> None:
    scene.serving(stable=1)
    began = time.perf_counter()
    scene.invoke({"sleep": 0.1})
    took_us = (time.perf_counter() - began) * 1e6
    scene.stop_service()
    [latency] = of(scene.cloud.metrics, "ModelLatency")
    [overhead] = of(scene.cloud.metrics, "OverheadLatency")
    assert latency.unit == overhead.unit == "Microseconds"
    assert 100_000 <= latency.values[0] <= took_us
    assert 0 <= overhead.values[0] <= took_us - latency.values[0]


def test_minute_goes_out_whole_and_soon_after_its_end_stamped_with_its_start(scene: Scene) -> None:
    scene.serving(stable=1)
    asked_at = []
    for _ in range(60):
        scene.invoke()
        asked_at.append(scene.cloud.clock.time() // 60 * 60)
        time.sleep(0.01)
    last = max(asked_at)
    until(scene.cloud.clock.time, lambda now: now > last + 60 + 30)
    counted = of(scene.cloud.metrics, "Invocations")
    stamps = [one.at.timestamp() for one in counted if one.at is not None]
    assert len(stamps) == len(counted) == len(set(stamps))
    assert all(stamp % 60 == 0 for stamp in stamps)
    assert sum(len(one.values) for one in counted) == 60
    assert len(stamps) >= 2
    for errors in of(scene.cloud.metrics, "InvocationModelErrors"):
        same = [one for one in counted if one.at == errors.at]
        assert [len(one.values) for one in same] == [len(errors.values)]


def served_in_pieces(scene: Scene, every_s: int) -> None:
    """Two instances that are counted so often, and each by itself."""
    scene.model("stable")
    scene.config(
        "c1",
        variant_of("stable", InitialInstanceCount=2),
        MetricsConfig={
            "EnableEnhancedMetrics": True,
            "MetricPublishFrequencyInSeconds": every_s,
        },
    )
    scene.endpoint("completion", "c1")


@pytest.mark.parametrize("every_s", [10, 30])
def test_pieces_of_a_minute_go_out_stamped_with_their_start_and_finely(
    scene: Scene, every_s: int
) -> None:
    served_in_pieces(scene, every_s)
    for _ in range(60):
        scene.invoke()
        time.sleep(0.005)
    scene.stop_service()
    counted = [one for one in of(scene.cloud.metrics, "Invocations") if len(one.dimensions) == 2]
    stamps = [one.at.timestamp() for one in counted if one.at is not None]
    assert len(stamps) == len(counted) == len(set(stamps)) > 1
    assert all(stamp % every_s == 0 for stamp in stamps)
    assert any(stamp % 60 for stamp in stamps)
    assert sum(len(one.values) for one in counted) == 60
    assert {one.fine for one in scene.cloud.metrics} == {True}


def test_each_instance_is_counted_too_and_together_they_are_the_variant(scene: Scene) -> None:
    served_in_pieces(scene, 60)
    for number in range(30):
        scene.invoke({"status": 500 if number % 3 == 0 else 200})
    scene.stop_service()
    for metric in ("Invocations", "InvocationModelErrors", "ModelLatency"):
        by_instance: dict[str, list[float]] = {}
        for one in of(scene.cloud.metrics, metric):
            instance = one.dimensions.get("InstanceId", "")
            by_instance.setdefault(instance, []).extend(one.values)
        whole = by_instance.pop("")
        assert len(by_instance) == 2
        assert all(instance.startswith("i-") for instance in by_instance)
        assert sorted(value for values in by_instance.values() for value in values) == sorted(whole)
    assert {one.fine for one in scene.cloud.metrics} == {False}


@pytest.fixture
def limited(tmp_path: Path, s3: Any) -> Iterator[Scene]:
    """A scene whose models have two seconds: a healthy one makes that on any machine."""
    with scene_in(tmp_path, s3, time_limit_s=2) as made:
        yield made


def test_variant_that_hangs_under_load_fails_its_own_requests_alone(limited: Scene) -> None:
    limited.model("stable")
    limited.model("canary", serve=HANGS)
    limited.config("c1", variant_of("stable"), variant_of("canary"))
    limited.endpoint("completion", "c1")

    async def client(variant: str, requests: int) -> list[Reply]:
        return [await limited.invoking({}, target_variant=variant) for _ in range(requests)]

    async def load() -> list[list[Reply]]:
        clients = [client("canary", 1) for _ in range(8)] + [client("stable", 10) for _ in range(4)]
        return await asyncio.gather(*clients)

    # Far less than the hour that the server would take.
    by_client = asyncio.run_coroutine_threadsafe(load(), limited.loop).result(20)
    for (reply,) in by_client[:8]:
        assert (reply.status, reply.headers["x-amzn-ErrorType"]) == (424, "ModelError")
        assert b"timed out while waiting for a response from container primary" in reply.body
    assert [reply.status for replies in by_client[8:] for reply in replies] == [200] * 40
    limited.stop_service()
    metrics = limited.cloud.metrics
    assert len(values(metrics, "Invocations")) == 40
    assert len(values(metrics, "Invocations", "canary")) == 8
    for name in ("InvocationModelErrors", "Invocation5XXErrors"):
        assert sum(values(metrics, name)) == 0
        assert sum(values(metrics, name, "canary")) == 8
