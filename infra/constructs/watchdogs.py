"""Two alarms an endpoint that need no reconciler to fire: evidence of harm, and no sign of life."""

from __future__ import annotations

import math
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.names import ModelNames

NAMESPACE = "Steelyard"
_SILENT_MINUTES = 5


class Watchdogs(Construct):
    """Owned by CDK; the reconciler can't delete them.

    Args:
        alpha: probability that a healthy candidate is rolled back.
        topic_arn: who is called.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: ModelNames,
        alpha: float,
        topic_arn: str,
    ) -> None:
        super().__init__(scope, construct_id)
        shared: dict[str, Any] = {
            "namespace": NAMESPACE,
            "dimensions": [
                cloudwatch.CfnAlarm.DimensionProperty(name="EndpointName", value=names.endpoint)
            ],
            "period": 60,
            "alarm_actions": [topic_arn],
        }
        cloudwatch.CfnAlarm(
            self,
            "Evidence",
            alarm_name=f"{names.alarm_prefix}evidence",
            alarm_description=f"The canary of {names.endpoint} is worse than stable.",
            metric_name="Evidence",
            statistic="Maximum",
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=math.log(1 / alpha),  # Ville's inequality: crossed at most so often by chance
            evaluation_periods=1,
            # Nothing is weighed between rollouts. Then the alarm must leave ALARM, or it could
            # not fire for the next one; but nothing weighed is not "healthy" either.
            treat_missing_data="missing",
            **shared,
        )
        cloudwatch.CfnAlarm(
            self,
            "Heartbeat",
            alarm_name=f"{names.alarm_prefix}heartbeat",
            alarm_description=(
                f"Nobody has looked after {names.endpoint} for {_SILENT_MINUTES} minutes."
            ),
            metric_name="Heartbeat",
            statistic="Sum",
            comparison_operator="LessThanThreshold",
            threshold=1,
            evaluation_periods=_SILENT_MINUTES,
            datapoints_to_alarm=_SILENT_MINUTES,
            treat_missing_data="breaching",
            **shared,
        )
