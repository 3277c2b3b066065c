"""Counts by the minute: what is missing is zero, unreadable or asked for again, never guessed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from steelyard.aws.metrics import Metrics, whole_minute
from steelyard.errors import EndpointBusy
from steelyard.evidence import BANDS, Arm, Batch, Guardrail, latency_bounds
from steelyard.rollout.policy import Policy
from tests.functional.world import MINUTE, START, Clients, World, lost_answer

ARMS = ("v1", "v2-r1")
SECOND = timedelta(seconds=1)
ERRORS_ALONE = Policy(guardrails=(Guardrail("errors", 1.0),), slow_after=SECOND)
WITH_LATENCY = Policy(guardrails=(Guardrail("latency", 1.0, margin=1.5),), slow_after=SECOND)
BOUNDS = latency_bounds(SECOND)


@pytest.fixture
def metrics(clients: Clients) -> Metrics:
    """The endpoint's metrics."""
    return Metrics("completion", clients["cloudwatch"])


def read(metrics: Metrics, minutes: int) -> tuple[tuple[Batch, ...], tuple[str, ...]]:
    """Some minutes from START on."""
    return metrics.batches(ARMS, (START, START + minutes * MINUTE), 10, ERRORS_ALONE)


def requests(world: World, variant: str, count: int, *, errors: int = 0, minute: int = 0) -> None:
    """Requests in one minute, and how many of them failed."""
    at = START + minute * MINUTE
    world.cloudwatch.record(variant, "Invocations", at, 1.0, count)
    world.cloudwatch.record(variant, "InvocationModelErrors", at, 1.0, errors)
    world.cloudwatch.record(variant, "InvocationModelErrors", at, 0.0, count - errors)


def arm(count: int, errors: int = 0, slow: int = 0) -> Arm:
    """Counts of one variant."""
    return Arm(count, {"errors": errors, "slow": slow})


def test_each_minute_is_a_batch_with_both_variants(world: World, metrics: Metrics) -> None:
    requests(world, "v1", 90, errors=1)
    requests(world, "v2-r1", 10, errors=3)
    requests(world, "v1", 91, minute=1)
    batches, unreadable = read(metrics, 2)
    assert unreadable == ()
    assert batches == (
        Batch(START + MINUTE, 10, arm(90, 1), arm(10, 3)),
        Batch(START + 2 * MINUTE, 10, arm(91), arm(0)),
    )


def test_minute_without_data_is_a_minute_without_requests(metrics: Metrics) -> None:
    batches, unreadable = read(metrics, 1)
    assert (batches, unreadable) == ((Batch(START + MINUTE, 10, arm(0), arm(0)),), ())


def test_requests_of_a_variant_by_minute_with_zero_where_nothing_was_counted(
    world: World, metrics: Metrics
) -> None:
    requests(world, "v1", 90)
    requests(world, "v1", 70, minute=2)
    requests(world, "v1", 11, minute=3)  # not asked for
    requests(world, "v2-r1", 8, minute=1)
    assert metrics.requests("v1", (START, START + 3 * MINUTE)) == (90, 0, 70)


def test_requests_that_can_not_be_read_are_not_taken_for_none(
    world: World, metrics: Metrics
) -> None:
    world.before["GetMetricData"] = [lost_answer]
    with pytest.raises(EndpointBusy, match="read requests of v1 of completion"):
        metrics.requests("v1", (START, START + MINUTE))


@pytest.mark.parametrize(("latency", "slow"), [(999_999.0, 0), (1_000_000.0, 0), (1_000_001.0, 10)])
def test_request_is_slow_above_the_bound_and_not_at_it(
    world: World, metrics: Metrics, latency: float, slow: int
) -> None:
    requests(world, "v2-r1", 10)
    world.cloudwatch.record("v2-r1", "ModelLatency", START, latency, 10)
    assert [batch.canary for batch in read(metrics, 1)[0]] == [arm(10, slow=slow)]


def bands(**requests_in: int) -> tuple[int, ...]:
    """Requests by band; `b3=7` are 7 in the band of number 3."""
    return tuple(requests_in.get(f"b{number}", 0) for number in range(BANDS))


def latencies(world: World, variant: str, *values_us: float) -> None:
    """One good request for each latency."""
    requests(world, variant, len(values_us))
    for value in values_us:
        world.cloudwatch.record(variant, "ModelLatency", START, value, 1)


def test_bands_hold_their_upper_bound_and_all_latencies(world: World, metrics: Metrics) -> None:
    latencies(world, "v1", 0.5, BOUNDS[0], BOUNDS[0] + 1, BOUNDS[-1], BOUNDS[-1] + 1, 1e9)
    (batch,), unreadable = metrics.batches(ARMS, (START, START + MINUTE), 10, WITH_LATENCY)
    assert batch.stable.latency == bands(b0=2, b1=1, **{f"b{BANDS - 2}": 1, f"b{BANDS - 1}": 2})
    assert unreadable == ()


def test_canarys_bands_are_wider_by_the_margin(world: World, metrics: Metrics) -> None:
    just_tolerated = 1.5 * BOUNDS[10]
    latencies(world, "v1", BOUNDS[10], just_tolerated)
    latencies(world, "v2-r1", just_tolerated, just_tolerated + 2)
    (batch,), _ = metrics.batches(ARMS, (START, START + MINUTE), 10, WITH_LATENCY)
    assert batch.canary.latency == bands(b10=1, b11=1)
    assert batch.stable.latency == bands(b10=1, b12=1)


def test_requests_without_any_latency_are_not_taken_for_fast(
    world: World, metrics: Metrics
) -> None:
    requests(world, "v2-r1", 10, errors=2)
    (batch,), _ = metrics.batches(ARMS, (START, START + MINUTE), 10, WITH_LATENCY)
    assert batch.canary == Arm(10, {"errors": 2})


def test_minute_with_requests_but_without_errors_metric_is_left_out_and_said(
    world: World, metrics: Metrics
) -> None:
    world.cloudwatch.record("v2-r1", "Invocations", START, 1.0, 10)
    requests(world, "v2-r1", 7, minute=1)
    batches, unreadable = read(metrics, 2)
    assert [batch.canary.requests for batch in batches] == [7]
    assert unreadable == ("minute 09:00: 10 requests, but no InvocationModelErrors",)


def test_minute_with_errors_but_without_requests_metric_is_not_a_quiet_one(
    world: World, metrics: Metrics
) -> None:
    world.cloudwatch.record("v2-r1", "InvocationModelErrors", START, 1.0, 10)
    assert read(metrics, 1) == ((), ("minute 09:00: bad events, but no Invocations",))


def test_minute_with_more_errors_than_requests_is_left_out_and_said(
    world: World, metrics: Metrics
) -> None:
    world.cloudwatch.record("v1", "Invocations", START, 1.0, 3)
    world.cloudwatch.record("v1", "InvocationModelErrors", START, 1.0, 5)
    batches, unreadable = read(metrics, 1)
    assert batches == ()
    assert unreadable == ("minute 09:00: errors: got 5, accepted: 0 to 3 requests",)


def test_all_pages_of_an_answer_are_read(world: World, metrics: Metrics) -> None:
    requests(world, "v1", 90, errors=1)
    requests(world, "v2-r1", 10, errors=3)
    world.cloudwatch.page_size = 1
    assert read(metrics, 1)[0] == (Batch(START + MINUTE, 10, arm(90, 1), arm(10, 3)),)
    assert [call.operation for call in world.calls].count("GetMetricData") == 6


def test_metric_that_cloudwatch_could_not_read_is_not_taken_for_zero(
    world: World, metrics: Metrics
) -> None:
    requests(world, "v2-r1", 10, errors=3)
    world.cloudwatch.broken = {"slow_1"}
    with pytest.raises(EndpointBusy, match="slow_1 can't be read: InternalError"):
        read(metrics, 1)


def test_answer_that_was_lost_means_try_again(world: World, metrics: Metrics) -> None:
    world.before["GetMetricData"] = [lost_answer]
    with pytest.raises(EndpointBusy, match="read metrics of completion"):
        read(metrics, 1)


def test_evidence_and_a_sign_of_life_are_published(world: World, metrics: Metrics) -> None:
    metrics.publish(2.5, START)
    assert (world.cloudwatch.values("Evidence"), world.cloudwatch.values("Heartbeat")) == (
        [2.5],
        [1.0],
    )


def test_whole_minute_is_the_one_before() -> None:
    assert whole_minute(START + timedelta(seconds=59, microseconds=9)) == START
    assert whole_minute(START) == START
