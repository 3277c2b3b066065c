"""One endpoint of the fake SageMaker: what serves, what is under way, and what a test imposes.

`fake_sagemaker` answers calls with it; tests and simulated worlds make it misbehave.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from tests.functional import sagemaker_refusals as refused
from tests.functional.fake_fleet import Fleet

CREATED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
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
"""All nine (M: EndpointStatus). None but InService takes an update of weights."""
UPDATABLE = ("InService", "UpdateRollbackFailed")
"""UpdateEndpoint mends an endpoint whose rollback failed (D: "Rolling Deployments")."""
DELETABLE = ("InService", "Failed", "OutOfService", "UpdateRollbackFailed")
"""Failed: the only call that it takes; SystemUpdating: refused (M). The rest are (K)."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a change ends that fails: in which status, and what FailureReason says.

    Attributes:
        of: a shift, of weights and counts alone, or an update, which brings a new fleet.
    """

    of: Literal["update", "shift"]
    reason: str
    status: Literal["InService", "Failed", "UpdateRollbackFailed"] = "InService"


@dataclass(slots=True)
class FakeEndpoint:
    """One endpoint; a change is done when its time has come.

    Attributes:
        change: the fleet that is on its way.
        shifts: whether the change is of weights and counts alone, without a new fleet.
        rolling_back: whether such a change has failed and is being undone.
        status: what Describe shows whatever goes on; "" shows the truth.
        until: when the imposed status ends; None: when it is taken away.
        mixed: the config that serves beside the fleet's after UpdateRollbackFailed.
        ending: how the next change of its kind fails; None: it doesn't.
    """

    name: str
    fleet: Fleet
    change: Fleet | None = None
    done_at: datetime = CREATED
    failure: str = ""
    status: str = ""
    until: datetime | None = None
    shifts: bool = False
    rolling_back: bool = False
    rolls_back_for: timedelta = timedelta(seconds=60)
    began: datetime = CREATED
    modified: datetime = CREATED
    created: datetime = CREATED
    mixed: str = ""
    ending: Ending | None = None

    @property
    def shown(self) -> str:
        """EndpointStatus."""
        if self.status:
            return self.status
        if self.change is None:
            return "InService"
        if self.rolling_back:
            return "RollingBack"
        return "Updating" if self.fleet.weights else "Creating"

    @property
    def desired(self) -> Fleet:
        """The numbers that variants are to have: those of a shift under way, else the live ones."""
        if self.change is not None and self.shifts and not self.rolling_back:
            return self.change
        return self.fleet

    def describe(self) -> dict[str, Any]:
        """What DescribeEndpoint answers, but for what it takes from the config."""
        answer = {
            "EndpointName": self.name,
            "EndpointArn": refused.arn("endpoint", self.name),
            "EndpointConfigName": self.fleet.config,
            "EndpointStatus": self.shown,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
        }
        if self.fleet.weights:
            answer["ProductionVariants"] = _variants(self.fleet, self.desired)
        if self.failure:
            answer["FailureReason"] = self.failure
        if self.change is not None and not self.shifts:
            answer["PendingDeploymentSummary"] = {
                "EndpointConfigName": self.change.config,
                "ProductionVariants": _variants(_nothing(self.change), self.change),
                "StartTime": self.began,
            }
        return answer

    def impose(self, status: str, until: datetime | None = None) -> None:
        """Show a status. Changes under way go on beneath it; Deleting ends with the endpoint."""
        if status not in STATUSES:
            raise ValueError(f"status {status!r} is not known: give one of {STATUSES}")
        self.status, self.until = ("" if status == "InService" else status), until
        self.mixed = self.mixed if status == "UpdateRollbackFailed" else ""

    def fail_next_update(
        self,
        reason: str = "",
        status: Literal["InService", "Failed", "UpdateRollbackFailed"] = "InService",
    ) -> None:
        """Let the next UpdateEndpoint fail when its time has come, by default silently."""
        self.ending = Ending("update", reason, status)

    def fail_next_shift(self, reason: str = "") -> None:
        """Let the next change of weights or counts fail: through RollingBack to what was before."""
        self.ending = Ending("shift", reason)

    def fail_change(self, reason: str = "") -> None:
        """Let the change under way fail, of whatever kind it is."""
        self.ending = Ending("shift" if self.shifts else "update", reason)

    def stall(self, until: datetime) -> None:
        """Let the change under way take at least until then."""
        self.done_at = max(self.done_at, until)

    def check(self, statuses: Collection[str]) -> None:
        """Refuse a call that these statuses alone allow."""
        if self.shown not in statuses or self.change is not None:
            raise refused.in_progress(self.name)

    def begin(self, change: Fleet, now: datetime, takes: timedelta, *, shifts: bool) -> None:
        """Start a change. What the last one left to say goes."""
        self.status, self.until, self.mixed, self.failure = "", None, "", ""
        self.change, self.shifts, self.done_at = change, shifts, now + takes
        self.began = self.modified = now

    def settle(self, now: datetime) -> None:
        """Finish what is due by now."""
        if self.until is not None and now >= self.until and self.status != "Deleting":
            self.status, self.until = "", None
        if self.change is None or now < self.done_at:
            return
        ending = self.ending
        if ending is None or (ending.of == "shift") != self.shifts:
            self._end(self.change)
        elif self.shifts and not self.rolling_back:
            self.rolling_back, self.failure = True, ending.reason
            self.done_at += self.rolls_back_for
            self.settle(now)
        else:
            self._fail(ending)

    def gone(self, now: datetime) -> bool:
        """Whether its deletion is done."""
        return self.status == "Deleting" and self.until is not None and now >= self.until

    def _fail(self, ending: Ending) -> None:
        self.ending = None
        if ending.status == "UpdateRollbackFailed" and self.change is not None:
            self.mixed = self.change.config
        self._end(self.fleet)
        self.failure = ending.reason
        self.status = self.status or ("" if ending.status == "InService" else ending.status)

    def _end(self, fleet: Fleet) -> None:
        self.fleet, self.change, self.rolling_back = fleet, None, False
        self.modified = self.done_at


def _nothing(fleet: Fleet) -> Fleet:
    """A fleet of which nothing runs yet."""
    return Fleet(fleet.config, dict.fromkeys(fleet.weights, 0.0), dict.fromkeys(fleet.weights, 0))


def _variants(current: Fleet, desired: Fleet) -> list[dict[str, Any]]:
    return [
        {
            "VariantName": name,
            "CurrentWeight": weight,
            "DesiredWeight": desired.weights[name],
            "CurrentInstanceCount": current.instances[name],
            "DesiredInstanceCount": desired.instances[name],
        }
        for name, weight in current.weights.items()
    ]
