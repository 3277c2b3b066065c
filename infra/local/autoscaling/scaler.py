"""Changes instance counts as virtual time goes by. Only `service` imports it."""

import logging
import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.autoscaling.targets import Target, Targets
from infra.local.autoscaling.tracking import LOW_MINUTES, Change, tracked_count
from infra.local.ports import Cloud

_log = logging.getLogger(__name__)
_STEP_S, _MINUTE_S = 10, 60
_LAG_S = 30
"""Virtual seconds after a minute's end at which its metrics are read: SageMaker's come late."""


class Scaler:
    """Attends to all targets every 10 virtual seconds, on a thread of its own.

    Capacities change through UpdateEndpointWeightsAndCapacities, as AWS's own service changes
    them, and so only while the endpoint is InService.
    """

    def __init__(self, cloud: Cloud, targets: Targets) -> None:
        self._cloud = cloud
        self._targets = targets
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="autoscaler", daemon=True)
        self._tracked = self._minute()

    def start(self) -> None:
        """Start the passes."""
        self._thread.start()

    def stop(self) -> None:
        """End after the pass under way."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def run_once(self) -> None:
        """Attend to every target; track the metric when a minute of it is over."""
        minute = self._minute()
        due, self._tracked = minute > self._tracked, minute
        for target in self._targets.all():
            try:
                self._attend(target, minute, due=due)
            except (ClientError, BotoCoreError) as error:  # such as an endpoint that just changed
                _log.warning("%s was not scaled: %s", target.resource_id, error)
            except Exception:  # noqa: BLE001 - one target must not end the scaling of all
                _log.exception("scaling %s failed", target.resource_id)

    def _run(self) -> None:
        clock = self._cloud.clock
        while not self._stopped.wait(clock.real_seconds(_STEP_S - clock.time() % _STEP_S)):
            self.run_once()

    def _minute(self) -> int:
        """Answer the minute (since the epoch) before which all metrics are there."""
        return int((self._cloud.clock.time() - _LAG_S) // _MINUTE_S)

    def _attend(self, target: Target, minute: int, *, due: bool) -> None:
        under_way = target.last is not None and target.last.ended is None
        if not (due or target.unchecked or under_way):
            return
        count = self._count(target)
        if count is None:
            return
        last = self._settled(target, count) if under_way else target.last
        if target.unchecked:
            # Registering "changes the resource's current capacity to a value that is inside of
            # this range" (API reference), suspended or not: no policy triggers this.
            self._scale(target, count, min(max(count, target.least), target.most), "its bounds")
            self._targets.revise(target, unchecked=False)
        elif due and target.policy is not None:
            now = self._cloud.clock.time()
            values = self._minutes(target, minute)
            wanted = tracked_count(target.policy.tracking, values, count, last, now)
            wanted = min(max(wanted, target.least), target.most)
            if not _is_suspended(target, count, wanted):
                self._scale(target, count, wanted, f"policy {target.policy.name!r}")

    def _settled(self, target: Target, count: int) -> Change | None:
        """See how the change under way ended; one that failed leaves no cooldown."""
        last = target.last
        if last is not None:
            done = count == last.after
            last = replace(last, ended=self._cloud.clock.time()) if done else None
        self._targets.revise(target, last=last)
        return last

    def _count(self, target: Target) -> int | None:
        """Answer the variant's instances; None while the endpoint can't change."""
        sagemaker = self._cloud.client("sagemaker")
        described = sagemaker.describe_endpoint(EndpointName=target.endpoint)
        if described["EndpointStatus"] != "InService":
            return None
        counts: dict[str, int] = {
            one["VariantName"]: one["CurrentInstanceCount"]
            for one in described["ProductionVariants"]
        }
        return counts.get(target.variant)

    def _minutes(self, target: Target, minute: int) -> list[float | None]:
        """Answer the requests that each instance had in each of the minutes before `minute`."""
        starts = [at * _MINUTE_S for at in range(minute - LOW_MINUTES, minute)]
        found = self._cloud.client("cloudwatch").get_metric_data(
            MetricDataQueries=[_query(target)],
            StartTime=datetime.fromtimestamp(starts[0], UTC),
            EndTime=datetime.fromtimestamp(minute * _MINUTE_S, UTC),
        )["MetricDataResults"][0]
        stamps = [int(stamp.timestamp()) for stamp in found["Timestamps"]]
        values = dict(zip(stamps, found["Values"], strict=True))
        return [values.get(start) for start in starts]

    def _scale(self, target: Target, count: int, wanted: int, why: str) -> None:
        if wanted == count:
            return
        self._cloud.client("sagemaker").update_endpoint_weights_and_capacities(
            EndpointName=target.endpoint,
            DesiredWeightsAndCapacities=[
                {"VariantName": target.variant, "DesiredInstanceCount": wanted}
            ],
        )
        self._targets.revise(target, last=Change(count, wanted))
        _log.info("%s: from %d to %d instances, by %s", target.resource_id, count, wanted, why)


def _is_suspended(target: Target, count: int, wanted: int) -> bool:
    out = target.suspended["DynamicScalingOutSuspended"] and wanted > count
    return out or (target.suspended["DynamicScalingInSuspended"] and wanted < count)


def _query(target: Target) -> dict[str, Any]:
    dimensions = {"EndpointName": target.endpoint, "VariantName": target.variant}
    return {
        "Id": "load",
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/SageMaker",
                "MetricName": "InvocationsPerInstance",
                "Dimensions": [{"Name": n, "Value": value} for n, value in dimensions.items()],
            },
            "Period": _MINUTE_S,
            "Stat": "Sum",
        },
    }
