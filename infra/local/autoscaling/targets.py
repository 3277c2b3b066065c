"""Scalable targets and their policies, as records, thread-safe. Only this package imports it."""

import hashlib
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from infra.local.autoscaling.errors import invalid, not_emulated
from infra.local.autoscaling.tracking import Change, Tracking
from infra.local.ports import Params

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
NAMED = ("ServiceNamespace", "ResourceId", "ScalableDimension")
"""The members of a request that say which target is meant."""
_RESOURCE = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")


@dataclass(frozen=True)
class Policy:
    """A target tracking policy; `given` is its configuration as it was put."""

    name: str
    arn: str
    given: Params
    tracking: Tracking
    created: datetime


@dataclass(frozen=True)
class Target:
    """A variant that scales.

    Attributes:
        arn: of the target; AWS makes up the id in it, so nobody can name it beforehand.
        suspended: SuspendedState with all its flags.
        unchecked: the bounds are new, and the count has not been brought inside them yet.
        last: the last change of the count.
    """

    resource_id: str
    endpoint: str
    variant: str
    arn: str
    role_arn: str
    least: int
    most: int
    suspended: Mapping[str, bool]
    created: datetime
    policy: Policy | None = None
    unchecked: bool = True
    last: Change | None = None


@dataclass
class Targets:
    """All targets, by resource id."""

    _targets: dict[str, Target] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def all(self) -> list[Target]:
        """Answer the targets, oldest first."""
        with self._lock:
            return list(self._targets.values())

    def get(self, resource_id: str) -> Target | None:
        """Answer a target, if it is registered."""
        with self._lock:
            return self._targets.get(resource_id)

    def put(self, target: Target) -> None:
        """Register a target, or put it in the place of what was registered."""
        with self._lock:
            self._targets[target.resource_id] = target

    def revise(self, target: Target, **changes: Any) -> None:
        """Change members of a target, unless it was deregistered meanwhile."""
        with self._lock:
            found = self._targets.get(target.resource_id)
            if found is not None and found.created == target.created:
                self._targets[target.resource_id] = replace(found, **changes)

    def remove(self, resource_id: str) -> bool:
        """Deregister a target with its policy; answer whether it was there."""
        with self._lock:
            return self._targets.pop(resource_id, None) is not None


def resource_of(params: Mapping[str, Any]) -> tuple[str, str]:
    """Answer (endpoint, variant) of a request's ResourceId.

    Raises:
        AwsError: it names no variant, or something else than a variant's instance count.
    """
    named = (params["ServiceNamespace"], params.get("ScalableDimension", DIMENSION))
    if named != (NAMESPACE, DIMENSION):
        raise not_emulated(
            f"{named[1]} of {named[0]} (accepted: {DIMENSION} of {NAMESPACE}: instances of a "
            "variant)"
        )
    match = _RESOURCE.fullmatch(params["ResourceId"])
    if match is None:
        raise invalid(
            f"Unsupported resource ID {params['ResourceId']!r}: give "
            "endpoint/<endpoint>/variant/<variant>"
        )
    return match[1], match[2]


def target_id(resource_id: str) -> str:
    """Answer the id in a target's ARN: opaque, as AWS's are."""
    return hashlib.sha256(resource_id.encode()).hexdigest()[:34]
