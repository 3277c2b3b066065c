"""What can go wrong, and where it can: the rows and cells of the summary. For `tests/faults`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

PHASES = (
    "NONE",
    "PENDING",
    "PROVISIONING",
    "WARMING",
    "RAMPING",
    "HOLDBACK",
    "FINALIZING",
    "PROMOTED",
    "PAUSED",
    "ROLLING_BACK",
    "ROLLED_BACK",
    "NEEDS_HUMAN",
)
READS = ("DescribeEndpoint", "ListModelPackages", "DescribeEndpointConfig", "GetParameter", "Query")
UPDATE, SHIFT = "UpdateEndpoint", "UpdateEndpointWeightsAndCapacities"
CREATE = ("CreateModel", "CreateEndpointConfig")
DELETE = ("DeleteEndpointConfig", "DeleteModel")
PAGE = "Publish"
WRITES = (
    *CREATE,
    *DELETE,
    UPDATE,
    SHIFT,
    "PutMetricAlarm",
    "DeleteAlarms",
    "RegisterScalableTarget",
    "DeregisterScalableTarget",
    "PutScalingPolicy",
    "PutItem",
)
MESSAGES = ("tick", "alarm", "endpoint", "approval", "command")
STATUSES = (
    "OutOfService",
    "Creating",
    "Updating",
    "SystemUpdating",
    "RollingBack",
    "InService",
    "Deleting",
    "Failed",
    "UpdateRollbackFailed",
)
SERVICES = ("dynamodb", "sagemaker", "cloudwatch", "application-autoscaling", "ssm", "sqs")
_MAKES_UPDATES = ("PROVISIONING", "PROMOTED", "ROLLED_BACK")
_SHIFTS = ("RAMPING", "HOLDBACK", "FINALIZING", "ROLLING_BACK")
_TOLD = ("PROMOTED", "PAUSED", "ROLLING_BACK", "ROLLED_BACK", "NEEDS_HUMAN")
_WEIGHED = ("RAMPING", "HOLDBACK", "PAUSED", "NEEDS_HUMAN")
_HOW = ("unavailable", "denied")
_CREATES = ("PROVISIONING", "PROMOTED", "ROLLED_BACK")


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to go wrong.

    Attributes:
        at: what it happens to: a call, a message, or a while of the world.
        where: operations, kinds of message, or services that it can be about.
        phases: in which it can take effect; elsewhere, `why_not`.
    """

    at: Literal["call", "message", "while"]
    where: tuple[str, ...]
    phases: tuple[str, ...] = PHASES
    why_not: str = ""


_BUSY = Kind("call", (UPDATE, SHIFT), (*_MAKES_UPDATES, *_SHIFTS), "no update is asked for")
_NO_CONFIG = Kind("call", (UPDATE,), _MAKES_UPDATES, "no config is named")
_ANY_CALL = (*WRITES, PAGE, *READS)
_BY_HAND = Kind(
    "call",
    (UPDATE, SHIFT, *CREATE, *DELETE, "DeleteAlarms"),
    (*_MAKES_UPDATES, *_SHIFTS),
    "no intent is acted on",
)
_OF_CALLS: Mapping[str, Kind] = {
    "lost request": Kind("call", _ANY_CALL),
    "lost response": Kind("call", _ANY_CALL),
    "delayed call": Kind("call", (*WRITES, PAGE)),
    "duplicated call": Kind("call", (*WRITES, PAGE, "PutMetricData")),
    "crash before a call": Kind("call", _ANY_CALL),
    "crash after a call": Kind("call", _ANY_CALL),
    "throttle": Kind("call", _ANY_CALL),
    "server error": Kind("call", _ANY_CALL),
    "access denied": Kind("call", _ANY_CALL),
    "time-out in mid-call": Kind("call", _ANY_CALL),
    "stale read": Kind("call", ("DescribeEndpoint",)),
    "quota": Kind("call", (UPDATE, *CREATE), _CREATES, "nothing is created"),
    "capacity": Kind("call", (UPDATE,), _MAKES_UPDATES, "no instances are asked for"),
    "silent rollback": _BUSY,
    "in-progress endpoint": _BUSY,
    "could not find endpoint": _BUSY,
    "already existing": Kind("call", CREATE, _CREATES, "nothing is created"),
    "config not found": _NO_CONFIG,
    "variant not found": Kind("call", (SHIFT,), _SHIFTS, "no variant is named"),
    "changed by hand while busy": _BY_HAND,
    "changed by hand while throttled": _BY_HAND,
    "changed by hand while killed": _BY_HAND,
}
_OF_MESSAGES: Mapping[str, Kind] = {
    "event dropped": Kind("message", ("tick", "alarm", "endpoint", "approval")),
    "event duplicated": Kind("message", MESSAGES),
    "event reordered": Kind("message", MESSAGES),
    "event replayed after 91 days": Kind("message", MESSAGES),
    "event 10 minutes off": Kind("message", MESSAGES),
    "dead letter": Kind("message", MESSAGES),
    "newer code": Kind("message", MESSAGES),
    "ticks late": Kind("message", ("tick",)),
}
_OF_SERVICES: Mapping[str, Kind] = {
    **{f"{service} unavailable": Kind("while", (service,)) for service in SERVICES},
    **{f"{service} denied": Kind("while", (service,)) for service in SERVICES},
    **{f"sns {how}": Kind("while", ("sns",), _TOLD, "nobody is called") for how in _HOW},
    **{f"labels {how}": Kind("while", ("labels",), _WEIGHED, "no label counts") for how in _HOW},
    "dynamodb away for an hour": Kind("while", ("dynamodb",)),
    "ticks dropped": Kind("while", ("tick",)),
    "requests are few": Kind("while", ("traffic",)),
}
_OF_STATUSES: Mapping[str, Kind] = {
    f"endpoint {status}": Kind("while", (status,)) for status in STATUSES if status != "InService"
}
KINDS: Mapping[str, Kind] = {**_OF_CALLS, **_OF_MESSAGES, **_OF_SERVICES, **_OF_STATUSES}


def cells() -> tuple[tuple[str, str], ...]:
    """All pairs of fault and phase that can be."""
    return tuple((name, phase) for name, kind in KINDS.items() for phase in kind.phases)
