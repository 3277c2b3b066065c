"""A run in words, minute by minute. For `tests/faults`."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.plan import Plan, Truth
from tests.faults.run import Result

_WIDEST = 160


def tell(result: Result) -> str:
    """What was to happen, what came, was seen, decided and done, and which promise broke."""
    return "\n".join((*_plan(result.plan), "", *_events(result), "", _end(result)))


def _plan(plan: Plan) -> Iterator[str]:
    yield f"seed {plan.seed}, aimed at {' in '.join(plan.aim) or 'nothing'}"
    yield (
        f"steps {plan.policy.steps}, {plan.traffic} requests a minute, scaled {plan.scaled}, "
        f"golden {plan.golden}, answers {plan.answers}"
    )
    for number, truth in enumerate(plan.truths, 2):
        yield f"version {number}: {'good' if truth == Truth() else truth}"
    for item in plan.items:
        when = f"when {item.after}, in" if item.after else f"minute {item.minute} of"
        yield f"{when} {item.phase}: {item.kind} {item.what}".rstrip()
    for fault in plan.faults:
        about = f" of {fault.where}" if fault.where else ""
        yield f"in {fault.phase}: {fault.kind}{about}, occasion {fault.nth}, {fault.times} times"


def _events(result: Result) -> Iterator[str]:
    for event in result.history.events:
        text = event.what if len(event.what) <= _WIDEST else f"{event.what[:_WIDEST]}..."
        yield f"{event.at:%H:%M:%S}  {event.who:<10} {text}"


def _end(result: Result) -> str:
    if result.broken is not None:
        return f"{result.broken.at:%H:%M:%S}  BROKEN     {result.broken}"
    return f"kept; at rest in {result.history.phase} {result.suffix} after the last fault"
