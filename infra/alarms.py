"""Definitions of the alarms that each new variant gets. Imported by `infra.settings` alone.

Variant names are new for each rollout, so no template can name these alarms: the reconciler
makes them, from these keyword arguments of PutMetricAlarm.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from infra.model_file import Alarms

VARIANT = "{variant}"
PERIOD_SECONDS = 60  # SageMaker's own resolution for these metrics

_NAMESPACE = "AWS/SageMaker"


def variant_alarms(alarms: Alarms, endpoint: str, topic_arn: str) -> list[dict[str, Any]]:
    """One mapping an alarm: `metric`, the last part of its name, and PutMetricAlarm's arguments.

    `{variant}` stands where the variant's name goes.
    """
    shared = {
        "ActionsEnabled": True,
        "AlarmActions": [topic_arn],
        "ComparisonOperator": "GreaterThanThreshold",
        "DatapointsToAlarm": alarms.datapoints_to_alarm,
        "EvaluationPeriods": alarms.evaluation_periods,
        # No data is never healthy: `notBreaching` would let a canary without traffic pass. Nor
        # is it harm, so not `breaching` either. INSUFFICIENT_DATA holds the rollout.
        "TreatMissingData": "missing",
    }
    return [_errors(alarms, endpoint) | shared, _slow(alarms, endpoint) | shared]


def _errors(alarms: Alarms, endpoint: str) -> dict[str, Any]:
    return {
        "metric": "errors",
        "AlarmDescription": f"More than {alarms.error_rate_percent:g} % of requests end in 5XX.",
        "Threshold": alarms.error_rate_percent,
        "Metrics": [
            # Without a request in a minute the quotient is missing too, not 0.
            {"Id": "rate", "Expression": "100*e/i", "Label": "5XX, %", "ReturnData": True},
            _sum("e", endpoint, "Invocation5XXErrors"),
            _sum("i", endpoint, "Invocations"),
        ],
    }


def _slow(alarms: Alarms, endpoint: str) -> dict[str, Any]:
    return {
        "metric": "slow",
        "AlarmDescription": "One request in a hundred takes too long.",
        # ModelLatency is in microseconds.
        "Threshold": float(alarms.p99_latency / timedelta(microseconds=1)),
        "Namespace": _NAMESPACE,
        "MetricName": "ModelLatency",
        "Dimensions": _dimensions(endpoint),
        "ExtendedStatistic": "p99",
        "Period": PERIOD_SECONDS,
    }


def _sum(query_id: str, endpoint: str, metric: str) -> dict[str, Any]:
    return {
        "Id": query_id,
        "ReturnData": False,
        "MetricStat": {
            "Metric": {
                "Namespace": _NAMESPACE,
                "MetricName": metric,
                "Dimensions": _dimensions(endpoint),
            },
            "Period": PERIOD_SECONDS,
            "Stat": "Sum",
        },
    }


def _dimensions(endpoint: str) -> list[dict[str, str]]:
    return [
        {"Name": "EndpointName", "Value": endpoint},
        {"Name": "VariantName", "Value": VARIANT},
    ]
