"""What an alarm is and how it stands. Only `infra/local/cloudwatch` imports it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.local.cloudwatch.alarm_settings import MetricWatch
from infra.local.cloudwatch.composite import CompositeRule
from infra.local.cloudwatch.evaluation import State
from infra.local.ports import Params

METRIC, COMPOSITE = "MetricAlarm", "CompositeAlarm"
ACTIONS: Mapping[State, str] = {
    State.OK: "OKActions",
    State.ALARM: "AlarmActions",
    State.INSUFFICIENT_DATA: "InsufficientDataActions",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """An alarm as it was put; never changed, only replaced.

    Attributes:
        params: the request, without tags.
        watch: what it reads.
        since: when it was put.
        enabled: whether it takes actions.
    """

    name: str
    arn: str
    params: Mapping[str, Any]
    watch: MetricWatch | CompositeRule
    since: datetime
    enabled: bool

    @property
    def kind(self) -> str:
        """AWS's name of the kind of alarm."""
        return METRIC if isinstance(self.watch, MetricWatch) else COMPOSITE

    def actions(self, state: State) -> list[str]:
        """Answer the actions to take on a change to `state`."""
        return list(self.params.get(ACTIONS[state], [])) if self.enabled else []


@dataclass(frozen=True, slots=True)
class Standing:
    """A state, why, and since when it is said."""

    state: State
    reason: str
    data: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """A transition of an alarm from one state to another."""

    settings: Settings
    old: Standing
    new: Standing


@dataclass(slots=True)
class Alarm:
    """An alarm and how it stands now.

    Attributes:
        transitioned: when the state last became another.
        evaluated: the second up to which it was last evaluated; None makes it due at once.
        failing: whether the last evaluation could not be done.
    """

    settings: Settings
    standing: Standing
    transitioned: datetime
    evaluated: int | None = None
    failing: bool = False

    def described(self) -> Params:
        """Answer it in the shape of DescribeAlarms."""
        settings, standing = self.settings, self.standing
        described: Params = {name: [] for name in ACTIONS.values()}
        described |= settings.params
        described |= {
            "AlarmArn": settings.arn,
            "AlarmConfigurationUpdatedTimestamp": settings.since,
            "ActionsEnabled": settings.enabled,
            "StateValue": standing.state.value,
            "StateReason": standing.reason,
            "StateUpdatedTimestamp": standing.at,
            "StateTransitionedTimestamp": self.transitioned,
        }
        if settings.kind == METRIC:
            described.setdefault("Dimensions", [])
        if standing.data is not None:
            described["StateReasonData"] = standing.data
        if self.failing:
            described["EvaluationState"] = "EVALUATION_ERROR"
        return described
