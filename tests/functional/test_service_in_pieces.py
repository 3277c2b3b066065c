"""Six batches a minute, from the live config to the ledger."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from steelyard.aws.labels import LabelBook
from steelyard.aws.ledger import Entry, _item
from steelyard.evidence import Guardrail
from steelyard.labels.reports import Report
from steelyard.rollout.model import Phase
from tests.functional.operator import CANARY, Operator, with_sight
from tests.functional.settings import POLICY
from tests.functional.world import LATENCY_US, MINUTE, World

TEN = timedelta(seconds=10)
FINE = {"EnableEnhancedMetrics": True, "MetricPublishFrequencyInSeconds": 10}
INSTANCES = 12


@pytest.fixture
def fine(operator: Operator, world: World) -> Operator:
    """Whoever wakes a service whose endpoint counts every ten seconds, and by instance."""
    world.sagemaker.configs["completion-bootstrap"]["MetricsConfig"] = FINE
    return operator


def serve(world: World, requests: int = 2040) -> None:
    """One more minute of traffic, in pieces; stable's on its instances."""
    begun = world.now.replace(second=0)
    for at in (begun + number * TEN for number in range(6)):
        for variant in world.endpoint.fleet.weights:
            count = round(requests / 6 * world.share(variant) / 100)
            _count(world, variant, at, count)
            for number in range(INSTANCES if variant == "v1" else 0):
                _count(world, variant, at, count // INSTANCES, InstanceId=f"i-{number:02}")
    world.now = begun + MINUTE


def _count(world: World, variant: str, at: datetime, count: int, **instance: str) -> None:
    if count:
        for metric, value in (
            ("Invocations", 1.0),
            ("InvocationModelErrors", 0.0),
            ("ModelLatency", LATENCY_US),
        ):
            world.cloudwatch.record(variant, metric, at, value, count, **instance)


def begin(operator: Operator) -> None:
    """Minutes until the canary has traffic."""
    operator.wake()
    operator.world.approve(2)
    for _ in range(30):
        operator.wake()
        serve(operator.world)
        rollout = operator.state.rollout
        if rollout is not None and rollout.phase is Phase.RAMPING and rollout.intent is None:
            return
    raise AssertionError(operator.reasons())


def batches(entry: Entry) -> list[dict[str, Any]]:
    """What an entry's look had to weigh."""
    found: list[dict[str, Any]] = entry.seen["batches"]
    return found


def test_minute_is_weighed_in_six_batches_with_stables_parts(fine: Operator, world: World) -> None:
    begin(fine)
    fine.wake()
    found = batches(fine.entries[-1])
    assert len(found) == 6
    ends = [datetime.fromisoformat(one["end"]) for one in found]
    assert {b - a for a, b in pairwise(ends)} == {TEN}
    assert [len(one["stable_parts"]) for one in found] == [8] * 6
    stable = found[0]["stable"]["requests"]
    parts = sum(part["requests"] for part in found[0]["stable_parts"])
    assert stable - INSTANCES < parts <= stable
    assert world.sagemaker.configs["completion-v2-r1"]["MetricsConfig"] == FINE


def test_rollout_ends_well_in_pieces_and_each_request_counts_once(
    fine: Operator, world: World
) -> None:
    begin(fine)
    for _ in range(20):
        fine.wake()
        serve(world)
        if fine.rollout.phase is Phase.PROMOTED:
            break
    assert fine.rollout.phase is Phase.PROMOTED, fine.reasons()
    ends = [one["end"] for entry in fine.entries for one in batches(entry)]
    assert len(ends) == len(set(ends)) > 20


def test_config_without_them_is_read_by_the_minute_again(fine: Operator, world: World) -> None:
    begin(fine)
    del world.sagemaker.configs["completion-v2-r1"]["MetricsConfig"]
    fine.wake()
    assert [len(one["stable_parts"]) for one in batches(fine.entries[-1])] == [0]


def test_labels_go_with_the_last_batch_of_their_minute(
    fine: Operator, world: World, label_book: LabelBook
) -> None:
    guardrails = (Guardrail("errors", 0.5), Guardrail("labels", 0.5, absolute_margin=None))
    by_labels = replace(POLICY, guardrails=guardrails, metric_lag=timedelta(seconds=30))
    fine.reconciler = with_sight(fine.reconciler, policy=by_labels)
    begin(fine)
    at = world.now + timedelta(seconds=12)
    reports = [Report(f"id{n}", at - MINUTE, CANARY, "other", n < 3) for n in range(10)]
    label_book.add("completion", reports, at)
    serve(world)
    serve(world)
    fine.wake()
    labels = {one["end"]: one["canary"]["labels"] for one in batches(fine.entries[-1])}
    told = {end: found for end, found in labels.items() if found}
    assert len(labels) > 6
    assert list(told.values()) == [{"other": {"labels": 10, "wrong": 3}}]
    (end,) = map(datetime.fromisoformat, told)
    assert end == at.replace(second=0) + MINUTE


def test_after_a_silence_minutes_come_whole_and_an_entry_stays_small(
    fine: Operator, world: World
) -> None:
    patient = replace(POLICY, least_requests=1_000_000)
    fine.reconciler = with_sight(fine.reconciler, policy=patient)
    begin(fine)
    for _ in range(6):
        serve(world)
    fine.wake()
    found = batches(fine.entries[-1])
    assert len(found) == 7
    assert [len(one["stable_parts"]) for one in found] == [8] * 7
    for _ in range(5):
        serve(world)
    fine.wake()
    assert len(batches(fine.entries[-1])) == 30
    assert len(json.dumps(_item(fine.entries[-1]))) < 64 * 1024
