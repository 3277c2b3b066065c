"""Every fault of a call at every call of a few stories, one run each. For `tests/faults`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from steelyard.evidence.promise import Guardrail
from steelyard.rollout.policy import Policy
from tests.faults.kinds import KINDS, PAGE, WRITES
from tests.faults.plan import ANY, Fault, Item, Plan, Truth
from tests.faults.run import Run

MINUTE = timedelta(minutes=1)
POLICY = Policy(
    steps=(25,),
    step_odds=(3.0,),
    guardrails=(Guardrail(metric="errors", weight=1.0),),
    bake=MINUTE,
    least_requests=100,
    discard=timedelta(0),
    warm_up=timedelta(0),
    holdback_percent=90,
    holdback=MINUTE,
    deadline=12 * MINUTE,
    provision_timeout=10 * MINUTE,
    settle=2 * MINUTE,
    metric_lag=timedelta(0),
    keep_loser=MINUTE,
)
FAULTS = (
    "lost request",
    "lost response",
    "delayed call",
    "duplicated call",
    "crash before a call",
    "crash after a call",
    "throttle",
    "access denied",
    "time-out in mid-call",
)
_LATE = 80.0


def _story(*items: Item, truth: Truth | None = None) -> Plan:
    return Plan(
        seed=7,
        aim=(),
        policy=POLICY,
        traffic=20_000,
        scaled=True,
        golden=True,
        labelled=False,
        shift_s=30,
        update_s=100,
        truths=(truth or Truth(),),
        items=(Item("approve", "NONE", 1), *items),
        faults=(),
    )


STORIES: Mapping[str, Plan] = {
    "promotion and the loser's removal": _story(),
    "rollback by evidence": _story(truth=Truth(errors=0.03)),
    "rollback by alarm": _story(truth=Truth(errors=0.5)),
    "abort": _story(Item("command", "RAMPING", 1, "abort")),
    "abort at once": _story(Item("command", "RAMPING", 0, "abort")),
    "silent rollback": _story(truth=Truth(comes_up="silently_not")),
    "pause and resume": replace(
        _story(Item("command", "RAMPING", 1, "pause")), answers=("resume",)
    ),
    "wrong golden answer": _story(truth=Truth(golden="wrong")),
}


def calls_of(plan: Plan) -> list[str]:
    """The operations of all calls in a run where nothing goes wrong, in order."""
    run = Run(plan)
    run.play()
    return run.weather.calls


def sweep(story: str, *, writes_alone: bool) -> Iterator[Plan]:
    """The story with each fault of a call, at each call that it can be about.

    Args:
        writes_alone: only at calls that change something, the ledger's and pages included.
    """
    plan = STORIES[story]
    for number, operation in enumerate(calls_of(plan)):
        if writes_alone and operation not in (*WRITES, PAGE):
            continue
        for kind in FAULTS:
            if operation in KINDS[kind].where:
                fault = Fault(kind, ANY, ANY, number, seconds=_LATE)
                yield replace(plan, faults=(fault,))
