"""The local CloudWatch as the server knows it: a `LocalService`. The server imports it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from infra.local.cloudwatch.alarms import Change
from infra.local.cloudwatch.alarms_api import AlarmsApi
from infra.local.cloudwatch.book import AlarmBook
from infra.local.cloudwatch.dashboards import Dashboards
from infra.local.cloudwatch.errors import not_emulated
from infra.local.cloudwatch.evaluator import Evaluator
from infra.local.cloudwatch.metric_data import finite
from infra.local.cloudwatch.metrics_api import MetricsApi
from infra.local.cloudwatch.notifier import Notifier
from infra.local.cloudwatch.resources import resource_types
from infra.local.cloudwatch.store import FINE, MINUTE, MetricKey, MetricStore
from infra.local.cloudwatch.tags import Tags
from infra.local.ports import Cloud, Params, ResourceType

Operation = Callable[[Params], Params]


class CloudWatch:
    """Metrics, alarms and dashboards, kept in memory on the virtual clock."""

    name = "cloudwatch"

    def __init__(self, cloud: Cloud) -> None:
        """Start empty; nothing is evaluated before `start`."""
        self._store = MetricStore(cloud.clock)
        self._notifier = Notifier(cloud, self._acted)
        self._book = AlarmBook(cloud.clock, self._notifier.take)
        self._evaluator = Evaluator(self._book, self._store, cloud.clock)
        self._tags = Tags(lambda arn: self._alarms.exists(arn) or self._dashboards.exists(arn))
        self._alarms = AlarmsApi(cloud, self._book, self._tags)
        self._dashboards = Dashboards(cloud, self._tags)
        metrics = MetricsApi(self._store, cloud.clock, cloud.account)
        self._operations = _operations(metrics, self._alarms, self._dashboards, self._tags)

    def call(self, operation: str, params: Params) -> Params:
        """Run one operation.

        Raises:
            AwsError: what the caller is to see.
        """
        found = self._operations.get(operation)
        if found is None:
            raise not_emulated(f"the operation {operation}")
        return found(params)

    def record_metric(  # noqa: PLR0913, PLR0917 - what `Cloud.record_metric` takes
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        values: Sequence[float],
        unit: str = "None",
        at: datetime | None = None,
        *,
        fine: bool = False,
    ) -> None:
        """Store samples of a metric, as an AWS service does; stamped now unless `at` is given.

        Args:
            fine: in steps of ten seconds, as PutMetricData's StorageResolution 1 does.

        Raises:
            AwsError: a value that is not finite.
        """
        samples = [(finite(name, value), 1.0) for value in values]
        key = MetricKey.of(namespace, name, dimensions)
        stamp, step = None if at is None else at.timestamp(), FINE if fine else MINUTE
        self._store.add(key, samples, unit=unit, at=stamp, step=step)

    def resources(self) -> Mapping[str, ResourceType]:
        """Answer the CloudFormation types."""
        return resource_types(self._alarms, self._dashboards)

    def start(self) -> None:
        """Start evaluating alarms and delivering what follows from them."""
        self._notifier.start()
        self._evaluator.start()

    def stop(self) -> None:
        """End both threads."""
        self._evaluator.stop()
        self._notifier.stop()

    def _acted(self, change: Change, action: str, failure: str | None) -> None:
        self._book.acted(change, action, failure)


def _operations(
    metrics: MetricsApi, alarms: AlarmsApi, dashboards: Dashboards, tags: Tags
) -> dict[str, Operation]:
    return {
        "PutMetricData": metrics.put_metric_data,
        "ListMetrics": metrics.list_metrics,
        "GetMetricStatistics": metrics.get_metric_statistics,
        "GetMetricData": metrics.get_metric_data,
        "PutMetricAlarm": alarms.put_metric_alarm,
        "PutCompositeAlarm": alarms.put_composite_alarm,
        "DeleteAlarms": alarms.delete_alarms,
        "SetAlarmState": alarms.set_alarm_state,
        "EnableAlarmActions": alarms.enable_alarm_actions,
        "DisableAlarmActions": alarms.disable_alarm_actions,
        "DescribeAlarms": alarms.describe_alarms,
        "DescribeAlarmsForMetric": alarms.describe_alarms_for_metric,
        "DescribeAlarmHistory": alarms.describe_alarm_history,
        "PutDashboard": dashboards.put_dashboard,
        "GetDashboard": dashboards.get_dashboard,
        "ListDashboards": dashboards.list_dashboards,
        "DeleteDashboards": dashboards.delete_dashboards,
        "TagResource": tags.tag_resource,
        "UntagResource": tags.untag_resource,
        "ListTagsForResource": tags.list_tags_for_resource,
    }
