"""Runs to be doctored, so that an invariant must see it. Helpers of the tests beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.faults.history import Change, Entry
from tests.faults.invariants.records import digest
from tests.faults.run import Run
from tests.faults.sweep import STORIES
from tests.functional.fake_sagemaker import Fleet

CANARY = "v2-r1"
Doctor = Callable[[Run], None]


def played(story: str = "promotion and the loser's removal") -> Run:
    """A run that kept every promise."""
    run = Run(STORIES[story])
    assert run.play().broken is None
    return run


def found(run: Run, doctor: Doctor) -> int:
    """The number of the invariant that sees what the doctor did."""
    doctor(run)
    assert run.checks.broken is not None
    return run.checks.broken.number


def appended(run: Run, number: int = -1, **state: Any) -> None:
    """One more entry, like one that is there but for the rollout's state."""
    item = dict(run.history.entries[number].item)
    old = json.loads(item["state"]["S"])
    old["rollout"] = {**old["rollout"], **state}
    item["state"] = {"S": json.dumps(old)}
    put(run, item)


def put(run: Run, item: dict[str, Any], *, chained: bool = True) -> None:
    """Append an item, with the version and the hash that it must have unless it is to break."""
    if chained:
        last = run.history.entries[-1]
        item["version"] = {"S": f"{last.version + 1:012d}"}
        item["previous"] = last.item["hash"]
        item["hash"] = {"S": digest(item)}
    entry = Entry(item)
    run.history.entries.append(entry)
    run.checks.entry(entry)


def change(run: Run, operation: str, params: Mapping[str, Any]) -> None:
    """One more call that reached AWS."""
    entries = len(run.history.entries)
    now = run.cloud.timeline.now
    run.checks.change(Change(now, "sagemaker", operation, params, entries))


def weights(**of: float) -> dict[str, Any]:
    """Parameters of UpdateEndpointWeightsAndCapacities."""
    wanted = [{"VariantName": name, "DesiredWeight": weight} for name, weight in of.items()]
    return {"EndpointName": "completion", "DesiredWeightsAndCapacities": wanted}


def serves(run: Run, **of: float) -> None:
    """Set what serves, and let it be seen."""
    run.cloud.endpoint.fleet = Fleet("completion-v2-r1", dict(of), dict.fromkeys(of, 2))
    run.checks.fleet()


def index_of(run: Run, phase: str) -> int:
    """The first entry in a phase."""
    return next(n for n, entry in enumerate(run.history.entries) if entry.phase == phase)


def raised(run: Run, **seen: Any) -> dict[str, Any]:
    """The entry that raised the canary to the holdback, with something else seen."""
    number = index_of(run, "HOLDBACK")
    item = dict(run.history.entries[number].item)
    del run.history.entries[number:]
    item["seen"] = {"S": json.dumps({**json.loads(item["seen"]["S"]), **seen})}
    return item
