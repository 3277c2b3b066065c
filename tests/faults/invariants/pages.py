"""What people must have heard by the end: invariant 13. For `tests/faults`."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.history import Entry
from tests.faults.invariants.registry import Moment, invariant

_CALLS_PEOPLE = ("PAUSED", "ROLLING_BACK", "ROLLED_BACK", "PROMOTED", "NEEDS_HUMAN")
_ROUTINE = ("hold", "tidy")


@invariant(13, "end")
def whoever_waits_for_a_person_has_called_one(moment: Moment) -> Iterator[str]:
    """PAUSED and NEEDS_HUMAN are told, with what was seen."""
    run = moment.checks.run
    phase = run.history.phase
    warned = run.history.entries[-1].state["warned"] if run.history.entries else ""
    if warned and not any(warned in text for _, text in run.cloud.topic.pages):
        yield f"nobody was told: {warned}"
    if phase not in ("PAUSED", "NEEDS_HUMAN"):
        return
    entered = next(e for e in reversed(run.history.entries) if e.decision["phase"] == phase)
    reasons = {e.decision["reason"] for e in run.history.entries if e.phase == phase}
    told = [text for subject, text in run.cloud.topic.pages if phase in subject]
    if not any(reason in text for reason in reasons for text in told):
        yield f"{phase} since entry {entered.version}, and nobody was told why"


@invariant(13, "end")
def no_page_is_lost(moment: Moment) -> Iterator[str]:
    """Each decision that people must hear of went out, with its reason, however late.

    Pages are compared from the decision on: an equal reason may have been told before.
    """
    run = moment.checks.run
    for before, entry in zip((None, *run.history.entries), run.history.entries, strict=False):
        if not _is_for_people(entry, before):
            continue
        reason = entry.decision["reason"]
        since = run.cloud.topic.pages[run.checks.pages_before[entry.version] :]
        if not any(reason in text for _, text in since):
            yield f"entry {entry.version} was never told: {reason}"
            return


def _is_for_people(entry: Entry, before: Entry | None) -> bool:
    kind = entry.decision["kind"]
    if kind == "adopt":  # the first time, nothing was known that could have been changed
        return before is not None and before.state["stable"] is not None
    moved = kind not in _ROUTINE and entry.decision["phase"] in _CALLS_PEOPLE
    return moved or kind == "warn"
