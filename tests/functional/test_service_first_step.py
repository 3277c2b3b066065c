"""`first_step: auto` through the service: read in WARMING, set as weights, kept in the ledger."""

from __future__ import annotations

from dataclasses import replace

import pytest

from steelyard.codec import decode, encode
from steelyard.rollout.machine import step
from steelyard.rollout.model import DecisionKind, EndpointState, Phase
from steelyard.rollout.observation import Event
from tests.functional.operator import CANARY, LIMIT, Operator, with_sight
from tests.functional.settings import POLICY
from tests.functional.test_ledger import chain_holds
from tests.functional.test_service_faults import throttled
from tests.functional.world import MINUTE, World

AUTO = replace(POLICY, first_step="auto")
BUSY = 60_000  # 1000 requests a second


@pytest.fixture
def operator(operator: Operator) -> Operator:
    """Whoever wakes a service whose policy sizes the first step to the traffic."""
    return replace(operator, reconciler=with_sight(operator.reconciler, policy=AUTO))


def test_busy_endpoint_begins_with_a_hundred_requests_a_minute_and_is_promoted(
    operator: Operator, world: World
) -> None:
    world.approve(2)
    shares: list[float] = []
    for _ in range(LIMIT):
        operator.minute(requests=BUSY)
        share = round(world.share(CANARY), 6)
        if share not in shares[-1:]:
            shares.append(share)
    assert operator.rollout.phase is Phase.PROMOTED
    assert shares == [0, 0.17, 50, 90, 100]
    first = next(entry for entry in operator.entries if "sized by" in entry.decision["reason"])
    assert first.seen["traffic"][-1] == BUSY
    sent = [c.params for c in world.calls if c.operation == "UpdateEndpointWeightsAndCapacities"]
    assert [v["DesiredWeight"] for v in sent[0]["DesiredWeightsAndCapacities"]] == [9983, 17]
    assert chain_holds(operator.entries)


def test_ledger_of_a_sized_step_replays_to_the_same_states(
    operator: Operator, world: World
) -> None:
    world.approve(2)
    operator.until(Phase.RAMPING, requests=BUSY)
    operator.minute(requests=BUSY)
    state = EndpointState("completion")
    for entry in operator.entries:
        event = decode(Event, {"trigger": entry.trigger, "seen": entry.seen})
        state = step(state, event, entry.at).state
        assert encode(state) == entry.state
    assert operator.rollout.first_percent == 0.17


def test_quiet_endpoint_begins_with_what_the_policy_says(operator: Operator, world: World) -> None:
    world.approve(2)
    operator.until(Phase.RAMPING, requests=50)
    world.now += MINUTE
    assert world.share(CANARY) == pytest.approx(AUTO.steps[0])


def test_endpoint_without_a_request_waits_for_one(operator: Operator, world: World) -> None:
    world.approve(2)
    operator.until(Phase.WARMING, requests=0)
    for _ in range(4):
        decision = operator.minute(requests=0)
        assert (decision.phase, decision.kind) == (Phase.WARMING, DecisionKind.HOLD)
    assert "stable had no request in 5 minutes" in operator.wake().reason
    operator.minute(requests=BUSY)
    assert operator.minute(requests=BUSY).phase is Phase.RAMPING
    assert operator.rollout.canary_percent == 0.17


def test_counts_that_can_not_be_read_hold_the_first_step_back(
    operator: Operator, world: World
) -> None:
    world.approve(2)
    operator.until(Phase.WARMING, requests=BUSY)
    world.before["GetMetricData"] = [throttled] * 100
    for _ in range(4):
        decision = operator.minute(requests=BUSY)
        assert decision.phase is Phase.WARMING
    assert "can't be read: read requests of v1 of completion" in decision.reason
    world.before.clear()
    operator.until(Phase.RAMPING, requests=BUSY)
    assert operator.rollout.canary_percent == 0.17


def test_policy_without_it_reads_no_traffic(operator: Operator, world: World) -> None:
    operator.reconciler = with_sight(operator.reconciler, policy=POLICY)
    world.approve(2)
    operator.until(Phase.RAMPING, requests=BUSY)
    assert [entry.seen["traffic"] for entry in operator.entries] == [None] * len(operator.entries)
    assert "GetMetricData" not in [call.operation for call in world.calls]
