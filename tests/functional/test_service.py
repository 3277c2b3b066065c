"""Whole rollouts through the service: from an approval to the last weight shift."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from steelyard.aws.ledger import Entry, digest
from steelyard.codec import decode, encode
from steelyard.rollout.machine import step
from steelyard.rollout.model import DecisionKind, EndpointState, Phase, Stable
from steelyard.rollout.observation import Event, Hint
from steelyard.service import Reconciler
from tests.functional.conftest import Pages
from tests.functional.operator import CANARY, Operator, with_sight
from tests.functional.settings import POLICY
from tests.functional.test_ledger import chain_holds
from tests.functional.world import MINUTE, World

CONFIG = "completion-v2-r1"
BAD = {CANARY: 0.2}
SHORT = "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity"


POLICY_OF_A_DAY = replace(
    POLICY,
    steps=(1, 5, 10, 25, 50),
    step_odds=(3.0, 2.5, 2.0, 1.7, 1.5),
    holdback_percent=95,
    bake=timedelta(hours=20),
    deadline=timedelta(hours=24),
)


def test_first_event_adopts_the_endpoint_and_touches_nothing(
    operator: Operator, world: World, pages: Pages
) -> None:
    decision = operator.wake()
    assert decision.kind is DecisionKind.ADOPT
    assert operator.state.stable == Stable("v1", "completion-bootstrap", 1)
    assert (world.changes(), pages.read()) == ([], [])


def test_good_update_is_promoted(operator: Operator, world: World, pages: Pages) -> None:
    world.approve(2)
    operator.until(Phase.PROMOTED)
    assert operator.phases() == [
        *("PENDING", "PROVISIONING", "WARMING", "RAMPING", "HOLDBACK", "FINALIZING", "PROMOTED")
    ]
    assert operator.state.stable == Stable(CANARY, CONFIG, 2)
    assert world.endpoint.fleet.weights == {"v1": 0.0, CANARY: 100.0}
    assert world.cloudwatch.alarms == {}
    assert [told["Subject"] for told in pages.read()] == ["Steelyard: completion is PROMOTED"]


def test_canary_never_has_more_traffic_than_its_step(operator: Operator, world: World) -> None:
    world.approve(2)
    shares = set()
    for _ in range(30):
        operator.minute()
        shares.add(round(world.share(CANARY)))
        rollout = operator.state.rollout
        assert rollout is None or world.share(CANARY) <= rollout.canary_percent + 1e-4
    assert shares == {0, 10, 50, 90, 100}


def test_bad_update_is_rolled_back_by_the_evidence_in_one_minute(
    operator: Operator, world: World, pages: Pages
) -> None:
    operator.ramping()
    seen_at = world.now
    operator.until(Phase.ROLLING_BACK, bad=BAD)
    assert world.now - seen_at <= 2 * MINUTE
    operator.until(Phase.ROLLED_BACK)
    assert world.endpoint.fleet.weights == {"v1": 100.0, CANARY: 0.0}
    assert operator.state.stable == Stable("v1", CONFIG, 1)
    assert world.cloudwatch.alarms == {}
    told = pages.read()
    assert [page["Subject"] for page in told] == [
        "Steelyard: completion is ROLLING_BACK",
        "Steelyard: completion is ROLLED_BACK",
    ]
    assert told[0]["Message"].startswith("the canary is worse in errors: log evidence ")


def test_update_that_is_rolled_back_silently_ends_the_rollout(
    operator: Operator, world: World, pages: Pages
) -> None:
    world.approve(2)
    world.endpoint.fail_next_update("The primary container for variant v2-r1 did not pass the ping")
    operator.until(Phase.ROLLED_BACK)
    assert operator.state.stable == Stable("v1", "completion-bootstrap", 1)
    assert world.changes() == ["CreateModel", "CreateEndpointConfig", "UpdateEndpoint"]
    assert "rolled back silently to completion-bootstrap: The primary" in pages.read()[0]["Message"]


def test_lack_of_instances_is_not_the_candidates_fault(operator: Operator, world: World) -> None:
    world.approve(2)
    world.endpoint.fail_next_update(SHORT)
    operator.until(Phase.PROMOTED)
    assert world.changes().count("UpdateEndpoint") == 2


def test_lack_of_instances_for_good_gives_up(operator: Operator, world: World) -> None:
    world.approve(2)
    operator.wake()
    for _ in range(40):
        world.endpoint.fail_next_update(SHORT)
        operator.minute()
    assert operator.rollout.phase is Phase.ROLLED_BACK
    assert operator.state.stable == Stable("v1", "completion-bootstrap", 1)


def test_too_few_canary_instances_pause_before_the_raise(operator: Operator, world: World) -> None:
    operator.ramping()
    world.endpoint.fleet.instances = {"v1": 4, CANARY: 1}
    operator.until(Phase.PAUSED)
    assert world.share(CANARY) == pytest.approx(10)
    assert "50 % needs 2 canary instances, but 1 serve" in operator.reasons()[-2]


def test_weights_changed_from_outside_are_told_and_left(
    operator: Operator, world: World, pages: Pages
) -> None:
    operator.ramping()
    world.endpoint.fleet.weights = {"v1": 70.0, CANARY: 30.0}
    assert operator.wake().phase is Phase.NEEDS_HUMAN
    assert "changed from outside: Describe shows InService" in pages.read()[0]["Message"]
    operator.minute()
    assert world.share(CANARY) == pytest.approx(30)


def test_no_data_until_the_deadline_rolls_back(operator: Operator, world: World) -> None:
    operator.ramping()
    world.cloudwatch.samples.clear()
    rolled_back = operator.until(Phase.ROLLED_BACK, requests=0)
    assert rolled_back.canary_requests == 0
    assert "no data on the canary in 0:30:00" in operator.reasons()


def test_second_rollout_takes_the_loser_out_and_can_be_promoted_too(
    operator: Operator, world: World
) -> None:
    world.approve(2)
    operator.until(Phase.PROMOTED)
    world.approve(3)
    operator.minute()
    operator.until(Phase.PROMOTED)
    assert operator.state.stable == Stable("v3-r2", "completion-v3-r2", 3)
    assert world.endpoint.fleet.weights == {CANARY: 0.0, "v3-r2": 100.0}
    config = world.sagemaker.configs["completion-v3-r2"]
    assert sum(v["InitialVariantWeight"] for v in config["ProductionVariants"]) > 0


def test_several_messages_within_a_minute_count_nothing_twice(
    operator: Operator, world: World
) -> None:
    operator.ramping()
    operator.wake()
    once = operator.rollout
    for kind in ("alarm", "endpoint", "approval", "tick"):
        world.now += timedelta(seconds=2)
        operator.wake(Hint(kind))
    assert operator.rollout == once
    assert once.canary_requests == 200


def test_ledger_of_a_rollout_verifies_replays_and_stays_small(operator: Operator) -> None:
    operator.ramping()
    operator.until(Phase.ROLLED_BACK, bad=BAD)
    entries = operator.entries
    assert chain_holds(entries)
    assert [entry.version for entry in entries] == list(range(1, len(entries) + 1))
    state = EndpointState("completion")
    for entry in entries:
        event = decode(Event, {"trigger": entry.trigger, "seen": entry.seen})
        state = step(state, event, entry.at).state
        assert encode(state) == entry.state
    assert max(len(json.dumps(_item(entry))) for entry in entries) < 8 * 1024


def test_after_a_long_silence_all_minutes_are_read_before_anything_advances(
    operator: Operator, world: World
) -> None:
    policy = replace(POLICY, deadline=timedelta(hours=24))
    operator.reconciler = with_sight(operator.reconciler, policy=policy)
    operator.ramping()
    for _ in range(120):
        world.serve()
    read = []
    while operator.rollout.step == 0 and not operator.rollout.intent:
        read.append(operator.rollout.canary_requests)
        operator.minute()
    assert len(read) > 5
    assert read == [20 * 200 * turn for turn in range(len(read))]
    assert max(len(json.dumps(_item(entry))) for entry in operator.entries) < 32 * 1024


def test_day_at_one_step_keeps_items_small(reconciler: Reconciler, world: World) -> None:
    """With the default policy: five steps, all guardrails; evidence does not grow with time."""
    operator = Operator(world, with_sight(reconciler, policy=POLICY_OF_A_DAY))
    operator.ramping(percent=1)
    for _ in range(90):
        operator.minute()
    assert operator.rollout.phase is Phase.RAMPING
    sizes = [len(json.dumps(_item(entry))) for entry in operator.entries]
    assert max(sizes) < 8 * 1024
    assert sizes[-1] - sizes[-60] < 200


def _item(entry: Entry) -> dict[str, object]:
    return {
        "trigger": entry.trigger,
        "seen": entry.seen,
        "decision": entry.decision,
        "state": entry.state,
        "hash": digest(entry.previous, {}),
    }
