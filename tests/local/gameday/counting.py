"""What a game day found: failures that users saw, decisions lost, ledgers that don't verify.

Pure: everything was read before.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cli.demo.story_data import ClientTotals
from cli.past import event_of, rollout_id
from steelyard.aws.ledger import Entry, state_of
from steelyard.codec import encode
from steelyard.errors import IllegalTransition
from steelyard.rollout.machine import step

_GENESIS = "0" * 64


def failures(
    clients: ClientTotals, counted: Mapping[str, float], bad: Iterable[str]
) -> Sequence[str]:
    """Requests that failed other than inside a bad version; each kind in words.

    An error answer names no variant, so those of bad versions are known by CloudWatch's count.

    Args:
        counted: model errors by variant, as CloudWatch has them.
        bad: variants of the bad versions.
    """
    found = [f"{count} x {what}" for what, count in sorted(clients.platform_errors.items())]
    theirs = set(bad)
    innocent = {name: count for name, count in sorted(counted.items()) if name not in theirs}
    found += [f"{count:g} x ModelError of {name}" for name, count in innocent.items() if count]
    seen = sum(clients.model_errors.values())
    explained = sum(counted.values())
    if seen > explained:
        found.append(f"{seen - explained:g} x ModelError that no variant counted")
    return found


def canaries(entries: Iterable[Entry], rollouts: Iterable[str]) -> set[str]:
    """The variants of rollouts."""
    wanted = set(rollouts)
    return {str(e.state["rollout"]["canary"]) for e in entries if rollout_id(e) in wanted}


def lost(
    entries: Sequence[Entry],
    in_quarantine: Iterable[str],
    orders: Iterable[str],
    rollouts: Iterable[str],
) -> Sequence[str]:
    """Commands and approvals that are neither in the ledger nor in quarantine.

    Args:
        in_quarantine: records, as they are there.
        orders: keys of the commands that were given.
        rollouts: that the approvals were to begin.
    """
    keys = {entry.trigger.get("key") for entry in entries}
    begun = {rollout_id(entry) for entry in entries}
    records = "".join(in_quarantine)
    # Within a record the event is text in JSON, and with its closing quote no key is in another.
    missing = [key for key in orders if key not in keys and f'{key}\\"' not in records]
    return [
        *(f"order {key}" for key in missing),
        *(f"the approval behind {rollout}" for rollout in rollouts if rollout not in begun),
    ]


def broken(entries: Sequence[Entry]) -> Sequence[str]:
    """Gaps, broken hashes, and decisions that what was seen doesn't lead to."""
    found: list[str] = []
    for before, entry in zip([None, *entries], entries, strict=False):
        number = before.version if before else 0
        if entry.version != number + 1:
            found.append(f"entry {entry.version} follows entry {number}")
        if not entry.is_whole:
            found.append(f"entry {entry.version} has another hash")
        if entry.previous != (before.hash if before else _GENESIS):
            found.append(f"entry {entry.version} names another predecessor")
        if difference := _decided_otherwise(before, entry):
            found.append(f"entry {entry.version}: replayed, {difference}")
    return found


def _decided_otherwise(before: Entry | None, entry: Entry) -> str:
    try:
        decision = step(state_of(before, entry.endpoint), event_of(entry), entry.at)
    except IllegalTransition as error:
        return f"it is refused: {error}"
    if encode(decision.state) != entry.state:
        return "it leads to another state"
    again: Mapping[str, Any] = encode(decision)
    differing = [key for key in entry.decision if again[key] != entry.decision[key]]
    return f"it differs in {', '.join(differing)}" if differing else ""
