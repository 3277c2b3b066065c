"""Faults that wait for their occasion, and those that last. For the world of `tests/faults`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tests.faults.history import Event, History
from tests.faults.kinds import KINDS
from tests.faults.plan import ANY, Fault


class Armed:
    """A fault that strikes at an occasion: a call, or a message."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self._seen = 0

    def is_due(self, phase: str, where: str) -> bool:
        """Whether it strikes now; each time it is asked is an occasion, if it fits."""
        fault = self.fault
        if fault.phase not in (phase, ANY) or fault.where not in (where, "", ANY):
            return False
        if not fault.where and where not in KINDS[fault.kind].where:
            return False
        self._seen += 1
        return fault.nth < self._seen <= fault.nth + fault.times


@dataclass
class Lasting:
    """A fault that lasts; it is hit where it first changes what somebody does or sees."""

    fault: Fault
    until: datetime
    felt: bool = False

    def feel(self, history: History, now: datetime) -> bool:
        """Whether it is still on; if so, it was felt."""
        if now >= self.until:
            return False
        if not self.felt:
            self.felt = True
            history.hits.append((self.fault.kind, history.phase))
            history.events.append(Event(now, "fault", f"{self.fault.kind} is felt"))
        return True
