"""Asks the invariants, and keeps the first answer that is none. For `tests/faults`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.faults.history import Change, Entry
from tests.faults.invariants import outcome, pages, records, standing, traffic
from tests.faults.invariants.registry import INVARIANTS, Invariant, Moment, Occasion

if TYPE_CHECKING:
    from tests.faults.run import Run

_LOADED = (outcome, pages, records, standing, traffic)
_BY_OCCASION: Mapping[Occasion, list[Invariant]] = {
    at: sorted((one for one in INVARIANTS if one.at == at), key=lambda one: one.number)
    for at in ("entry", "change", "fleet", "end")
}


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was not kept, when, and how."""

    number: int
    name: str
    at: datetime
    what: str

    def __str__(self) -> str:
        return f"invariant {self.number}, {self.name}: {self.what}"


class Checks:
    """All invariants over one run.

    Attributes:
        broken: the first that was.
        ceilings: percent of the traffic that each variant was ever approved for.
        standing: who is in charge, and who was before, as the fleet showed it.
        pages_before: how many pages had gone out before each entry, by version.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.broken: Violation | None = None
        self.ceilings: dict[str, float] = {}
        self.standing = standing.Standing()
        self.pages_before: dict[int, int] = {}

    def entry(self, entry: Entry) -> None:
        """One more entry of the ledger."""
        entries = self.run.history.entries
        before = entries[-2] if len(entries) > 1 else None
        self.pages_before[entry.version] = len(self.run.cloud.topic.pages)
        traffic.raise_ceiling(self.ceilings, entry, before)
        self._ask("entry", Moment(self, entry=entry, before=before))

    def change(self, change: Change) -> None:
        """One more call that changed something, or was to."""
        self._ask("change", Moment(self, change=change))

    def fleet(self) -> None:
        """The fleet may have changed, or time has passed."""
        self._ask("fleet", Moment(self))

    def looked(self) -> None:
        """Describe was asked for the endpoint."""
        entries = self.run.history.entries
        self.standing.look(self.run.cloud, entries[-1] if entries else None)

    def end(self) -> None:
        """It has come to rest."""
        self._ask("end", Moment(self))

    def late(self, bound: timedelta) -> None:
        """It has not come to rest."""
        phase = self.run.history.phase
        self._break(13, "it comes to rest", f"still {phase}, {bound} after the last fault")

    def _ask(self, at: Occasion, moment: Moment) -> None:
        if self.broken is not None:
            return
        for one in _BY_OCCASION[at]:
            for what in one.rule(moment):
                self._break(one.number, one.name, what)
                return

    def _break(self, number: int, name: str, what: str) -> None:
        self.broken = self.broken or Violation(number, name, self.run.cloud.timeline.now, what)
