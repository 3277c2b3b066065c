"""Counts with one thing different, for suppositions. For `cli/whatif.py` alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from steelyard.evidence import Arm, Batch, Carrier, Labels

_COUNTER = {"errors": "errors", "latency": "slow"}


def left_out(batch: Batch, what: Carrier) -> Batch:
    """The batch as if a metric, or a segment's part of it, had not been measured in either arm."""
    return replace(batch, stable=_without(batch.stable, what), canary=_without(batch.canary, what))


def canary_bad(batches: Sequence[Batch], what: Carrier) -> int:
    """How many bad events the canary has: errors, or wrong labels of one segment or of all."""
    return sum(sum(_bad(batch.canary, what)) for batch in batches)


def most_bad(batches: Sequence[Batch], what: Carrier) -> int:
    """How many it could have."""
    return sum(sum(_most(batch.canary, what)) for batch in batches)


def with_bad(batches: Sequence[Batch], what: Carrier, bad: int) -> tuple[Batch, ...]:
    """The batches with so many bad events of the canary in all; the first ones change first."""
    change = bad - canary_bad(batches, what)
    changed = []
    for batch in batches:
        counts = []
        for have, most in zip(_bad(batch.canary, what), _most(batch.canary, what), strict=True):
            here = max(-have, min(change, most - have))
            counts.append(have + here)
            change -= here
        changed.append(replace(batch, canary=_set(batch.canary, what, counts)))
    return tuple(changed)


def _without(arm: Arm, what: Carrier) -> Arm:
    if what.metric == "labels":
        kept = {s: n for s, n in arm.labels.items() if what.segment not in (None, s)}
        return replace(arm, labels=kept)
    counter = _COUNTER[what.metric]
    bad = {name: count for name, count in arm.bad.items() if name != counter}
    return replace(arm, bad=bad, latency=() if what.metric == "latency" else arm.latency)


def _segments(arm: Arm, what: Carrier) -> list[str]:
    return [name for name in arm.labels if what.segment in (None, name)]


def _bad(arm: Arm, what: Carrier) -> list[int]:
    if what.metric == "labels":
        return [arm.labels[name].wrong for name in _segments(arm, what)]
    return [arm.bad[what.metric]] if what.metric in arm.bad else []


def _most(arm: Arm, what: Carrier) -> list[int]:
    if what.metric == "labels":
        return [arm.labels[name].labels for name in _segments(arm, what)]
    return [arm.requests] if what.metric in arm.bad else []


def _set(arm: Arm, what: Carrier, counts: list[int]) -> Arm:
    if what.metric == "labels":
        named = zip(_segments(arm, what), counts, strict=True)
        wrong = {name: Labels(arm.labels[name].labels, count) for name, count in named}
        return replace(arm, labels={**arm.labels, **wrong})
    return replace(arm, bad={**arm.bad, **({what.metric: counts[0]} if counts else {})})
