"""Operations on alarms. Only `infra/local/cloudwatch` imports it."""

from collections.abc import Mapping
from typing import Any

from infra.local.cloudwatch import composite
from infra.local.cloudwatch.alarm_settings import MetricWatch, check_common, metric_watch
from infra.local.cloudwatch.alarms import ACTIONS, COMPOSITE, METRIC, Settings
from infra.local.cloudwatch.book import AlarmBook
from infra.local.cloudwatch.composite import CompositeRule
from infra.local.cloudwatch.errors import bad_combination, not_emulated
from infra.local.cloudwatch.evaluation import State
from infra.local.cloudwatch.paging import page
from infra.local.cloudwatch.tags import Tags
from infra.local.ports import AwsError, Cloud, Params

_PAGE = 50
_RELATIVES = ("ChildrenOfAlarmName", "ParentsOfAlarmName")
_SUPPRESSION = (
    "ActionsSuppressor",
    "ActionsSuppressorWaitPeriod",
    "ActionsSuppressorExtensionPeriod",
)
_OF_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Unit")


class AlarmsApi:
    """Everything that is asked about alarms."""

    def __init__(self, cloud: Cloud, book: AlarmBook, tags: Tags) -> None:
        """Work on `book`."""
        self._cloud = cloud
        self._book = book
        self._tags = tags

    def arn(self, name: str) -> str:
        """Answer the ARN of an alarm."""
        return f"arn:aws:cloudwatch:{self._cloud.region}:{self._cloud.account}:alarm:{name}"

    def exists(self, arn: str) -> bool:
        """Tell whether there is an alarm with an ARN."""
        return any(settings.arn == arn for settings, _ in self._book.described())

    def put_metric_alarm(self, params: Params) -> Params:
        """Create or replace a metric alarm."""
        self._put(params, metric_watch(params, self._cloud.account))
        return {}

    def put_composite_alarm(self, params: Params) -> Params:
        """Create or replace a composite alarm."""
        check_common(params)
        for name in _SUPPRESSION:
            if name in params:
                raise not_emulated(f"{name} of composite alarms")
        self._put(params, composite.parse(params["AlarmRule"]))
        return {}

    def delete_alarms(self, params: Params) -> Params:
        """Delete alarms, all of them or none."""
        self._book.delete(params["AlarmNames"])
        for name in params["AlarmNames"]:
            self._tags.drop(self.arn(name))
        return {}

    def set_alarm_state(self, params: Params) -> Params:
        """Force a state until the next evaluation."""
        self._book.force(
            params["AlarmName"],
            State(params["StateValue"]),
            params["StateReason"],
            params.get("StateReasonData"),
        )
        return {}

    def enable_alarm_actions(self, params: Params) -> Params:
        """Switch actions on."""
        self._book.enable(params["AlarmNames"], enabled=True)
        return {}

    def disable_alarm_actions(self, params: Params) -> Params:
        """Switch actions off; transitions still reach EventBridge."""
        self._book.enable(params["AlarmNames"], enabled=False)
        return {}

    def describe_alarms(self, params: Params) -> Params:
        """Describe alarms; only metric alarms unless AlarmTypes says otherwise, as on AWS."""
        for name in _RELATIVES:
            if name in params:
                raise not_emulated(f"{name} of DescribeAlarms")
        if "AlarmNames" in params and "AlarmNamePrefix" in params:
            raise bad_combination("Give one of AlarmNames and AlarmNamePrefix.")
        types = params.get("AlarmTypes") or [METRIC]
        found = [
            (settings.kind, described)
            for settings, described in self._book.described()
            if settings.kind in types and _wanted(settings, described, params)
        ]
        shown, token = page(found, params.get("MaxRecords", _PAGE), params.get("NextToken"))
        return {
            "MetricAlarms": [described for kind, described in shown if kind == METRIC],
            "CompositeAlarms": [described for kind, described in shown if kind == COMPOSITE],
        } | token

    def describe_alarms_for_metric(self, params: Params) -> Params:
        """Describe the alarms on one metric; not those on metric math, as on AWS."""
        found = [
            described
            for settings, described in self._book.described()
            if isinstance(settings.watch, MetricWatch) and _watches(settings.params, params)
        ]
        return {"MetricAlarms": found}

    def describe_alarm_history(self, params: Params) -> Params:
        """Describe what happened to alarms."""
        return self._book.history(params)

    def create(self, params: Params) -> None:
        """Put an alarm that must not exist yet.

        Raises:
            AwsError: it exists.
        """
        if self.exists(self.arn(params["AlarmName"])):
            raise AwsError("AlreadyExists", f"There is an alarm {params['AlarmName']!r} already.")
        self.put(params)

    def put(self, params: Params) -> None:
        """Put an alarm of either kind, with the tags given and no others."""
        if "AlarmRule" in params:
            self.put_composite_alarm(params)
        else:
            self.put_metric_alarm(params)
        self._tags.put(self.arn(params["AlarmName"]), params.get("Tags", []), instead=True)

    def _put(self, params: Params, watch: MetricWatch | CompositeRule) -> None:
        name = params["AlarmName"]
        kept = {key: value for key, value in params.items() if key != "Tags"}
        new = self._book.put(
            Settings(
                name=name,
                arn=self.arn(name),
                params=kept,
                watch=watch,
                since=self._cloud.clock.now(),
                enabled=params.get("ActionsEnabled", True),
            )
        )
        if new:  # tags of a later put are ignored (API reference, PutMetricAlarm)
            self._tags.put(self.arn(name), params.get("Tags", []))


def _wanted(settings: Settings, described: Params, params: Params) -> bool:
    names, prefix = params.get("AlarmNames"), params.get("ActionPrefix")
    actions = [action for name in ACTIONS.values() for action in settings.params.get(name, [])]
    return (
        (not names or settings.name in names)
        and settings.name.startswith(params.get("AlarmNamePrefix", ""))
        and params.get("StateValue", described["StateValue"]) == described["StateValue"]
        and (prefix is None or any(action.startswith(prefix) for action in actions))
    )


def _watches(alarm: Mapping[str, Any], params: Params) -> bool:
    def dimensions(given: Mapping[str, Any]) -> set[tuple[str, str]]:
        return {(each["Name"], each["Value"]) for each in given.get("Dimensions", [])}

    named = all(alarm.get(name) == params[name] for name in _OF_METRIC if name in params)
    return named and dimensions(alarm) == dimensions(params)
