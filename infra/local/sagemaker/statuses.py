"""Statuses and delays that a test imposes on an endpoint. Only `service` uses it.

Every status of the API can be seen so; which calls each one refuses is `endpoints`' to say.
"""

from collections.abc import Mapping
from typing import Any

from infra.local.sagemaker.changes import Changes
from infra.local.sagemaker.context import Context
from infra.local.sagemaker.endpoint import Endpoint
from infra.local.sagemaker.events import Events
from infra.local.sagemaker.faults import seconds_of
from infra.local.sagemaker.refusals import invalid
from infra.local.sagemaker.router import Router
from infra.local.sagemaker.shelf import Shelf

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
_AWAY = ("OutOfService", "Creating", "Deleting")
"""In which no request is answered: "not available to take incoming requests" (M); others serve."""


class Statuses:
    """Takes the orders "status" and "stall"."""

    def __init__(
        self,
        context: Context,
        shelf: Shelf[Endpoint],
        changes: Changes,
        router: Router,
        events: Events,
    ) -> None:
        self._context = context
        self._shelf = shelf
        self._changes = changes
        self._router = router
        self._events = events

    def impose(self, details: Mapping[str, Any]) -> None:
        """Show a status, for a while or until InService is imposed. Deleting ends with deletion.

        Args:
            details: `endpoint`, `status`, and perhaps `seconds`, virtual.

        Raises:
            AwsError: no such endpoint or status.
        """
        status = details.get("status")
        if status not in STATUSES:
            raise invalid(
                f"Status {status!r} is not known: give one of {', '.join(sorted(STATUSES))}"
            )
        endpoint = self._show(str(details.get("endpoint")), status)
        if "seconds" not in details:
            return
        if status == "Deleting":
            self._changes.after(endpoint, seconds_of(details), lambda: self._delete(endpoint))
        else:
            self._changes.after(endpoint, seconds_of(details), lambda: self._end(endpoint, status))

    def stall(self, details: Mapping[str, Any]) -> None:
        """Let the change under way take at least so many more virtual seconds.

        Args:
            details: `endpoint` and `seconds`.

        Raises:
            AwsError: no such endpoint.
        """
        seconds = seconds_of(details)
        with self._context.lock:
            endpoint = self._shelf.get(str(details.get("endpoint")))
            endpoint.not_before = self._context.cloud.clock.monotonic() + seconds

    def _show(self, name: str, status: str) -> Endpoint:
        with self._context.lock:
            endpoint = self._shelf.get(name)
            endpoint.imposed = "" if status == "InService" else status
            described = endpoint.describe()
        if status in _AWAY:
            self._router.suspend(endpoint.name)
        else:
            self._router.resume(endpoint.name)
        self._events.endpoint(described)
        return endpoint

    def _end(self, endpoint: Endpoint, status: str) -> None:
        if endpoint.imposed == status:
            self._show(endpoint.name, "InService")

    def _delete(self, endpoint: Endpoint) -> None:
        if endpoint.imposed != "Deleting":
            return
        with self._context.lock:
            described = endpoint.describe()
            self._shelf.remove(endpoint.name)
        self._changes.gone(endpoint, described, lambda: None)
