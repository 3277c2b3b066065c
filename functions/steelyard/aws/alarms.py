"""The absolute alarms of variants: made for each rollout, from definitions that CDK synthesised.

Variant names are new for each rollout, so templates can't name these alarms. `aws/endpoint.py`
keeps them, `world.py` reads which ring.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from math import isnan
from typing import Any

from steelyard.aws.calls import translated
from steelyard.errors import EndpointBusy, NeedsHuman
from steelyard.rollout.observation import AlarmReading

PREFIX = "steelyard/"
_PERIODS_READ = 3  # worst of this many evaluation windows: the alarm fired a moment ago


class VariantAlarms:
    """Alarms named `steelyard/<endpoint>/<variant>/<metric>`.

    Args:
        definitions: keyword arguments of PutMetricAlarm without a name, `{variant}` where the
            variant's name goes, and `metric`, the last part of the alarm's name.
    """

    def __init__(
        self, endpoint: str, cloudwatch: Any, definitions: Iterable[Mapping[str, Any]]
    ) -> None:
        self._endpoint = endpoint
        self._cloudwatch = cloudwatch
        self._definitions = {d["metric"]: _without_metric(d) for d in definitions}

    def put(self, variant: str) -> None:
        """Make, or overwrite, the variant's alarms."""
        for metric, definition in self._definitions.items():
            filled = _filled(definition, variant)
            self._cloudwatch.put_metric_alarm(AlarmName=self._name(variant, metric), **filled)

    def delete(self, variant: str) -> None:
        """Delete the variant's alarms; those that are gone already don't matter."""
        names = self._existing(variant)
        if names:
            self._cloudwatch.delete_alarms(AlarmNames=sorted(names))

    def standing(self, variant: str) -> tuple[bool, bool]:
        """Whether all of the variant's alarms exist, and whether none does.

        Both hold where none are defined.
        """
        with translated(f"describe alarms of {variant}"):
            existing = self._existing(variant)
        all_exist = existing >= {self._name(variant, metric) for metric in self._definitions}
        return all_exist, not existing

    def readings(self, canary: str, stable: str, now: datetime) -> tuple[AlarmReading, ...]:
        """Each alarm of the endpoint in ALARM, with its metric read again for both variants."""
        prefix = f"{PREFIX}{self._endpoint}/"
        with translated("describe alarms"):
            alarms = self._cloudwatch.describe_alarms(
                AlarmNamePrefix=prefix, StateValue="ALARM", AlarmTypes=["MetricAlarm"]
            )["MetricAlarms"]
            found: list[AlarmReading] = []
            for alarm in alarms:
                parts = alarm["AlarmName"].removeprefix(prefix).split("/")
                if parts == ["evidence"]:
                    found.append(self._evidence(alarm, now))
                elif len(parts) == 2 and parts[0] == canary and parts[1] in self._definitions:
                    found.append(self._reading(alarm, canary, stable, now))
                if found and found[-1].canary is None:
                    break  # reason enough to roll back; waiting for more would cost the time for it
            return tuple(found)

    def _evidence(self, alarm: Mapping[str, Any], now: datetime) -> AlarmReading:
        value = self._worst(_as_definition(alarm), now)
        return AlarmReading(alarm["AlarmName"], "evidence", alarm["Threshold"], value, None)

    def _reading(
        self, alarm: Mapping[str, Any], canary: str, stable: str, now: datetime
    ) -> AlarmReading:
        metric = alarm["AlarmName"].rsplit("/", 1)[-1]
        definition = self._definitions[metric]
        worst = self._worst(_filled(definition, canary), now)
        return AlarmReading(
            name=alarm["AlarmName"],
            metric=metric,
            threshold=alarm["Threshold"],
            canary=worst,
            stable=None if worst is None else self._worst(_filled(definition, stable), now),
        )

    def _worst(self, definition: Mapping[str, Any], now: datetime) -> float | None:
        """The largest value over the last evaluation windows; None if there is none to read."""
        queries, period = _queries(definition)
        span = period * definition.get("EvaluationPeriods", 1) * _PERIODS_READ
        try:
            with translated("read an alarm's metric"):
                answer = self._cloudwatch.get_metric_data(
                    MetricDataQueries=queries, StartTime=now - timedelta(seconds=span), EndTime=now
                )
                values = [v for result in answer["MetricDataResults"] for v in result["Values"]]
                return None if any(map(isnan, values)) else max(values, default=None)
        except (EndpointBusy, NeedsHuman):
            return None  # an alarm that rings stands until its metric says otherwise

    def _existing(self, variant: str) -> set[str]:
        answer = self._cloudwatch.describe_alarms(
            AlarmNamePrefix=f"{PREFIX}{self._endpoint}/{variant}/", AlarmTypes=["MetricAlarm"]
        )
        return {alarm["AlarmName"] for alarm in answer["MetricAlarms"]}

    def _name(self, variant: str, metric: str) -> str:
        return f"{PREFIX}{self._endpoint}/{variant}/{metric}"


def _without_metric(definition: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in definition.items() if key != "metric"}


def _filled(definition: Mapping[str, Any], variant: str) -> dict[str, Any]:
    text = json.dumps(definition).replace("{variant}", variant)
    filled: dict[str, Any] = json.loads(text)
    return filled


def _as_definition(alarm: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("Namespace", "MetricName", "Dimensions", "Period", "Statistic", "EvaluationPeriods")
    return {key: alarm[key] for key in keys}


def _queries(definition: Mapping[str, Any]) -> tuple[list[dict[str, Any]], int]:
    """The alarm's metric as GetMetricData takes it, and its period in seconds."""
    if "Metrics" in definition:
        metrics = list(definition["Metrics"])
        periods = [m["MetricStat"]["Period"] for m in metrics if "MetricStat" in m]
        return metrics, max(periods)
    stat = definition.get("ExtendedStatistic") or definition["Statistic"]
    metric = {key: definition[key] for key in ("Namespace", "MetricName", "Dimensions")}
    period = definition["Period"]
    return [
        {"Id": "value", "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}}
    ], period
