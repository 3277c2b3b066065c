"""A smaller plan that breaks the same promise: for people to read. For `tests/faults`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.faults.plan import Plan, Truth
from tests.faults.run import Result, play

_MOST_TRIES = 300


def shrink(broken: Result) -> Result:
    """The smallest run found, dropping one thing after the other as long as it stays broken."""
    tries, smaller = 0, True
    while smaller:
        smaller = False
        for plan in _simpler(broken.plan):
            tries += 1
            if tries > _MOST_TRIES:
                return broken
            result = play(plan)
            if _same(result, broken):
                broken, smaller = result, True
                break
    return broken


def _same(result: Result, broken: Result) -> bool:
    if result.broken is None or broken.broken is None:
        return False
    return (result.broken.number, result.broken.name) == (broken.broken.number, broken.broken.name)


def _simpler(plan: Plan) -> Iterator[Plan]:
    """Plans with one thing less, the largest things first."""
    yield from _fewer(plan)
    for number, fault in enumerate(plan.faults):
        if fault.times > 1:
            once = replace(fault, times=1)
            yield replace(plan, faults=(*plan.faults[:number], once, *plan.faults[number + 1 :]))
    for number, truth in enumerate(plan.truths):
        if truth != Truth():
            truths = (*plan.truths[:number], Truth(), *plan.truths[number + 1 :])
            yield replace(plan, truths=truths)
    yield from _plainer(plan)


def _fewer(plan: Plan) -> Iterator[Plan]:
    for number in range(len(plan.faults)):
        yield replace(plan, faults=(*plan.faults[:number], *plan.faults[number + 1 :]))
    for number in range(len(plan.items)):
        yield replace(plan, items=(*plan.items[:number], *plan.items[number + 1 :]))
    if plan.answers:
        yield replace(plan, answers=plan.answers[1:])
        yield replace(plan, answers=plan.answers[:-1])
    if len(plan.truths) > 1:
        yield replace(plan, truths=plan.truths[:-1])


def _plainer(plan: Plan) -> Iterator[Plan]:
    if plan.scaled:
        yield replace(plan, scaled=False)
    if plan.golden:
        yield replace(plan, golden=False)
    if plan.policy.keep_loser is not None:
        yield replace(plan, policy=replace(plan.policy, keep_loser=None))
