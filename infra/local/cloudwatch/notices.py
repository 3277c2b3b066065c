"""What the world is told of an alarm's transition. Pure; only `infra/local/cloudwatch` imports it.

Sources: CloudWatch user guide, "Alarm events and EventBridge" and "Invoke a Lambda function from
an alarm"; the SNS message as users have published it.
"""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from infra.local.cloudwatch.alarms import ACTIONS, METRIC, Change, Settings, Standing
from infra.local.cloudwatch.reasons import stamp

EVENT_SOURCE = "aws.cloudwatch"
EVENT_TYPE = "CloudWatch Alarm State Change"
_REGIONS = {"eu-west-1": "EU (Ireland)"}
_UPPER = {"SampleCount": "SAMPLE_COUNT"}


def event_detail(change: Change) -> dict[str, Any]:
    """Answer the detail of the event on EventBridge."""
    return {
        "alarmName": change.settings.name,
        "state": _state(change.new),
        "previousState": _state(change.old),
        "configuration": _configuration(change.settings),
    }


def lambda_payload(change: Change, account: str, region: str) -> dict[str, Any]:
    """Answer what a Lambda function is invoked with."""
    return {
        "source": EVENT_SOURCE,
        "alarmArn": change.settings.arn,
        "accountId": account,
        "time": stamp(change.new.at),
        "region": region,
        "alarmData": event_detail(change),
    }


def sns_notice(change: Change, account: str, region: str) -> dict[str, str]:
    """Answer subject and message of the notification on SNS."""
    settings, params = change.settings, change.settings.params
    place = _REGIONS.get(region, region)
    message: dict[str, Any] = {
        "AlarmName": settings.name,
        "AlarmDescription": params.get("AlarmDescription"),
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": stamp(settings.since),
        "NewStateValue": change.new.state,
        "NewStateReason": change.new.reason,
        "StateChangeTime": stamp(change.new.at),
        "Region": place,
        "AlarmArn": settings.arn,
        "OldStateValue": change.old.state,
    }
    message |= {name: params.get(name, []) for name in ACTIONS.values()}
    message |= {"Trigger": _trigger(params)} if settings.kind == METRIC else _rule(change)
    subject = f'{change.new.state}: "{settings.name}" in {place}'
    return {"Subject": subject[:100], "Message": json.dumps(message, separators=(",", ":"))}


def _state(standing: Standing) -> dict[str, str]:
    state = {
        "value": standing.state.value,
        "reason": standing.reason,
        "timestamp": stamp(standing.at),
    }
    return state if standing.data is None else state | {"reasonData": standing.data}


def _configuration(settings: Settings) -> dict[str, Any]:
    params = settings.params
    about = {"description": params["AlarmDescription"]} if "AlarmDescription" in params else {}
    if settings.kind != METRIC:
        return about | {"alarmRule": params["AlarmRule"]}
    if "Metrics" in params:
        return about | {"metrics": [_query(query) for query in params["Metrics"]]}
    # AWS gives the only metric an id of its own making.
    name = str(uuid.uuid5(uuid.NAMESPACE_URL, settings.arn))
    only = {"Id": name, "MetricStat": _metric_stat(params)}
    return about | {"metrics": [_query(only)]}


def _metric_stat(params: Mapping[str, Any]) -> dict[str, Any]:
    stat = {
        "Metric": {name: params.get(name) for name in ("Namespace", "MetricName", "Dimensions")},
        "Period": params["Period"],
        "Stat": params.get("Statistic") or params["ExtendedStatistic"],
    }
    return stat | ({"Unit": params["Unit"]} if "Unit" in params else {})


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"id": query["Id"], "returnData": query.get("ReturnData", True)}
    told |= {name.lower(): query[name] for name in ("Expression", "Label") if name in query}
    if "MetricStat" not in query:
        return told
    stat = query["MetricStat"]
    metric = stat["Metric"]
    told["metricStat"] = {
        "metric": {
            "namespace": metric["Namespace"],
            "name": metric["MetricName"],
            "dimensions": {each["Name"]: each["Value"] for each in metric.get("Dimensions") or []},
        },
        "period": stat["Period"],
        "stat": stat["Stat"],
    } | ({"unit": stat["Unit"]} if "Unit" in stat else {})
    return told


def _trigger(params: Mapping[str, Any]) -> dict[str, Any]:
    trigger = _trigger_metrics(params) if "Metrics" in params else _trigger_metric(params)
    trigger |= {
        name: params[name]
        for name in ("Period", "EvaluationPeriods", "DatapointsToAlarm", "ComparisonOperator")
        if name in params
    }
    return trigger | {
        "Threshold": params["Threshold"],
        "TreatMissingData": params.get("TreatMissingData", "missing"),
        "EvaluateLowSampleCountPercentile": params.get("EvaluateLowSampleCountPercentile", ""),
    }


def _trigger_metric(params: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {name: params[name] for name in ("MetricName", "Namespace")}
    if "Statistic" in params:
        simple = params["Statistic"]
        told |= {"StatisticType": "Statistic", "Statistic": _UPPER.get(simple, simple.upper())}
    else:
        told |= {
            "StatisticType": "ExtendedStatistic",
            "ExtendedStatistic": params["ExtendedStatistic"],
        }
    return told | {"Unit": params.get("Unit"), "Dimensions": _lowered(params.get("Dimensions"))}


def _trigger_metrics(params: Mapping[str, Any]) -> dict[str, Any]:
    told: list[dict[str, Any]] = []
    for query in params["Metrics"]:
        each: dict[str, Any] = {"ReturnData": True} | query
        if "MetricStat" in each:
            metric = each["MetricStat"]["Metric"]
            lowered = metric | {"Dimensions": _lowered(metric.get("Dimensions"))}
            each["MetricStat"] = each["MetricStat"] | {"Metric": lowered}
        told.append(each)
    return {"Metrics": told}


def _lowered(dimensions: list[dict[str, str]] | None) -> list[dict[str, str]]:
    return [{"value": each["Value"], "name": each["Name"]} for each in dimensions or []]


def _rule(change: Change) -> dict[str, Any]:
    data = json.loads(change.new.data) if change.new.data else {}
    triggering = data.get("triggeringAlarms", []) if isinstance(data, dict) else []
    children = [
        {
            "Arn": each["arn"],
            "State": {"Value": each["state"]["value"], "Timestamp": each["state"]["timestamp"]},
        }
        for each in triggering
    ]
    return {"AlarmRule": change.settings.params["AlarmRule"], "TriggeringChildren": children}
