"""Guardrails watch their alarms while the canary bakes; rules together take one that asks."""

from __future__ import annotations

import pytest

from bench.rules.cloudwatch import Alarm
from bench.rules.guardrails import Guardrails, Together
from tests.bench.rules.traffic import first_rollback, look

FAST = Alarm(name="fast", threshold=0.02, datapoints=1, periods=1, seconds=60.0)
SLOW = Alarm(name="slow", threshold=0.005, seconds=60.0)


def late(minute: int) -> list[int]:
    return [0] * (minute - 1) + [9]


def test_alarm_while_baking_rolls_back() -> None:
    rule = Guardrails(name="g", alarms=(SLOW, FAST), baking=600.0)
    assert first_rollback(rule, [look(m, (100, bad)) for m, bad in enumerate(late(10), 1)]) == 10


def test_alarm_after_baking_is_not_looked_at() -> None:
    rule = Guardrails(name="g", alarms=(SLOW, FAST), baking=600.0)
    assert first_rollback(rule, [look(m, (100, bad)) for m, bad in enumerate(late(11), 1)]) is None


@pytest.mark.parametrize("baking", [0.0, 3601.0])
def test_baking_that_the_service_refuses_is_refused(baking: float) -> None:
    with pytest.raises(ValueError, match="up to 3600"):
        Guardrails(name="g", alarms=(FAST,), baking=baking)


def test_rules_together_roll_back_when_one_does() -> None:
    rule = Together("both", (SLOW, FAST))
    assert first_rollback(rule, [look(1, (100, 1)), look(2, (100, 1))]) == 2
    assert first_rollback(rule, [look(1, (100, 3))]) == 1
