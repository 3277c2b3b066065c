"""What might have been seen instead, one thing at a time. For `cli/whatif.py` alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from cli.receipt import Receipt
from steelyard.rollout.model import Phase
from steelyard.rollout.observation import IN_SERVICE, Live, Seen
from steelyard.rollout.plan import intended_weights


def otherwise_seen(receipt: Receipt) -> Iterator[tuple[str, Seen]]:
    """Suppositions that differ from what was seen, in words and as a reading."""
    for supposed, change in _CHANGES.items():
        seen = change(receipt)
        if seen != receipt.event.seen:
            yield supposed, seen


def ready(receipt: Receipt) -> Seen:
    """The endpoint in service as stable left it, with nothing that keeps a rollout waiting."""
    seen, config = receipt.event.seen, receipt.after.stable.config
    live = seen.live and replace(seen.live, status=IN_SERVICE, config=config)
    return replace(seen, live=live, alarms=(), unreadable=())


def _quiet(receipt: Receipt) -> Seen:
    return replace(receipt.event.seen, alarms=())


def _shared(receipt: Receipt) -> Seen:
    alarms = receipt.event.seen.alarms
    return replace(
        receipt.event.seen,
        alarms=tuple(
            replace(alarm, stable=max(alarm.threshold, alarm.stable or 0.0)) for alarm in alarms
        ),
    )


def _readable(receipt: Receipt) -> Seen:
    return replace(receipt.event.seen, unreadable=())


def _answered(receipt: Receipt) -> Seen:
    golden = receipt.event.seen.golden
    if golden is None:
        return receipt.event.seen
    right = tuple(replace(answer, outcome="right", why="") for answer in golden)
    return replace(receipt.event.seen, golden=right)


def _visited(receipt: Receipt) -> Seen:
    seen = receipt.event.seen
    return seen if seen.traffic is None or any(seen.traffic) else replace(seen, traffic=(1,))


def _allowed(receipt: Receipt) -> Seen:
    return replace(receipt.event.seen, refused="")


def _as_meant(receipt: Receipt) -> Seen:
    """The endpoint as the rollout meant it to be, with as many canary instances as stable has."""
    seen, rollout = receipt.event.seen, receipt.before.rollout
    if seen.live is None or rollout is None or rollout.phase is Phase.PENDING:
        return seen
    intent = rollout.intent
    weights: Mapping[str, int] = (intent and intent.weights) or intended_weights(rollout)
    most = max((v.instances for v in seen.live.variants), default=1)
    template = seen.live.variants[:1]
    variants = tuple(
        replace(like, name=name, weight=weight, instances=most, desired_instances=most)
        for name, weight in weights.items()
        for like in template
    )
    config = (intent and intent.config) or rollout.config
    return replace(seen, live=Live(IN_SERVICE, config, variants), canary_alarms=True, refused="")


_CHANGES: Mapping[str, Callable[[Receipt], Seen]] = {
    "without the alarm": _quiet,
    "if stable had been as bad by the alarm's metric": _shared,
    "if everything could have been read": _readable,
    "if all golden requests had been answered rightly": _answered,
    "if stable had had a request": _visited,
    "if AWS had not refused": _allowed,
    "if the endpoint had been as it was meant to be": _as_meant,
}
