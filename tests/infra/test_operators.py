"""People who order: they may send orders to the default bus, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Resources = Callable[..., list[dict[str, Any]]]


def statement(resources: Resources, environment: str) -> dict[str, Any]:
    """The one statement of the operators' policy."""
    (policy,) = (
        p["Properties"]
        for p in resources("rollout", "AWS::IAM::ManagedPolicy", environment)
        if p["Properties"]["ManagedPolicyName"] == f"steelyard-{environment}-operators"
    )
    (found,) = policy["PolicyDocument"]["Statement"]
    return dict(found)


@pytest.mark.parametrize("environment", ["local", "dev", "prod"])
def test_operators_may_send_orders_to_the_default_bus_and_nothing_else(
    resources: Resources, environment: str
) -> None:
    found = statement(resources, environment)
    assert (found["Effect"], found["Action"]) == ("Allow", "events:PutEvents")
    assert found["Resource"].startswith("arn:${AWS::Partition}:events:")
    assert found["Resource"].endswith(":event-bus/default")
    assert found["Condition"] == {
        "ForAllValues:StringEquals": {"events:source": "steelyard"},
        "Null": {"events:source": "false"},
        "StringEquals": {"events:detail-type": "Steelyard Command"},
    }


def test_what_operators_may_send_is_what_a_rule_takes(resources: Resources) -> None:
    (command,) = (
        rule["Properties"]["EventPattern"]
        for rule in resources("rollout", "AWS::Events::Rule", "dev")
        if rule["Properties"]["Name"].endswith("-command")
    )
    where = statement(resources, "dev")["Condition"]
    assert command["source"] == [where["ForAllValues:StringEquals"]["events:source"]]
    assert command["detail-type"] == [where["StringEquals"]["events:detail-type"]]
