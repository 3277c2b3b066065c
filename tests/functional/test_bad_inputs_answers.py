"""Answers of AWS in no documented shape, and settings out of bounds, through the Lambda.

Unreadable, said so, never advanced on; and never in the way of a rollback. Numbers are those of
docs/inputs.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from steelyard.aws.ledger import Ledger
from steelyard.codec import encode
from steelyard.rollout.model import Phase
from tests.functional.conftest import PREFIX, TABLE
from tests.functional.events import TICK, command
from tests.functional.lambda_queue import Queue, record
from tests.functional.operator import CANARY, Operator
from tests.functional.settings import ALARMS, POLICY, ROLE
from tests.functional.world import MINUTE, Clients, World

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")
Spoil = Callable[[dict[str, Any]], Any]


def without(key: str) -> Spoil:
    """The answer with a part missing."""
    return lambda answer: {name: value for name, value in answer.items() if name != key}


def with_(**changes: Any) -> Spoil:
    """The answer with other parts."""
    return lambda answer: {**answer, **changes}


def variant(**changes: Any) -> Spoil:
    """The answer with another first variant; None takes a part away."""

    def spoil(answer: dict[str, Any]) -> dict[str, Any]:
        first, *rest = answer["ProductionVariants"]
        kept = {key: value for key, value in {**first, **changes}.items() if value is not None}
        return {**answer, "ProductionVariants": [kept, *rest]}

    return spoil


def values(number: object) -> Spoil:
    """CloudWatch's answer with other values."""

    def spoil(answer: dict[str, Any]) -> dict[str, Any]:
        for result in answer["MetricDataResults"]:
            result["Values"] = [number] * len(result["Values"])
        return answer

    return spoil


DESCRIBED: dict[str, tuple[Spoil, str]] = {
    "no variants": (without("ProductionVariants"), "ProductionVariants: got []"),
    "no list": (with_(ProductionVariants="v1"), "ProductionVariants: got 'v1'"),
    "nothing": (lambda _: {}, "EndpointStatus: got None"),
    "unknown status": (with_(EndpointStatus="Wobbling"), "EndpointStatus: got 'Wobbling'"),
    "no config": (without("EndpointConfigName"), "EndpointConfigName: got None"),
    "13 below zero": (variant(CurrentWeight=-0.1), "CurrentWeight: got -0.1"),
    "14 NaN": (variant(CurrentWeight=float("nan")), "CurrentWeight: got nan"),
    "14 infinite": (variant(CurrentWeight=float("inf")), "CurrentWeight: got inf"),
    "15 true": (variant(CurrentWeight=True), "CurrentWeight: got True"),
    "15 text": (variant(CurrentWeight="1"), "CurrentWeight: got '1'"),
    "17 huge": (variant(CurrentWeight=1e308), "CurrentWeight: got 1e+308"),
    "19 twice": (variant(VariantName=CANARY), "VariantName: got"),
    "21 no weight": (variant(CurrentWeight=None), "CurrentWeight: got None"),
    "no count": (variant(CurrentInstanceCount=None), "CurrentInstanceCount: got None"),
    "count of text": (variant(DesiredInstanceCount="2"), "DesiredInstanceCount: got '2'"),
    "no name": (variant(VariantName=None), "VariantName: got None"),
}


def test_description_that_can_not_be_is_unreadable_and_no_change_from_outside(
    queue: Queue, world: World, operator: Operator, caplog: pytest.LogCaptureFixture
) -> None:
    ramping, changes = operator.ramping(), world.changes()
    for name, (spoil, why) in DESCRIBED.items():
        world.garbled["DescribeEndpoint"] = spoil
        world.serve()
        assert queue.send(record(TICK, sent=world.now)) == [], name
        assert (operator.rollout.phase, operator.rollout.step) == (Phase.RAMPING, ramping.step)
        said = [one for one in caplog.records if one.getMessage() == "world.unreadable"]
        assert why in " ".join(vars(said[-1])["what"]), name
    assert world.changes() == changes
    world.garbled.clear()
    operator.until(Phase.PROMOTED)


def test_weights_that_sum_to_zero_are_a_change_from_outside(
    queue: Queue, world: World, operator: Operator
) -> None:
    """Number 16: SageMaker refuses them; should they show, a person must see to it."""
    operator.ramping()
    world.endpoint.fleet.weights = dict.fromkeys(world.endpoint.fleet.weights, 0.0)
    queue.send(record(TICK, sent=world.now))
    assert operator.rollout.phase is Phase.NEEDS_HUMAN


def test_variant_that_nobody_knows_is_a_change_from_outside(
    queue: Queue, world: World, operator: Operator
) -> None:
    """Number 18."""
    operator.ramping()
    world.garbled["DescribeEndpoint"] = variant(VariantName="stranger")
    queue.send(record(TICK, sent=world.now))
    assert operator.rollout.phase is Phase.NEEDS_HUMAN
    assert "stranger" in operator.reasons()[-2]


def test_count_that_can_not_be_is_left_out_and_holds(
    queue: Queue, world: World, operator: Operator
) -> None:
    """Number 22."""
    ramping = operator.ramping()
    for value in (float("nan"), float("inf"), -1.0, 1e308, "7", None):
        world.garbled["GetMetricData"] = values(value)
        world.serve()
        assert queue.send(record(TICK, sent=world.now)) == [], value
        rollout = operator.rollout
        assert (rollout.phase, rollout.step) == (Phase.RAMPING, ramping.step), value
        assert rollout.canary_requests == 0, value
    world.garbled.clear()
    operator.until(Phase.PROMOTED)


@pytest.mark.parametrize("value", [float("nan"), "7"])
def test_alarm_whose_metric_is_no_number_rolls_back(
    queue: Queue, world: World, operator: Operator, value: object
) -> None:
    """Number 22: it rings, and what it rings for can't be read."""
    operator.ramping()
    world.cloudwatch.force(f"steelyard/completion/{CANARY}/errors", "ALARM")
    world.garbled["GetMetricData"] = values(value)
    queue.send(record(TICK, sent=world.now))
    assert operator.rollout.phase is Phase.ROLLING_BACK


OTHERS: dict[str, Spoil] = {
    "DescribeAlarms": lambda _: {},
    "DescribeEndpointConfig": lambda _: {},
    "DescribeModel": lambda _: {"PrimaryContainer": {"ModelPackageName": "x/²"}},
    "DescribeModelPackage": lambda _: {"ModelPackageVersion": "2", "CreationTime": "now"},
    "DescribeScalableTargets": lambda _: {"ScalableTargets": [{}]},
    "GetMetricData": lambda _: {"MetricDataResults": None},
    "ListModelPackages": lambda _: {"ModelPackageSummaryList": [{}]},
}


@pytest.mark.parametrize("operation", OTHERS)
def test_garbled_answer_keeps_no_rollback_waiting(
    queue: Queue, world: World, operator: Operator, operation: str
) -> None:
    """Once, one bad package in the registry would have kept every message from being handled."""
    operator.ramping()
    world.approve(3)
    world.garbled[operation] = OTHERS[operation]
    assert queue.send(record(command("rollback"), sent=world.now)) == []
    world.now += MINUTE
    assert world.share(CANARY) == 0


def test_garbled_answers_advance_nothing(queue: Queue, world: World, operator: Operator) -> None:
    ramping = operator.ramping()
    world.approve(3)
    for operation in OTHERS.keys() - {"DescribeModel", "DescribeScalableTargets"}:
        world.garbled = {operation: OTHERS[operation]}
        world.serve()
        assert queue.send(record(TICK, sent=world.now)) == [], operation
        rollout = operator.rollout
        assert (rollout.phase, rollout.step) == (Phase.RAMPING, ramping.step), operation


SETTINGS: dict[str, tuple[Any, str]] = {
    "no JSON": ("{", "JSONDecodeError"),
    "no object": ("[]", "TypeError"),
    "nothing": ("{}", "KeyError"),
    "13 below zero": ([-0.1, 50], "-0.1, accepted: int"),
    "14 NaN": ([float("nan"), 50], "nan, accepted: int"),
    "15 true": ([True, 50], "True, accepted: int"),
    "15 text": (["1", 50], "'1', accepted: int"),
    "16 zero": ([0, 50], "whole percentages, 1 to 99"),
    "17 huge": ([10, 10**308], "whole percentages, 1 to 99"),
    "19 twice": ([10, 10], "rising percentages"),
    "21 none": ([], "at least one percentage"),
}


def test_settings_out_of_bounds_do_nothing_and_the_message_comes_again(
    queue: Queue,
    clients: Clients,
    ledger: Ledger,
    world: World,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name, (given, why) in SETTINGS.items():
        text = given if isinstance(given, str) else _settings(given)
        clients["ssm"].put_parameter(
            Name=f"{PREFIX}/completion", Value=text, Type="String", Overwrite=True
        )
        bad, other = record(TICK), record(TICK, group="unknown")
        assert queue.send(bad, other) == [bad["messageId"]], name
        failed = [one for one in caplog.records if one.getMessage() == "event.failed"]
        assert why in str(failed[-1].exc_info and failed[-1].exc_info[1]), name
    assert (ledger.latest("completion"), world.calls) == (None, [])


def _settings(steps: Any) -> str:
    settings = {
        "endpoint": "completion",
        "package_group": "completion",
        "execution_role_arn": ROLE,
        "rollout": {**encode(POLICY), "steps": steps},
        "alarms": ALARMS,
        "autoscaling": None,
        "golden": None,
    }
    return json.dumps(settings)


def test_entry_that_was_tampered_with_stops_all_and_the_message_comes_again(
    queue: Queue, clients: Clients, operator: Operator
) -> None:
    operator.ramping()
    changes, entry = operator.world.changes(), operator.entries[-1]
    for key, value in (("form", "x"), ("at", "yesterday"), ("state", "{"), ("state", '{"x": 7}')):
        clients["dynamodb"].update_item(
            TableName=TABLE,
            Key={"endpoint": {"S": "completion"}, "version": {"S": f"{entry.version:012d}"}},
            UpdateExpression="SET #key = :value",
            ExpressionAttributeNames={"#key": key},
            ExpressionAttributeValues={":value": {"S": value}},
        )
        bad, other = record(command("rollback")), record(TICK, group="unknown")
        assert queue.send(bad, other) == [bad["messageId"]], value
    assert operator.world.changes() == changes
