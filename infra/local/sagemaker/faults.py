"""Faults on demand: what AWS does to calls and changes now and then. `service` takes the orders.

Each strikes once, in the order in which it was asked for. Statuses are imposed by `statuses`.
"""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from infra.local.ports import AwsError
from infra.local.sagemaker import refusals
from infra.local.sagemaker.refusals import invalid

_SHORT = (
    "Unable to provision requested ML compute capacity due to "
    "InsufficientInstanceCapacity error. Please retry using a different ML instance type "
    "or after some time."
)


@dataclass(frozen=True)
class FleetFault:
    """A way for a new fleet not to take over."""

    reason: str
    """The endpoint's FailureReason."""
    on_create: bool = False
    """Whether it can strike CreateEndpoint too, not only UpdateEndpoint."""
    status: Literal["InService", "Failed", "UpdateRollbackFailed"] = "InService"
    """Where it leaves an endpoint that served before."""


@dataclass(frozen=True)
class ShiftFault:
    """A change of weights or counts that is undone: the endpoint goes through RollingBack."""

    reason: str


@dataclass(frozen=True)
class CallFault:
    """A call that gets an error for an answer.

    Attributes:
        operation: which one it strikes.
        error: the answer; None: what IAM says of the call.
        done: when the call is done all the same: virtual seconds later; None: never.
    """

    operation: str
    error: AwsError | None
    done: float | None


Fault = FleetFault | ShiftFault | CallFault

_CHANGES: Mapping[str, FleetFault | ShiftFault] = {
    # The endpoint is InService again on its old config and does not say why: seen by users of
    # UpdateEndpoint, and the reason why status alone proves nothing.
    "silent-rollback": FleetFault(""),
    "capacity": FleetFault(_SHORT, on_create=True),
    "update-failed": FleetFault(_SHORT, status="Failed"),
    "update-rollback-failed": FleetFault(_SHORT, status="UpdateRollbackFailed"),
    "weights-roll-back": ShiftFault("The requested weights could not be applied."),
}
_CALLS: Mapping[str, tuple[AwsError, bool]] = {
    "throttle": (refusals.throttled(), False),
    "quota": (refusals.quota("ml.g5.xlarge", limit=4, used=4, more=1), False),
    "unavailable": (refusals.unavailable(), False),
    "lost-answer": (refusals.broken(), True),
    "delay": (refusals.broken(), True),
}
_ASKED = ("access-denied", *_CALLS)
_DETAILS: Mapping[str, tuple[str, ...]] = {
    "status": ("endpoint", "status", "seconds"),
    "stall": ("endpoint", "seconds"),
    **dict.fromkeys(_CHANGES, ()),
    **dict.fromkeys(_ASKED, ("operation",)),
    "delay": ("operation", "seconds"),
}
NAMES = tuple(_DETAILS)
"""Everything that may be asked for."""


def check(name: str, details: Mapping[str, Any]) -> None:
    """Refuse a fault that nobody knows, or a detail that it hasn't got.

    Raises:
        AwsError: ValidationException.
    """
    if name not in _DETAILS:
        raise invalid(f"Fault {name!r} is not known: give one of {', '.join(sorted(NAMES))}")
    others = sorted(details.keys() - _DETAILS[name])
    if others:
        accepted = ", ".join(_DETAILS[name]) or "none"
        raise invalid(f"Fault {name!r} has no details {others}: accepted: {accepted}")


def read(name: str, details: Mapping[str, Any]) -> Fault:
    """Answer the fault of a name that `check` knows.

    Args:
        details: `operation`, of those that strike calls; `seconds`, virtual, of "delay".

    Raises:
        AwsError: a detail is missing.
    """
    if name in _CHANGES:
        return _CHANGES[name]
    operation = details.get("operation")
    if not isinstance(operation, str):
        raise invalid(f"Fault {name!r} strikes one operation: give it, not {operation!r}")
    if name == "access-denied":
        return CallFault(operation, None, done=None)
    error, happens = _CALLS[name]
    seconds = seconds_of(details) if name == "delay" else 0.0
    return CallFault(operation, error, seconds if happens else None)


def seconds_of(details: Mapping[str, Any]) -> float:
    """How long something lasts, in virtual seconds.

    Raises:
        AwsError: the details don't say so.
    """
    seconds = details.get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 1e6:
        raise invalid(f"seconds {seconds!r} are not accepted: give a number from 0 to 1e6")
    return float(seconds)


class Faults:
    """Faults that were asked for and have not struck."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Fault] = deque()

    def set(self, fault: Fault) -> None:
        """Let it strike the next change or call that it can."""
        with self._lock:
            self._waiting.append(fault)

    def of_fleet(self, *, creating: bool) -> FleetFault | None:
        """Answer the fault that strikes a new fleet now, if one does."""
        with self._lock:
            for fault in self._waiting:
                if isinstance(fault, FleetFault) and (fault.on_create or not creating):
                    self._waiting.remove(fault)
                    return fault
        return None

    def of_shift(self) -> ShiftFault | None:
        """Answer the fault that strikes a change of weights or counts now, if one does."""
        with self._lock:
            for fault in self._waiting:
                if isinstance(fault, ShiftFault):
                    self._waiting.remove(fault)
                    return fault
        return None

    def of_call(self, operation: str) -> CallFault | None:
        """Answer the fault that strikes a call now, if one does."""
        with self._lock:
            for fault in self._waiting:
                if isinstance(fault, CallFault) and fault.operation == operation:
                    self._waiting.remove(fault)
                    return fault
        return None
