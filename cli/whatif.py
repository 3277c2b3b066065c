"""What would have changed a decision: the machine is asked again, with one thing different.

Nothing here knows a rule of its own: each supposition changes what was seen, counted or allowed,
and `step` decides. For `cli/why.py` alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from math import exp, log

from cli.counting import canary_bad, left_out, most_bad, with_bad
from cli.receipt import Receipt
from cli.suppositions import otherwise_seen, ready
from steelyard.aws.ledger import state_of
from steelyard.evidence import Batch, Carrier, Verdict, VerdictKind, begin, weigh
from steelyard.rollout.machine import step
from steelyard.rollout.model import Decision, DecisionKind, Phase
from steelyard.rollout.observation import Event, Hint, Seen

_SEGMENTS_SHOWN = 3
_LARGEST_ALPHA = 0.5
_LEAST_LOG_ALPHA = -700.0  # about what a float can hold
_HALVINGS = 20
_MOMENT = timedelta(seconds=1)
_TIMED = (Phase.PROVISIONING, Phase.WARMING, Phase.RAMPING, Phase.HOLDBACK)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A supposition, and what would have come of it."""

    supposed: str
    then: str


def what_ifs(receipt: Receipt) -> tuple[WhatIf, ...] | None:
    """Everything that may have changed the decision; None where that can't be told.

    That is where this version of Steelyard makes another decision of the same entry than the one
    that wrote it: what it would have done says nothing then.
    """
    if _differs(_again(receipt), receipt):
        return None
    return (
        *_of_people(receipt),
        *_of_what_was_seen(receipt),
        *_of_evidence(receipt),
        *_of_counts(receipt),
        *_of_time(receipt),
    )


def _again(
    receipt: Receipt, seen: Seen | None = None, earlier: Iterable[Batch] | None = None
) -> Decision:
    """What the machine decides; by default of what it saw."""
    state, rollout = receipt.before, receipt.before.rollout
    if earlier is not None and rollout is not None:
        promise = rollout.policy.promise
        evidence = begin(promise)
        for batch in earlier:
            evidence = weigh(evidence, batch, promise)
        state = replace(state, rollout=replace(rollout, evidence=evidence))
    event = receipt.event if seen is None else replace(receipt.event, seen=seen)
    return step(state, event, receipt.entry.at)


def _differs(decision: Decision, receipt: Receipt) -> bool:
    made = receipt.entry.decision
    return (decision.kind, decision.phase) != (made["kind"], made["phase"])


def _then(decision: Decision) -> str:
    return f"{decision.phase}, {decision.kind.replace('_', ' ')}: {decision.reason}"


def _of_people(receipt: Receipt) -> Iterator[WhatIf]:
    if receipt.event.trigger.kind == "command":
        woken = replace(receipt.event, trigger=Hint("tick"))
        yield WhatIf("without the order", _then(step(receipt.before, woken, receipt.entry.at)))


def _of_what_was_seen(receipt: Receipt) -> Iterator[WhatIf]:
    quiet = receipt.event.trigger.kind == "command" or not receipt.event.seen.alarms
    for supposed, seen in otherwise_seen(receipt):
        decision = _again(receipt, seen)
        # That it would have come to the same without the alarm is worth knowing as well.
        if _differs(decision, receipt) or not (quiet or seen.alarms):
            yield WhatIf(supposed, _then(decision))


def _of_evidence(receipt: Receipt) -> Iterator[WhatIf]:
    verdict = receipt.verdict
    if verdict is None or receipt.event.trigger.kind == "command":
        return
    total, alpha = verdict.log_evidence["total"], receipt.after.policy.alpha
    if verdict.kind is not VerdictKind.WORSE:
        if exp(-total) < _LARGEST_ALPHA:
            yield WhatIf(f"with an alpha of {exp(-total):.2g} or more, not {alpha:g}", "WORSE")
        return
    seen = receipt.event.seen
    for what in _telling(receipt, verdict):
        without = [left_out(batch, what) for batch in receipt.earlier]
        batches = tuple(left_out(batch, what) for batch in seen.batches)
        decision = _again(receipt, replace(seen, batches=batches), without)
        if what == verdict.carried_by or _differs(decision, receipt):
            yield WhatIf(f"without {what}", f"{_then(decision)}{_distance(decision.verdict)}")
    holding = _holding_alpha(receipt, alpha)
    yield WhatIf(f"with an alpha below {holding:.2g}, not {alpha:g}", "not WORSE yet")


def _holding_alpha(receipt: Receipt, alpha: float) -> float:
    """The alpha below which this look had not been WORSE.

    Evidence of earlier looks is the same for all of them: only what reaches the threshold is
    lifted to it, see `evidence/overshoot.py`.
    """
    rollout = receipt.before.rollout
    if rollout is None:
        return alpha
    low, high = _LEAST_LOG_ALPHA, log(alpha)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        policy = replace(rollout.policy, alpha=exp(middle))
        state = replace(receipt.before, rollout=replace(rollout, policy=policy))
        decision = step(state, receipt.event, receipt.entry.at)
        worse = _is_worse(decision.verdict)
        low, high = (low, middle) if worse else (middle, high)
    return exp(high)


def _telling(receipt: Receipt, verdict: Verdict) -> Iterator[Carrier]:
    """The metrics that say anything against the canary, and the segments that say most."""
    for guardrail in receipt.after.policy.guardrails:
        if verdict.log_evidence.get(guardrail.metric, 0.0) > 0:
            yield Carrier(guardrail.metric)
    for metric, segments in verdict.segments.items():
        most = sorted((name for name in segments if segments[name] > 0), key=segments.__getitem__)
        for name in most[: -_SEGMENTS_SHOWN - 1 : -1]:
            yield Carrier(metric, name)


def _distance(verdict: Verdict | None) -> str:
    if verdict is None or verdict.kind is VerdictKind.WORSE:
        return ""
    return f" (evidence {verdict.log_evidence['total']:.2f} of {verdict.log_threshold:.2f})"


def _of_counts(receipt: Receipt) -> Iterator[WhatIf]:
    """How many bad events more, or fewer, at this one look would have been enough."""
    counted, what = receipt.counted, _counter(receipt.verdict)
    if not counted or what is None or receipt.event.trigger.kind == "command":
        return
    seen = receipt.event.seen
    others = seen.batches[: -len(counted)]

    def with_bad_events(bad: int) -> Decision:
        batches = (*others, *with_bad(counted, what, bad))
        return _again(receipt, replace(seen, batches=batches))

    actual, worse = canary_bad(counted, what), _is_worse(receipt.verdict)
    same, other = actual, 0 if worse else most_bad(counted, what)
    if not _differs(with_bad_events(other), receipt):
        return
    while abs(other - same) > 1:
        middle = (same + other) // 2
        if _differs(with_bad_events(middle), receipt):
            other = middle
        else:
            same = middle
    bad = "wrong labels" if what.metric == "labels" else "errors"
    where = f" of segment {what.segment}" if what.segment else ""
    supposed = f"with {other} {bad}{where} of the canary at this look, not {actual}"
    yield WhatIf(supposed, _then(with_bad_events(other)))


def _counter(verdict: Verdict | None) -> Carrier | None:
    """What to count: what carries the evidence, where that is a count."""
    if verdict is None:
        return None
    carrier = verdict.carried_by
    if _is_worse(verdict) and carrier is not None:
        return carrier if carrier.metric != "latency" else None
    return Carrier("errors") if "errors" in verdict.log_evidence else None


def _is_worse(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.kind is VerdictKind.WORSE


def _of_time(receipt: Receipt) -> Iterator[WhatIf]:
    """What becomes of a rollout that is under way if nothing else happens."""
    rollout, seen = receipt.after, receipt.event.seen
    if receipt.after != receipt.latest:
        return
    state, until = state_of(receipt.entry, receipt.entry.endpoint), receipt.entry.at
    if rollout.phase is Phase.PENDING:
        supposed, seen = "once the endpoint is in service, quiet and readable", ready(receipt)
    elif rollout.phase in _TIMED:
        provisioning = rollout.phase is Phase.PROVISIONING
        limit = rollout.policy.provision_timeout if provisioning else rollout.policy.deadline
        until = rollout.since + limit + _MOMENT
        supposed = f"if nothing else comes until {until:%m-%d %H:%M} UTC"
        seen = replace(seen, batches=(), refused="")
    else:
        return
    decision = step(state, Event(Hint("tick"), seen), until)
    if decision.kind is not DecisionKind.HOLD:
        yield WhatIf(supposed, _then(decision))
