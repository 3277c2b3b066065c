"""Counts every ten seconds: where they add up to the minute, and what is done where they don't."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from steelyard.aws.metrics import Metrics
from steelyard.errors import NeedsHuman
from steelyard.evidence import Arm, Batch, Guardrail
from steelyard.rollout.policy import Policy
from tests.functional.world import MINUTE, START, Clients, World

ARMS = ("v1", "v2-r1")
SECOND = timedelta(seconds=1)
TEN = 10 * SECOND
ERRORS_ALONE = Policy(guardrails=(Guardrail("errors", 1.0),), slow_after=SECOND)
WITH_LATENCY = Policy(guardrails=(Guardrail("latency", 1.0, margin=1.5),), slow_after=SECOND)
BUSY = (20, 11, 12, 13, 14, 15)
QUIET = (2, 1, 0, 3, 0, 4)


@pytest.fixture
def metrics(clients: Clients) -> Metrics:
    """The endpoint's metrics."""
    return Metrics("completion", clients["cloudwatch"])


def read(metrics: Metrics, every: timedelta | None = TEN, **more: Any) -> tuple[Batch, ...]:
    """The minute from START on."""
    asked = {"span": (START, START + MINUTE), "canary_percent": 10, "policy": ERRORS_ALONE, **more}
    batches, unreadable = metrics.batches(ARMS, **asked, every=every)
    assert unreadable == ()
    return batches


def publish(
    world: World, variant: str, at: datetime, count: int, errors: int = 0, **instance: str
) -> None:
    """Requests of a variant, or an instance of it, and how many of them failed."""
    record = world.cloudwatch.record
    record(variant, "Invocations", at, 1.0, count, **instance)
    record(variant, "InvocationModelErrors", at, 1.0, errors, **instance)
    record(variant, "InvocationModelErrors", at, 0.0, count - errors, **instance)


def pieces(world: World, variant: str, counts: Sequence[int], **instance: str) -> None:
    """Requests in each ten seconds of the minute; those of the first one fail by halves."""
    for number, count in enumerate(counts):
        errors = 0 if number else count // 2
        if count:
            publish(world, variant, START + number * TEN, count, errors, **instance)


def requests(batches: Sequence[Batch]) -> list[tuple[int, int]]:
    """Requests of stable and the canary in each batch."""
    return [(batch.stable.requests, batch.canary.requests) for batch in batches]


def test_minute_comes_in_six_pieces_each_at_its_own_time(world: World, metrics: Metrics) -> None:
    pieces(world, "v1", BUSY)
    pieces(world, "v2-r1", QUIET)
    batches = read(metrics)
    assert requests(batches) == list(zip(BUSY, QUIET, strict=True))
    assert [batch.end for batch in batches] == [START + n * TEN for n in range(1, 7)]
    assert [batch.stable.bad["errors"] for batch in batches] == [10, 0, 0, 0, 0, 0]
    assert {batch.canary_percent for batch in batches} == {10}


def test_pieces_are_not_read_where_the_endpoint_does_not_publish_them(
    world: World, metrics: Metrics
) -> None:
    pieces(world, "v1", BUSY)
    pieces(world, "v2-r1", QUIET)
    assert requests(read(metrics, every=None)) == [(sum(BUSY), sum(QUIET))]
    assert "ListMetrics" not in [call.operation for call in world.calls]


def test_half_minutes_are_two_pieces(world: World, metrics: Metrics) -> None:
    for at, count in ((START, 40), (START + 3 * TEN, 50)):
        publish(world, "v1", at, count)
        publish(world, "v2-r1", at, count // 10)
    assert requests(read(metrics, every=3 * TEN)) == [(40, 4), (50, 5)]


def test_latency_bands_come_in_pieces_too(world: World, metrics: Metrics) -> None:
    pieces(world, "v1", BUSY)
    pieces(world, "v2-r1", QUIET)
    for variant, counts in zip(ARMS, (BUSY, QUIET), strict=True):
        for number, count in enumerate(counts):
            if count:
                at = START + number * TEN
                world.cloudwatch.record(variant, "ModelLatency", at, 5000.0 * 10**number, count)
    batches = read(metrics, policy=WITH_LATENCY)
    assert [sum(batch.stable.latency) for batch in batches] == list(BUSY)
    assert [batch.stable.bad["slow"] for batch in batches] == [0, 0, 0, 13, 14, 15]
    assert len({batch.stable.latency.index(max(batch.stable.latency)) for batch in batches}) > 2


@pytest.mark.parametrize("gone", [{2}, {0, 1, 2, 3, 4, 5}], ids=["one", "all"])
def test_minute_whose_pieces_do_not_add_up_is_one_batch_with_all_of_it(
    world: World, metrics: Metrics, gone: set[int]
) -> None:
    pieces(world, "v1", BUSY)
    pieces(world, "v2-r1", QUIET)
    world.cloudwatch.gone = {START + number * TEN for number in gone}
    (batch,) = read(metrics)
    assert (batch.end, batch.stable, batch.canary) == (
        START + MINUTE,
        Arm(sum(BUSY), {"errors": BUSY[0] // 2, "slow": 0}),
        Arm(sum(QUIET), {"errors": QUIET[0] // 2, "slow": 0}),
    )


def test_piece_that_makes_no_sense_leaves_the_minute_whole(world: World, metrics: Metrics) -> None:
    pieces(world, "v1", BUSY)
    world.cloudwatch.record("v1", "InvocationModelErrors", START + MINUTE - SECOND, 1.0, 20)
    (batch,) = read(metrics)  # 20 errors in ten seconds with 15 requests
    assert batch.stable == Arm(sum(BUSY), {"errors": 30, "slow": 0})


def test_each_minute_is_cut_or_not_by_itself(world: World, metrics: Metrics) -> None:
    for minute in (0, 1):
        for number in range(6):
            publish(world, "v1", START + minute * MINUTE + number * TEN, 10 + minute)
    world.cloudwatch.gone = {START + 4 * TEN}
    batches = read(metrics, span=(START, START + 2 * MINUTE))
    assert requests(batches) == [(60, 0), *[(11, 0)] * 6]
    assert sum(batch.stable.requests for batch in batches) == 126


def by_instance(world: World, *known: str) -> None:
    """The variants' counts by the minute alone; those of some instances every ten seconds."""
    for variant, counts in zip(ARMS, (BUSY, QUIET), strict=True):
        publish(world, variant, START, 2 * sum(counts), 2 * (counts[0] // 2))
        for instance in known:
            pieces(world, variant, counts, InstanceId=f"{instance}-{variant}")


def test_variants_counted_by_the_minute_alone_are_the_sums_of_their_instances(
    world: World, metrics: Metrics
) -> None:
    by_instance(world, "i-1", "i-2")
    batches = read(metrics)
    assert requests(batches) == [(2 * s, 2 * c) for s, c in zip(BUSY, QUIET, strict=True)]


def test_instance_that_is_not_known_yet_leaves_the_minute_whole(
    world: World, metrics: Metrics
) -> None:
    by_instance(world, "i-1")
    assert requests(read(metrics)) == [(2 * sum(BUSY), 2 * sum(QUIET))]


def halves(world: World) -> None:
    """Stable's requests of each ten seconds, on two instances."""
    pieces(world, "v1", [2 * count for count in BUSY])
    pieces(world, "v2-r1", QUIET)
    for instance in ("i-1", "i-2"):
        pieces(world, "v1", BUSY, InstanceId=instance)


def test_stables_instances_are_its_parts(world: World, metrics: Metrics) -> None:
    halves(world)
    batches = read(metrics)
    part = Arm(20, {"errors": 10, "slow": 0})
    assert batches[0].stable_parts == (part, part)
    assert [[part.requests for part in batch.stable_parts] for batch in batches] == [
        [count, count] for count in BUSY
    ]


def test_parts_of_a_minute_that_is_not_cut_are_those_of_the_minute(
    world: World, metrics: Metrics
) -> None:
    halves(world)
    (batch,) = read(metrics, every=MINUTE)
    part = Arm(sum(BUSY), {"errors": 10, "slow": 0})
    assert (batch.stable.requests, batch.stable_parts) == (2 * sum(BUSY), (part, part))


def test_parts_do_not_say_what_stable_was_not_measured_on(world: World, metrics: Metrics) -> None:
    halves(world)
    (batch,) = read(metrics, every=MINUTE, policy=WITH_LATENCY)
    assert [part.bad.keys() for part in batch.stable_parts] == [{"errors"}, {"errors"}]


def test_many_instances_are_eight_parts_with_all_that_they_counted(
    world: World, metrics: Metrics
) -> None:
    world.cloudwatch.page_size = 7
    publish(world, "v1", START + TEN, 20 * 30)
    for number in range(20):
        publish(world, "v1", START + TEN, 30, InstanceId=f"i-{number:02}")
    parts = read(metrics)[1].stable_parts
    assert [part.requests for part in parts] == [90, 90, 90, 90, 60, 60, 60, 60]


def test_parts_that_are_more_than_stable_are_none(world: World, metrics: Metrics) -> None:
    halves(world)
    publish(world, "v1", START, 1, InstanceId="i-3")
    assert [len(batch.stable_parts) for batch in read(metrics)] == [0, 3, 3, 3, 3, 3]


def test_idle_instance_keeps_its_place_among_the_parts(world: World, metrics: Metrics) -> None:
    pieces(world, "v1", [2 * count for count in BUSY])
    for instance, counts in (("i-1", BUSY), ("i-2", (4, 0, 0, 0, 0, 0)), ("i-3", BUSY)):
        pieces(world, "v1", counts, InstanceId=instance)
    found = [[part.requests for part in batch.stable_parts] for batch in read(metrics)]
    assert found == [[], *([count, 0, count] for count in BUSY[1:])]


def test_one_instance_is_no_part(world: World, metrics: Metrics) -> None:
    pieces(world, "v1", BUSY)
    pieces(world, "v1", BUSY, InstanceId="i-1")
    assert [batch.stable_parts for batch in read(metrics)] == [()] * 6


def test_metric_of_a_part_of_an_instance_is_no_instance(world: World, metrics: Metrics) -> None:
    halves(world)
    pieces(world, "v1", BUSY, InstanceId="i-1", ContainerId="c-1")
    assert [len(batch.stable_parts) for batch in read(metrics)] == [2] * 6


def test_more_than_500_queries_are_several_calls(world: World, metrics: Metrics) -> None:
    publish(world, "v1", START + TEN, 200 * 3)
    for number in range(200):
        publish(world, "v1", START + TEN, 3, InstanceId=f"i-{number:03}")
    assert sum(part.requests for part in read(metrics)[1].stable_parts) == 600
    asked = [call.params for call in world.calls if call.operation == "GetMetricData"]
    assert [len(params["MetricDataQueries"]) for params in asked] == [500, 112]


def test_counts_that_come_less_than_once_a_minute_need_a_person(metrics: Metrics) -> None:
    with pytest.raises(NeedsHuman, match=r"every 120 s, accepted: 60 s or less"):
        read(metrics, every=2 * MINUTE)
