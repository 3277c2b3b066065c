"""A model's settings, in the shape in which CDK writes them. Not a test itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from steelyard.rollout.policy import Policy
from steelyard.rollout.scaling import ScalingSettings

MINUTE = timedelta(minutes=1)
ROLE = "arn:aws:iam::000000000000:role/steelyard-test-completion-serving"
SCALING = ScalingSettings(min_instances=1, max_instances=4, invocations_per_instance=600)
POLICY = Policy(
    steps=(10, 50),
    step_odds=(3.0, 2.0),
    bake=MINUTE,
    least_requests=100,
    discard=timedelta(0),
    warm_up=MINUTE,
    holdback_percent=90,
    holdback=MINUTE,
    deadline=30 * MINUTE,
    provision_timeout=20 * MINUTE,
    settle=2 * MINUTE,
    metric_lag=timedelta(0),
)


def _of_variant(metric: str) -> dict[str, Any]:
    return {
        "Namespace": "AWS/SageMaker",
        "MetricName": metric,
        "Dimensions": [
            {"Name": "EndpointName", "Value": "completion"},
            {"Name": "VariantName", "Value": "{variant}"},
        ],
    }


def _sum(query_id: str, metric: str) -> dict[str, Any]:
    stat = {"Metric": _of_variant(metric), "Period": 60, "Stat": "Sum"}
    return {"Id": query_id, "ReturnData": False, "MetricStat": stat}


_SHARED: dict[str, Any] = {
    "ActionsEnabled": True,
    "AlarmActions": ["arn:aws:sns:eu-west-1:000000000000:pages"],
    "ComparisonOperator": "GreaterThanThreshold",
    "DatapointsToAlarm": 2,
    "EvaluationPeriods": 3,
    "TreatMissingData": "missing",
}
ALARMS: tuple[dict[str, Any], ...] = (
    {
        **_SHARED,
        "metric": "errors",
        "Threshold": 5.0,
        "Metrics": [
            {"Id": "rate", "Expression": "100*e/i", "Label": "5XX, %", "ReturnData": True},
            _sum("e", "Invocation5XXErrors"),
            _sum("i", "Invocations"),
        ],
    },
    {
        **_SHARED,
        **_of_variant("ModelLatency"),
        "metric": "slow",
        "Threshold": 2_000_000.0,
        "ExtendedStatistic": "p99",
        "Period": 60,
    },
)
EVIDENCE_ALARM: dict[str, Any] = {
    "AlarmName": "steelyard/completion/evidence",
    "Namespace": "Steelyard",
    "MetricName": "Evidence",
    "Dimensions": [{"Name": "EndpointName", "Value": "completion"}],
    "Period": 60,
    "Statistic": "Maximum",
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "Threshold": 4.605170185988091,
    "EvaluationPeriods": 1,
}
