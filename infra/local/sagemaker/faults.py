"""Faults on demand, for tests: the next new fleet fails as AWS's sometimes do."""

import threading
from collections import deque
from dataclasses import dataclass

from infra.local.sagemaker.refusals import invalid


@dataclass(frozen=True)
class Fault:
    """One way for a fleet not to come up."""

    reason: str
    on_create: bool
    """Whether it can strike CreateEndpoint too, not only UpdateEndpoint."""


FAULTS = {
    # The endpoint is InService again on its old config and does not say why: seen by users of
    # UpdateEndpoint, and the reason why status alone proves nothing.
    "silent-rollback": Fault(reason="", on_create=False),
    "capacity": Fault(
        reason="Unable to provision requested ML compute capacity due to "
        "InsufficientInstanceCapacity error. Please retry using a different ML instance type "
        "or after some time.",
        on_create=True,
    ),
}


class Faults:
    """Faults that were asked for and have not struck; each strikes once, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Fault] = deque()

    def set(self, name: str) -> None:
        """Let the next new fleet fail so.

        Raises:
            AwsError: no fault has that name.
        """
        if name not in FAULTS:
            raise invalid(f"Fault {name!r} is not known: give one of {', '.join(sorted(FAULTS))}")
        with self._lock:
            self._waiting.append(FAULTS[name])

    def take(self, *, creating: bool) -> Fault | None:
        """Answer the fault that strikes a new fleet now, if one does."""
        with self._lock:
            for fault in self._waiting:
                if fault.on_create or not creating:
                    self._waiting.remove(fault)
                    return fault
        return None
