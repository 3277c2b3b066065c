"""The absolute alarms of a variant: made, found, deleted, and their metric read again."""

from __future__ import annotations

import pytest

from steelyard.aws.alarms import VariantAlarms
from steelyard.errors import EndpointBusy
from steelyard.rollout.observation import AlarmReading
from tests.functional.settings import ALARMS, EVIDENCE_ALARM
from tests.functional.world import MINUTE, START, Clients, World, lost_answer

ERRORS, SLOW = "steelyard/completion/v2-r1/errors", "steelyard/completion/v2-r1/slow"
NOW = START + 10 * MINUTE


def ring(world: World, alarms: VariantAlarms, name: str) -> None:
    """Make the canary's alarms, and one of them go off."""
    alarms.put("v2-r1")
    world.cloudwatch.force(name, "ALARM")


def errors(world: World, variant: str, percent: int, minute: int = 9) -> None:
    """A hundred requests in one minute."""
    at = START + minute * MINUTE
    world.cloudwatch.record(variant, "Invocations", at, 1.0, 100)
    world.cloudwatch.record(variant, "Invocation5XXErrors", at, 1.0, percent)
    world.cloudwatch.record(variant, "Invocation5XXErrors", at, 0.0, 100 - percent)


def test_alarms_are_made_from_their_definitions_with_the_variants_name(
    world: World, alarms: VariantAlarms
) -> None:
    alarms.put("v2-r1")
    made = world.cloudwatch.alarms
    assert sorted(made) == [ERRORS, SLOW]
    assert made[SLOW]["Dimensions"][1] == {"Name": "VariantName", "Value": "v2-r1"}
    assert made[SLOW]["ExtendedStatistic"] == "p99"
    stat = made[ERRORS]["Metrics"][1]["MetricStat"]["Metric"]
    assert stat["Dimensions"][1] == {"Name": "VariantName", "Value": "v2-r1"}
    assert "{variant}" not in str(made)


def test_making_alarms_again_keeps_their_state(world: World, alarms: VariantAlarms) -> None:
    ring(world, alarms, ERRORS)
    alarms.put("v2-r1")
    assert world.cloudwatch.alarms[ERRORS]["StateValue"] == "ALARM"


def test_alarms_stand_when_all_exist_and_are_gone_when_none_does(
    world: World, alarms: VariantAlarms
) -> None:
    assert alarms.standing("v2-r1") == (False, True)
    alarms.put("v2-r1")
    alarms.put("v2-r10")
    assert alarms.standing("v2-r1") == (True, False)
    del world.cloudwatch.alarms[SLOW]
    assert alarms.standing("v2-r1") == (False, False)
    alarms.delete("v2-r1")
    assert alarms.standing("v2-r1") == (False, True)
    assert alarms.standing("v2-r10") == (True, False)


def test_model_without_alarms_has_them_all_and_none(clients: Clients) -> None:
    assert VariantAlarms("completion", clients["cloudwatch"], ()).standing("v2-r1") == (True, True)


def test_deleting_what_is_gone_already_asks_for_nothing(
    world: World, alarms: VariantAlarms
) -> None:
    alarms.delete("v2-r1")
    assert "DeleteAlarms" not in [call.operation for call in world.calls]


def test_alarm_that_rings_is_read_again_for_both_variants(
    world: World, alarms: VariantAlarms
) -> None:
    ring(world, alarms, ERRORS)
    errors(world, "v2-r1", 22)
    errors(world, "v1", 1)
    assert alarms.readings("v2-r1", "v1", NOW) == (AlarmReading(ERRORS, "errors", 5.0, 22.0, 1.0),)


def test_worst_of_the_last_three_windows_counts_and_nothing_older(
    world: World, alarms: VariantAlarms
) -> None:
    ring(world, alarms, ERRORS)
    errors(world, "v2-r1", 7, minute=9)
    errors(world, "v2-r1", 30, minute=4)
    errors(world, "v2-r1", 90, minute=0)
    assert [r.canary for r in alarms.readings("v2-r1", "v1", NOW)] == [30.0]


def test_percentile_alarm_is_read_by_its_own_statistic(world: World, alarms: VariantAlarms) -> None:
    ring(world, alarms, SLOW)
    at = START + 9 * MINUTE
    world.cloudwatch.record("v2-r1", "ModelLatency", at, 100_000.0, 98)
    world.cloudwatch.record("v2-r1", "ModelLatency", at, 3_000_000.0, 2)
    assert alarms.readings("v2-r1", "v1", NOW) == (
        AlarmReading(SLOW, "slow", 2_000_000.0, 3_000_000.0, None),
    )


def test_metric_without_data_reads_as_none(world: World, alarms: VariantAlarms) -> None:
    ring(world, alarms, ERRORS)
    assert alarms.readings("v2-r1", "v1", NOW) == (AlarmReading(ERRORS, "errors", 5.0, None, None),)


def test_alarm_on_the_evidence_is_read_from_its_own_definition(
    world: World, clients: Clients, alarms: VariantAlarms
) -> None:
    clients["cloudwatch"].put_metric_alarm(**EVIDENCE_ALARM)
    world.cloudwatch.force("steelyard/completion/evidence", "ALARM")
    clients["cloudwatch"].put_metric_data(
        Namespace="Steelyard",
        MetricData=[
            {
                "MetricName": "Evidence",
                "Dimensions": EVIDENCE_ALARM["Dimensions"],
                "Timestamp": NOW - MINUTE,
                "Value": 6.5,
            }
        ],
    )
    reading = AlarmReading(
        "steelyard/completion/evidence", "evidence", EVIDENCE_ALARM["Threshold"], 6.5, None
    )
    assert alarms.readings("v2-r1", "v1", NOW) == (reading,)


@pytest.mark.parametrize(
    "name",
    [
        "steelyard/completion/heartbeat",
        "steelyard/completion/v1-r0/errors",
        "steelyard/completion/v2-r1/disk",
        "steelyard/completion2/v2-r1/errors",
    ],
)
def test_alarm_that_is_not_the_canarys_is_left_out(
    world: World, clients: Clients, alarms: VariantAlarms, name: str
) -> None:
    clients["cloudwatch"].put_metric_alarm(**{**EVIDENCE_ALARM, "AlarmName": name})
    world.cloudwatch.force(name, "ALARM")
    assert alarms.readings("v2-r1", "v1", NOW) == ()


@pytest.mark.parametrize("state", ["OK", "INSUFFICIENT_DATA"])
def test_alarm_that_does_not_ring_is_left_out(
    world: World, alarms: VariantAlarms, state: str
) -> None:
    ring(world, alarms, ERRORS)
    world.cloudwatch.force(ERRORS, state)
    assert alarms.readings("v2-r1", "v1", NOW) == ()


def test_alarms_that_can_not_be_read_are_said(world: World, alarms: VariantAlarms) -> None:
    ring(world, alarms, ERRORS)
    world.before["DescribeAlarms"] = [lost_answer]
    with pytest.raises(EndpointBusy, match="describe alarms"):
        alarms.readings("v2-r1", "v1", NOW)


def test_alarm_whose_metric_can_not_be_read_still_rings_and_costs_one_attempt(
    world: World, alarms: VariantAlarms
) -> None:
    ring(world, alarms, ERRORS)
    ring(world, alarms, SLOW)
    world.before["GetMetricData"] = [lost_answer] * 9
    assert alarms.readings("v2-r1", "v1", NOW) == (AlarmReading(ERRORS, "errors", 5.0, None, None),)
    assert len(world.before["GetMetricData"]) == 8


def test_definitions_are_those_that_cdk_writes() -> None:
    assert [definition["metric"] for definition in ALARMS] == ["errors", "slow"]
