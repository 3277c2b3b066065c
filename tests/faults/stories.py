"""Stories that lead to a phase, and stay there for a while. For `draw.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from random import Random

from tests.faults.deployed import DEPLOYS
from tests.faults.plan import Fault, Item, Plan, Truth

_GOOD = Truth()
_SOON = timedelta(minutes=1)
_BAD = (
    Truth(errors=0.3),
    Truth(errors=0.12),
    Truth(slow=0.5),
    Truth(errors=0.3, bad_from=40),
    Truth(golden="wrong"),
)
_NOT_UP = (Truth(comes_up="never"), Truth(comes_up="silently_not"))


def lead_to(phase: str, plan: Plan, random: Random) -> Plan:
    """The plan with a story that reaches a phase."""
    minute = random.choice((0, 1, 2))
    begun = Item("approve", "NONE", minute)
    second = random.choice((_GOOD, _GOOD, *_BAD))
    told = _STORIES.get(phase, _good)(plan, random, minute)
    return replace(told, truths=(*told.truths, second, _GOOD), items=(begun, *told.items))


def _good(plan: Plan, random: Random, _minute: int) -> Plan:
    """Promoted, also where instances come up at the third try, in time."""
    late = plan.update_s < 150 and random.random() < 0.3
    return replace(plan, truths=(Truth(comes_up="later") if late else _GOOD,))


def _promoted_twice(plan: Plan, random: Random, minute: int) -> Plan:
    """Then something is deployed: what the first one made is the way back, or may go."""
    if random.random() < 0.6:
        return _good(plan, random, minute)
    items = (
        Item("approve", "PROMOTED", minute),
        Item("deploy", "PROMOTED", random.choice((3, 7, 8, 9)), random.choice(DEPLOYS)),
    )
    policy = replace(plan.policy, keep_loser=_SOON, collect_after=_SOON)
    return replace(plan, truths=(_GOOD, _GOOD), items=items, policy=policy, update_s=100)


def _lingers_in_pending(plan: Plan, random: Random, minute: int) -> Plan:
    """What can't be read keeps a rollout from beginning."""
    away = Fault("cloudwatch unavailable", "NONE", nth=minute, seconds=random.choice((130, 250)))
    return replace(plan, truths=(_GOOD,), faults=(away,))


def _lingers_in_finalizing(plan: Plan, _random: Random, _minute: int) -> Plan:
    return replace(plan, truths=(_GOOD,), shift_s=130)


def _goes_back(plan: Plan, random: Random, _minute: int) -> Plan:
    """By evidence, an alarm, a person, golden requests, or instances that never serve."""
    if random.random() < 0.4:
        phase = random.choice(("PROVISIONING", "WARMING", "RAMPING", "RAMPING", "HOLDBACK"))
        item = Item("command", phase, random.choice((0, 1)), random.choice(("abort", "rollback")))
        return replace(plan, truths=(_GOOD,), items=(item,))
    truth = random.choice((*_BAD, *_BAD, *_NOT_UP))
    return replace(plan, truths=(truth,), golden=plan.golden or truth.golden == "wrong")


def _waits(plan: Plan, random: Random, _minute: int) -> Plan:
    """PAUSED, by a person or by an alarm that somebody forced."""
    phase = random.choice(("WARMING", "RAMPING", "RAMPING", "HOLDBACK"))
    alarm = Item("alarm", "RAMPING", 1, random.choice(("evidence", "errors")))
    pause = Item("command", phase, random.choice((0, 1)), "pause")
    again = Item("command", "HOLDBACK", 0, "pause")  # where the first came too late
    return replace(plan, truths=(_GOOD,), items=(random.choice((pause, pause, alarm)), again))


def _needs_somebody(plan: Plan, random: Random, minute: int) -> Plan:
    """NEEDS_HUMAN, by a change from outside or a status that none of ours mends."""
    minute = min(minute, 1)
    phase = random.choice(("RAMPING", "RAMPING", "HOLDBACK"))
    broken = random.choice(("Failed", "OutOfService", "UpdateRollbackFailed"))
    item = random.choice(
        (
            Item("weights", phase, minute, random.choice(("30", "100"))),
            Item("deploy", phase, minute, random.choice(DEPLOYS)),
            Item("lock", phase, minute, broken, random.choice((4, 8))),
        )
    )
    return replace(plan, truths=(_GOOD,), items=(item,))


_STORIES: Mapping[str, Callable[[Plan, Random, int], Plan]] = {
    "PENDING": _lingers_in_pending,
    "FINALIZING": _lingers_in_finalizing,
    "PROMOTED": _promoted_twice,
    "ROLLING_BACK": _goes_back,
    "ROLLED_BACK": _goes_back,
    "PAUSED": _waits,
    "NEEDS_HUMAN": _needs_somebody,
}
