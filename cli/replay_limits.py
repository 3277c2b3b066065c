"""What of another policy can be replayed, with the counts that a rollout took. For `cli` alone.

A count that was never taken can't be had afterwards: what another policy would have made of it is
left out and said, not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from math import fsum

from cli.problems import Problem
from steelyard.evidence import Guardrail
from steelyard.rollout.policy import Policy


@dataclass(frozen=True, slots=True)
class Replayable:
    """Another policy, as far as it can be replayed.

    Attributes:
        name: what people know it by.
        given: all of it.
        asked: with the guardrails alone whose counts were taken. What the others' evidence would
            have added is unknown but not negative, and WORSE is a sum of weighted evidence beyond
            1/alpha: so the weights kept are scaled to sum to 1, and alpha by as much.
        missing: what can't be known, and why, in words.
    """

    name: str
    given: Policy
    asked: Policy
    missing: tuple[str, ...]


def replayable(own: Policy, other: Policy, name: str) -> Replayable:
    """What can be replayed of `other` with the counts that were taken by `own`.

    Raises:
        Problem: none of its guardrails.
    """
    uncounted = {g.metric: why for g in other.guardrails if (why := _uncounted(g, own, other))}
    kept = tuple(g for g in other.guardrails if g.metric not in uncounted)
    if not kept:
        raise Problem(
            f"none of the guardrails of {name} can be replayed",
            "; ".join(f"{metric}: {why}" for metric, why in uncounted.items()),
        )
    asked = _without(other, kept) if uncounted else other
    if asked.first_step != own.first_step and own.first_step is None:
        asked = replace(asked, first_step=None)
    missing = (f"{metric}: {why}{_LEFT_OUT}" for metric, why in uncounted.items())
    return Replayable(name, other, asked, (*missing, *_otherwise_read(own, other)))


def differences(own: Policy, other: Policy) -> Mapping[str, tuple[str, str]]:
    """The values of both, in words, by each key that has another one in `other`."""
    ours, theirs = _flat(own), _flat(other)
    keys = [*ours, *(key for key in theirs if key not in ours)]
    pairs = {key: (ours.get(key, "none"), theirs.get(key, "none")) for key in keys}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


_LEFT_OUT = "; left out, so a rollback may only come earlier than shown, and an advance later"


def _uncounted(guardrail: Guardrail, own: Policy, other: Policy) -> str:
    """Why a guardrail's counts were not taken as it would have had them; empty if they were."""
    counted = own.guardrail(guardrail.metric)
    if guardrail.metric == "errors":  # they are counted whatever the policy
        return ""
    if counted is None:
        return "the rollout had no guardrail on it, so it was not counted"
    if guardrail.metric != "latency":
        return ""
    if own.slow_after != other.slow_after:
        return f"counted with slow_after {own.slow_after}, not {other.slow_after}"
    if counted.margin != guardrail.margin:
        return f"the canary's bands were counted at a margin of {counted.margin:g}"
    return ""


def _without(policy: Policy, kept: tuple[Guardrail, ...]) -> Policy:
    part = fsum(guardrail.weight for guardrail in kept)
    labels = any(guardrail.metric == "labels" for guardrail in kept)
    return replace(
        policy,
        alpha=policy.alpha * part,
        guardrails=tuple(replace(g, weight=g.weight / part) for g in kept),
        segments=policy.segments if labels else (),
    )


def _otherwise_read(own: Policy, other: Policy) -> Iterator[str]:
    """What the console can't undo: the world was read, and made, by the rollout's own policy."""
    for key, said in _AS_THEY_WERE.items():
        ours, theirs = getattr(own, key), getattr(other, key)
        if ours != theirs:
            yield f"{key}: {said}, by {_shown(ours)}, not {_shown(theirs)}"
    if own.first_step is None and other.first_step is not None:
        yield f"first_step: traffic was not read before the first step; taken as {other.steps[0]} %"
    new = [name for name in other.segments if name not in own.segments]
    if new and own.guardrail("labels") is not None:
        yield (
            f"segments {', '.join(new)}: labels were not counted by them; taken as if none came, "
            "so a rollback may only come earlier than shown"
        )


_AS_THEY_WERE = {
    "metric_lag": "minutes were read when they were",
    "canary_instances": "the canary had the instances that it had",
}


def _flat(policy: Policy) -> dict[str, str]:
    values = {f.name: getattr(policy, f.name) for f in fields(policy) if f.name != "guardrails"}
    for guardrail in policy.guardrails:
        for key in ("weight", "margin", "absolute_margin"):
            values[f"{guardrail.metric}.{key}"] = getattr(guardrail, key)
    return {key: _shown(value) for key, value in values.items()}


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value)) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    return "null" if value is None else str(value)
