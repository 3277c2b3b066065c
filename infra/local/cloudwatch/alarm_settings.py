"""Requests to put an alarm, checked. Only `infra/local/cloudwatch` imports it."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from infra.local.cloudwatch import statistics
from infra.local.cloudwatch.errors import (
    bad_combination,
    invalid_request,
    invalid_value,
    missing_parameter,
    not_emulated,
)
from infra.local.cloudwatch.evaluation import COMPARISONS, Missing, Rule
from infra.local.cloudwatch.queries import Plan, check_period, plan
from infra.local.cloudwatch.series import Series
from infra.local.ports import Params

_ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")
_ACTION = re.compile(r"arn:aws:(?:sns:[^:]+:\d{12}:[^:]+|lambda:[^:]+:\d{12}:function:.+)")
_SINGLE = ("MetricName", "Namespace", "Period", "Statistic", "ExtendedStatistic", "Unit")
_ELSEWHERE = (
    "ThresholdMetricId",
    "EvaluationWindow",
    "WarmUpConfiguration",
    "EvaluationCriteria",
    "EvaluationInterval",
)
_MAX_METRICS = 10
_DAY, _WEEK, _HOUR = 86400, 7 * 86400, 3600
_ONLY = "only"
"""Id of the query that stands for an alarm on a single metric."""


@dataclass(frozen=True, slots=True)
class MetricWatch:
    """What a metric alarm reads, and when it is to go off.

    Attributes:
        plan: the queries; the result of the one with the id `returned` is evaluated.
        percent: the percentile that too few samples leave undecided; None if they don't.
    """

    plan: Plan
    returned: str
    period: int
    rule: Rule
    percent: Fraction | None


def metric_watch(params: Params, account: str) -> MetricWatch:
    """Check a PutMetricAlarm request.

    Raises:
        AwsError: AWS or the local cloud would not take it.
    """
    check_common(params)
    for name in _ELSEWHERE:
        if name in params:
            raise not_emulated(f"{name} of alarms")
    queries = plan(_queries(params), account)
    (returned,) = queries.returned if len(queries.returned) == 1 else (None,)
    if returned is None or not isinstance(queries.kinds()[returned], Series):
        raise invalid_request("An alarm watches one time series: set ReturnData on one query only.")
    if len(queries.metrics) > _MAX_METRICS or len(queries.periods()) != 1:
        raise invalid_request(f"An alarm reads 1 to {_MAX_METRICS} metrics, all of one Period.")
    rule = _rule(params)
    period = queries.periods().pop()
    _check_span(period, rule.periods)
    return MetricWatch(queries, returned, period, rule, _percent(params, queries, returned))


def check_common(params: Params) -> None:
    """Check what metric and composite alarms have in common.

    Raises:
        AwsError: an action that the local cloud can't take, or a name with control characters.
    """
    name = params["AlarmName"]
    if any(ord(character) < ord(" ") for character in name):
        raise invalid_value("AlarmName", name, "a name without control characters")
    for parameter in _ACTIONS:
        for action in params.get(parameter, []):
            if not _ACTION.fullmatch(action):
                raise not_emulated(f"the action {action!r} ({parameter} takes SNS topics, Lambdas)")


def _queries(params: Params) -> list[dict[str, Any]]:
    given = [name for name in (*_SINGLE, "Dimensions") if params.get(name)]
    if params.get("Metrics"):
        if given:
            raise bad_combination(f"Metrics can't be given together with {', '.join(given)}.")
        return list(params["Metrics"])
    for name in ("MetricName", "Namespace", "Period"):
        if name not in params:
            raise missing_parameter(name, "unless Metrics is given")
    if ("Statistic" in params) == ("ExtendedStatistic" in params):
        raise bad_combination("Give one of Statistic and ExtendedStatistic.")
    metric = {name: params[name] for name in ("Namespace", "MetricName")}
    metric["Dimensions"] = params.get("Dimensions", [])
    stat = {
        "Metric": metric,
        "Period": params["Period"],
        "Stat": params.get("Statistic") or params["ExtendedStatistic"],
    } | ({"Unit": params["Unit"]} if "Unit" in params else {})
    return [{"Id": _ONLY, "MetricStat": stat}]


def _rule(params: Params) -> Rule:
    for name in ("ComparisonOperator", "EvaluationPeriods", "Threshold"):
        if name not in params:
            raise missing_parameter(name, "for a metric alarm")
    comparison, threshold = params["ComparisonOperator"], params["Threshold"]
    if comparison not in COMPARISONS:
        raise not_emulated(f"anomaly detection ({comparison}); it takes {', '.join(COMPARISONS)}")
    if not math.isfinite(threshold):
        raise invalid_value("Threshold", threshold, "a finite number")
    periods, to_alarm = params["EvaluationPeriods"], params.get("DatapointsToAlarm")
    if to_alarm is not None and to_alarm > periods:
        raise invalid_value("DatapointsToAlarm", to_alarm, f"at most EvaluationPeriods, {periods}")
    return Rule(comparison, float(threshold), periods, to_alarm, _missing(params))


def _missing(params: Params) -> Missing:
    given = params.get("TreatMissingData", Missing.MISSING)
    if given not in set(Missing):
        raise invalid_value("TreatMissingData", given, "one of " + ", ".join(Missing))
    if params.get("Namespace") == "AWS/DynamoDB":
        return Missing.IGNORE  # whatever was asked for (API reference, PutMetricAlarm)
    return Missing(given)


def _check_span(period: int, periods: int) -> None:
    check_period(period)
    most = _WEEK if period >= _HOUR else _DAY
    if period * periods > most:
        raise invalid_value(
            "EvaluationPeriods", periods, f"at most {most // period} periods of {period} s"
        )


def _percent(params: Mapping[str, Any], queries: Plan, returned: str) -> Fraction | None:
    given = params.get("EvaluateLowSampleCountPercentile")
    if given is None:
        return None
    if given not in ("evaluate", "ignore"):
        raise invalid_value("EvaluateLowSampleCountPercentile", given, "evaluate or ignore")
    query = queries.metrics.get(returned)
    percent = None if query is None else statistics.percentile(query.stat)
    if percent is None:
        raise bad_combination("EvaluateLowSampleCountPercentile is for an alarm on a percentile.")
    return percent if given == "ignore" else None
