"""Alarms and evidence through the service: what each path does with the other one silent."""

from __future__ import annotations

import pytest

from steelyard.aws.alarms import VariantAlarms
from steelyard.rollout.model import Phase
from steelyard.rollout.observation import Hint
from tests.functional.conftest import Pages
from tests.functional.operator import CANARY, Operator, with_sight
from tests.functional.settings import EVIDENCE_ALARM
from tests.functional.test_service_faults import throttled
from tests.functional.world import MINUTE, Clients, World

ERRORS = f"steelyard/completion/{CANARY}/errors"
BAD = {CANARY: 0.2}
BOTH = {CANARY: 0.2, "v1": 0.2}


def test_absolute_alarm_rolls_back_though_the_evidence_says_nothing_yet(
    operator: Operator, world: World
) -> None:
    operator.ramping()
    world.serve({CANARY: 0.25}, requests=40)  # one error in four requests: few to compare
    world.cloudwatch.force(ERRORS, "ALARM")
    assert operator.wake(Hint("alarm")).phase is Phase.ROLLING_BACK
    assert "errors: canary" in operator.reasons()[-2]
    assert "on the canary alone" in operator.reasons()[-2]


def test_alarm_rolls_back_though_its_metric_can_not_be_read(
    operator: Operator, world: World
) -> None:
    operator.ramping()
    world.cloudwatch.force("steelyard/completion/v2-r1/errors", "ALARM")
    world.before["GetMetricData"] = [throttled] * 50
    operator.wake()
    assert operator.rollout.phase is Phase.ROLLING_BACK
    assert "its metric can't be read" in " ".join(operator.reasons())


def test_alarms_are_listed_once_a_look_while_no_intent_is_about_them(
    operator: Operator, world: World
) -> None:
    operator.ramping()
    before = len(world.calls)
    operator.wake()
    asked = [call.operation for call in world.calls[before:]]
    assert asked.count("DescribeAlarms") == 1


def test_forced_alarm_pauses_and_says_so(operator: Operator, world: World, pages: Pages) -> None:
    operator.ramping()
    world.cloudwatch.force(ERRORS, "ALARM")
    assert operator.wake(Hint("alarm")).phase is Phase.PAUSED
    assert world.share(CANARY) == pytest.approx(10)
    told = pages.read()
    assert [page["Subject"] for page in told] == ["Steelyard: completion is PAUSED"]
    assert "forced by hand, or over already" in told[0]["Message"]
    operator.minute()
    assert pages.read() == []


def test_incident_on_both_variants_holds(operator: Operator, world: World) -> None:
    operator.ramping()
    world.serve(BOTH)
    world.cloudwatch.force(ERRORS, "ALARM")
    for _ in range(3):
        assert operator.minute(BOTH).phase is Phase.RAMPING
    assert "is in ALARM on both variants" in operator.reasons()[-1]
    world.cloudwatch.force(ERRORS, "OK")
    operator.until(Phase.PROMOTED)


def test_alarm_on_the_evidence_alone_rolls_back(
    operator: Operator, world: World, clients: Clients
) -> None:
    operator.ramping()
    clients["cloudwatch"].put_metric_alarm(**EVIDENCE_ALARM)
    operator.reconciler.metrics.publish(9.0, world.now - MINUTE)
    world.cloudwatch.force(EVIDENCE_ALARM["AlarmName"], "ALARM")
    assert operator.wake(Hint("alarm")).phase is Phase.ROLLING_BACK


def test_evidence_is_published_while_a_rollout_lasts_and_zero_afterwards(
    operator: Operator, world: World
) -> None:
    operator.ramping()
    operator.until(Phase.ROLLING_BACK, bad=BAD)
    assert world.cloudwatch.values("Evidence")[-1] > EVIDENCE_ALARM["Threshold"]
    operator.until(Phase.ROLLED_BACK)
    assert world.cloudwatch.values("Evidence")[-1] == 0.0
    operator.minute()
    assert world.cloudwatch.values("Evidence")[-1] == 0.0
    assert set(world.cloudwatch.values("Heartbeat")) == {1.0}


def test_model_without_alarms_of_its_own_goes_the_whole_way(
    operator: Operator, world: World, clients: Clients
) -> None:
    """Its alarms are all there and all gone at any time: neither keeps a rollout waiting."""
    none = VariantAlarms("completion", clients["cloudwatch"], ())
    operator.reconciler = with_sight(operator.reconciler, alarms=none)
    operator.reconciler.endpoint._alarms = none
    world.approve(2)
    operator.until(Phase.PROMOTED)
    operator.minute()
    assert operator.rollout.intent is None
