"""From a seed to a plan, aimed at one fault in one phase. For `tests/faults`.

Seeds go round all cells, so that none is a matter of luck; whatever else goes wrong is drawn.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

from steelyard.evidence.promise import Guardrail
from steelyard.rollout.policy import Policy
from tests.faults.deployed import DEPLOYS
from tests.faults.kinds import (
    CREATE,
    DELETE,
    KINDS,
    PAGE,
    PHASES,
    READS,
    SHIFT,
    STATUSES,
    UPDATE,
    cells,
)
from tests.faults.plan import Fault, Item, Plan
from tests.faults.stories import lead_to

MINUTE = timedelta(minutes=1)
_CELLS = cells()
_COMMANDS = ("start", "promote", "pause", "resume", "abort", "rollback")
_SCALING = ("RegisterScalableTarget", "DeregisterScalableTarget", "PutScalingPolicy")
_OVER = ("PROMOTED", "ROLLED_BACK")
_OFTEN = ("PutItem", "DeleteAlarms", UPDATE, "CreateEndpointConfig")
_AFTER = (*_OFTEN, *_OFTEN, *DELETE, *_SCALING, PAGE, PAGE)
_MADE_IN = {
    "NONE": ("PutItem", "RegisterScalableTarget", "PutScalingPolicy"),
    "PROVISIONING": ("PutItem", *CREATE, "PutMetricAlarm", UPDATE, "RegisterScalableTarget"),
    "RAMPING": ("PutItem", SHIFT),
    "HOLDBACK": ("PutItem", SHIFT),
    "FINALIZING": ("PutItem", SHIFT),
    "ROLLING_BACK": ("PutItem", SHIFT, PAGE),
    "PAUSED": ("PutItem", PAGE),
    "NEEDS_HUMAN": ("PutItem", PAGE),
    "PROMOTED": _AFTER,
    "ROLLED_BACK": _AFTER,
}
_BEFORE = {
    "PROMOTED": "HOLDBACK",
    "PAUSED": "RAMPING",
    "ROLLING_BACK": "PROVISIONING",
    "ROLLED_BACK": "ROLLING_BACK",
    "NEEDS_HUMAN": "RAMPING",
}
_PERCENTS = ("0", "30", "100")  # of the newest variant: the loser, or whoever won over it
_LONGEST = 90.0  # seconds that a call is in flight, of the two minutes that a rollback holds
_ANSWERS = (
    (),
    ("resume",),
    ("abort",),
    ("resume", "abort"),
    ("resume", "resume", "rollback"),
    ("promote", "abort"),
    ("rollback",),
)


def draw(seed: int) -> Plan:
    """The plan of a seed, always the same."""
    random = Random(seed)
    kind, phase = _CELLS[seed % len(_CELLS)]
    plan = lead_to(phase, _frame(seed, kind, random), random)
    if phase in _OVER and KINDS[kind].at == "call":  # only the loser's removal calls for much
        plan = replace(plan, policy=replace(plan.policy, keep_loser=MINUTE))
    aimed = [_aimed(kind, phase, random) for _ in range(random.choice((1, 2)))]
    more = [_aimed(*random.choice(_CELLS), random) for _ in range(random.choice((0, 0, 1, 2, 3)))]
    faults, wanted = zip(*aimed, *more, strict=True)
    extra = [_something(random) for _ in range(random.choice((0, 0, 1, 2)))]
    return replace(
        plan,
        aim=(kind, phase),
        items=(*plan.items, *(item for item in wanted if item is not None), *extra),
        faults=(*plan.faults, *faults),
    )


def _frame(seed: int, aim: str, random: Random) -> Plan:
    """How the model is deployed, and who works there."""
    labelled = aim.startswith("labels") or random.random() < 0.15
    return Plan(
        seed=seed,
        aim=(),
        policy=_policy(random, labelled=labelled),
        traffic=random.choice((3000, 6000, 20000)),
        scaled=aim.startswith("application") or random.random() < 0.6,
        golden=random.random() < 0.5,
        labelled=labelled,
        shift_s=random.choice((10, 30, 30, 70, 130)),
        update_s=random.choice((100, 180, 300)),
        truths=(),
        items=(),
        faults=(),
        answers=random.choice(_ANSWERS),
    )


def _policy(random: Random, *, labelled: bool) -> Policy:
    """A quick one: the machine knows no difference."""
    latency = Guardrail(metric="latency", weight=0.4, margin=1.1, absolute_margin=0.02)
    both = (Guardrail(metric="errors", weight=0.6), latency)
    errors = (Guardrail(metric="errors", weight=1.0),)
    labels = (Guardrail(metric="errors", weight=0.7), Guardrail(metric="labels", weight=0.3))
    steps = random.choice(((10, 50), (5, 50), (25,)))
    return Policy(
        steps=steps,
        step_odds=(3.0, 2.0)[: len(steps)],
        guardrails=labels if labelled else random.choice((errors, both)),
        bake=random.choice((1, 2)) * MINUTE,
        least_requests=100,
        discard=random.choice((0, 1)) * MINUTE,
        warm_up=random.choice((0, 1)) * MINUTE,
        first_step="auto" if random.random() < 0.15 else None,
        holdback_percent=90,
        holdback=random.choice((1, 2)) * MINUTE,
        deadline=12 * MINUTE,
        provision_timeout=10 * MINUTE,
        settle=2 * MINUTE,
        metric_lag=(1 if labelled else random.choice((0, 1))) * MINUTE,
        keep_loser=random.choice((MINUTE, 2 * MINUTE, None)),
        collect_after=random.choice((MINUTE, None)),
    )


def _aimed(kind: str, phase: str, random: Random) -> tuple[Fault, Item | None]:
    """A fault of a kind that takes effect in a phase, and what must happen for it to."""
    at = KINDS[kind].at
    if at == "call":
        return _of_call(kind, phase, random)
    if at == "message":
        return _of_message(kind, phase, random)
    return _of_while(kind, phase, random)


def _of_call(kind: str, phase: str, random: Random) -> tuple[Fault, Item | None]:
    able = KINDS[kind].where
    made = [name for name in _MADE_IN.get(phase, ("PutItem",)) if name in able]
    read = [name for name in READS if name in able]
    if kind == "stale read":
        minute = random.choice((0, 0, 1))
        lock = Item("lock", phase, minute, random.choice(("Updating", "SystemUpdating")), 1)
        return Fault(kind, phase, able[0], nth=minute, times=3, seconds=15.0), lock
    writes = made if made and random.random() < 0.7 else [*made, *read]
    where = random.choice(writes) if writes and random.random() < 0.65 else ""
    nth = random.choice((0, 0, 0, 1, 2)) if where in READS or not where else 0
    times = random.choice((1, 1, 1, 2, 6))
    fault = Fault(kind, phase, where, nth, times, seconds=random.uniform(5, _LONGEST))
    if kind.startswith("changed by hand"):
        where = random.choice([name for name in made if name != PAGE])
        what = random.choice(DEPLOYS + _PERCENTS)
        done = "weights" if what in _PERCENTS else "deploy"
        return replace(fault, where=where, nth=0), Item(done, phase, 0, what, after=kind)
    if kind == "delayed call" and random.random() < 0.4:  # and lands when all is taken back
        return fault, Item("command", phase, 0, random.choice(("abort", "rollback", "pause")))
    return fault, None


def _of_while(kind: str, phase: str, random: Random) -> tuple[Fault, Item | None]:
    lasts = 3600 if "hour" in kind else 60 * random.choice((2, 4, 7))
    minute = random.choice((0, 0, 0, 1))
    if kind.startswith("sns"):  # people are called when a phase is entered
        return Fault(kind, _BEFORE[phase], nth=minute, seconds=15 * 60), None
    item = Item("garbage", phase, minute, "[]") if kind.startswith("sqs") else None
    return Fault(kind, phase, nth=minute, seconds=lasts), item


def _of_message(kind: str, phase: str, random: Random) -> tuple[Fault, Item | None]:
    where = random.choice(KINDS[kind].where)
    minute = random.choice((0, 0, 1))
    items = {
        "approval": Item("approve", phase, minute),
        "command": Item("command", phase, minute, random.choice(_COMMANDS)),
        "alarm": Item("alarm", phase, minute, random.choice(("evidence", "errors", "slow"))),
        "endpoint": Item("lock", phase, minute, random.choice(("Updating", "SystemUpdating")), 1),
    }
    late = random.uniform(-600, 600) if "off" in kind else random.uniform(30, 200)
    times = random.choice((1, 1, 3))
    return Fault(kind, phase, where, 0, times, seconds=late), items.get(where)


def _something(random: Random) -> Item:
    """That people, or AWS, do meanwhile."""
    kind = random.choice(("approve", "reject", "command", "command", "old command", "lock"))
    kind = random.choice((kind, kind, "deploy", "weights", "alarm", "garbage"))
    what = {
        "command": random.choice(_COMMANDS),
        "old command": random.choice(_COMMANDS),
        "weights": random.choice(_PERCENTS),
        "deploy": random.choice(DEPLOYS),
        "lock": random.choice([s for s in STATUSES if s not in ("InService", "Deleting")]),
        "alarm": random.choice(("evidence", "errors", "slow")),
        "garbage": random.choice(("{", "[]", '{"detail-type": "Scheduled Event"}', "\ud800")),
    }
    phase, minutes = random.choice(PHASES[1:]), random.choice((1, 3, 6))
    return Item(kind, phase, random.choice((0, 1, 2)), what.get(kind, ""), minutes)
