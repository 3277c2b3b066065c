"""A CloudWatch dashboard a model: what its rollouts look like, in the words of the report.

Variant names are new for every rollout, so variants are found by SEARCH, which CloudWatch
evaluates anew at each look. Colours of searched lines are CloudWatch's own: no search can know
which variant was the canary.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra import panels
from infra.constructs.arns import Arns
from infra.constructs.functions import OPERATIONS
from infra.constructs.watchdogs import NAMESPACE
from infra.model_file import ModelFile
from infra.names import ModelNames, Names

_WIDE, _HALF, _LEFT, _RIGHT = 24, 12, 0, 12  # of a grid of 24 columns
_MINUTE = 60
_DECISIONS = 20


class RolloutDashboard(Construct):
    """Traffic, errors, latency and labels by variant; evidence, looks, alarms, decisions."""

    def __init__(
        self, scope: Construct, construct_id: str, *, model: ModelFile, names: ModelNames
    ) -> None:
        super().__init__(scope, construct_id)
        self._names = names
        self._arns = Arns.of(self)
        cloudwatch.CfnDashboard(
            self,
            "Resource",
            dashboard_name=names.dashboard,
            dashboard_body=cdk.Stack.of(self).to_json_string(
                {"start": "-PT3H", "widgets": self._widgets(-math.log(model.rollout.alpha))}
            ),
        )

    def _widgets(self, threshold: float) -> list[dict[str, Any]]:
        return [
            _widget("text", (_LEFT, 0, _WIDE, 2), {"markdown": self._heading()}),
            self._by_variant(panels.REQUESTS, (_LEFT, 2), self._traffic()),
            self._by_variant(panels.ERRORS, (_RIGHT, 2), self._errors()),
            self._by_variant(panels.LATENCIES, (_LEFT, 8), self._latency()),
            self._evidence(threshold),
            self._by_variant(panels.WRONG, (_LEFT, 14), self._wrong()),
            self._heartbeat(),
            self._alarms(),
            self._decisions(),
        ]

    def _heading(self) -> str:
        return (
            f"# {self._names.endpoint}\n"
            "Lines by variant: a rollout's canary has a variant of its own. Missing data never "
            "advances a rollout."
        )

    def _traffic(self) -> dict[str, Any]:
        metrics = [_line("", self._search("Invocations", "Sum"))]
        return {"metrics": metrics, "stacked": True}

    def _errors(self) -> dict[str, Any]:
        # The metric is 0 or 1 for each request, so its average is the rate.
        rate = self._search("InvocationModelErrors", "Average")
        return {"metrics": [_line("", f"100*{rate}")]}

    def _wrong(self) -> dict[str, Any]:
        # 0 or 1 as well; Powertools adds the dimension `service`.
        labels = f"{OPERATIONS},EndpointName,VariantName,service"
        rate = self._search("WrongLabels", "Average", labels)
        return {"metrics": [_line("", f"100*{rate}")]}

    def _latency(self) -> dict[str, Any]:
        # ModelLatency is in microseconds.
        return {
            "metrics": [
                _line(name, f"{self._search('ModelLatency', name)}/1000") for name in ("p50", "p99")
            ]
        }

    def _by_variant(
        self, title: str, corner: tuple[int, int], shown: Mapping[str, Any]
    ) -> dict[str, Any]:
        return self._graph(title, corner, {"yAxis": {"left": {"min": 0}}} | dict(shown))

    def _evidence(self, threshold: float) -> dict[str, Any]:
        line = {
            "label": panels.threshold(threshold),
            "value": round(threshold, 4),
            "color": panels.ALARM,
        }
        metric = self._own("Evidence", "Maximum", panels.CANARY, "evidence")
        shown = {"metrics": [metric], "annotations": {"horizontal": [line]}}
        return self._graph(panels.EVIDENCE, (_RIGHT, 8), shown)

    def _heartbeat(self) -> dict[str, Any]:
        metric = self._own("Heartbeat", "Sum", panels.STABLE, "looks")
        shown = {"metrics": [metric], "yAxis": {"left": {"min": 0}}}
        return self._graph(panels.LOOKS, (_RIGHT, 14), shown)

    def _alarms(self) -> dict[str, Any]:
        # Those of single variants come and go with them; a dashboard can't search for alarms.
        arns = [
            self._arns.regional("cloudwatch", f"alarm:{self._names.alarm_prefix}{name}")
            for name in ("evidence", "heartbeat")
        ]
        shown = {"title": panels.ALARMS, "alarms": arns}
        return _widget("alarm", (_LEFT, 20, _WIDE, 3), shown)

    def _decisions(self) -> dict[str, Any]:
        log = f"/aws/lambda/{Names(self._names.environment).function}"
        query = (
            f"SOURCE '{log}' | fields @timestamp, version, decision, phase, reason"
            f" | filter message = 'rollout.decided' and endpoint = '{self._names.endpoint}'"
            f" and decision != 'hold' | sort @timestamp desc | limit {_DECISIONS}"
        )
        shown = {
            "title": panels.DECISIONS,
            "query": query,
            "region": self._arns.stack.region,
            "view": "table",
        }
        return _widget("log", (_LEFT, 23, _WIDE, 6), shown)

    def _graph(
        self, title: str, corner: tuple[int, int], shown: Mapping[str, Any]
    ) -> dict[str, Any]:
        whole = {
            "title": title,
            "region": self._arns.stack.region,
            "view": "timeSeries",
            "period": _MINUTE,
        } | dict(shown)
        return _widget("metric", (*corner, _HALF, 6), whole)

    def _own(self, metric: str, stat: str, color: str, label: str) -> list[Any]:
        options = {"stat": stat, "color": color, "label": label}
        return [NAMESPACE, metric, "EndpointName", self._names.endpoint, options]

    def _search(
        self, metric: str, stat: str, schema: str = "AWS/SageMaker,EndpointName,VariantName"
    ) -> str:
        query = f'{{{schema}}} MetricName="{metric}" EndpointName="{self._names.endpoint}"'
        return f"SEARCH('{query}', '{stat}', {_MINUTE})"


def _line(label: str, expression: str) -> list[dict[str, Any]]:
    """One expression; CloudWatch puts each variant's own name after the label."""
    return [{"expression": expression, "label": label}]


def _widget(
    kind: str, place: tuple[int, int, int, int], shown: Mapping[str, Any]
) -> dict[str, Any]:
    """What is shown at x and y, so wide and so high."""
    at = dict(zip(("x", "y", "width", "height"), place, strict=True))
    return {"type": kind, **at, "properties": dict(shown)}
