"""The dashboard shows a rollout in the report's words, whatever its variants are called."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

import pytest

from infra import panels

Resources = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def widgets(resources: Resources) -> dict[str, dict[str, Any]]:
    """Properties of the widgets of prod's dashboard, by title."""
    (dashboard,) = resources("rollout", "AWS::CloudWatch::Dashboard", "prod")
    assert dashboard["Properties"]["DashboardName"] == "steelyard-prod-completion"
    body = json.loads(dashboard["Properties"]["DashboardBody"])
    return {w["properties"].get("title", w["type"]): w["properties"] for w in body["widgets"]}


def expressions(widget: dict[str, Any]) -> list[str]:
    return [line[0]["expression"] for line in widget["metrics"]]


def test_panels_are_titled_as_in_the_report(widgets: dict[str, dict[str, Any]]) -> None:
    assert set(widgets) == {
        "text",
        panels.REQUESTS,
        panels.ERRORS,
        panels.WRONG,
        panels.LATENCIES,
        panels.EVIDENCE,
        panels.LOOKS,
        panels.ALARMS,
        panels.DECISIONS,
    }


def test_variants_are_searched_for_and_never_named(widgets: dict[str, dict[str, Any]]) -> None:
    searched = [
        (widgets[panels.REQUESTS], "Invocations", ["Sum"]),
        (widgets[panels.ERRORS], "InvocationModelErrors", ["Average"]),
        (widgets[panels.LATENCIES], "ModelLatency", ["p50", "p99"]),
    ]
    for widget, metric, statistics in searched:
        found = [
            re.search(
                r"""SEARCH\('\{AWS/SageMaker,EndpointName,VariantName\} MetricName="(\w+)" """
                r"""EndpointName="prod-completion"', '(\w+)', 60\)""",
                expression,
            )
            for expression in expressions(widget)
        ]
        assert [match and match.groups() for match in found] == [(metric, s) for s in statistics]


def test_wrong_labels_are_searched_for_where_the_intake_tells_of_them(
    widgets: dict[str, dict[str, Any]],
) -> None:
    (expression,) = expressions(widgets[panels.WRONG])
    assert expression == (
        "100*SEARCH('{SteelyardOperations,EndpointName,VariantName,service} "
        """MetricName="WrongLabels" EndpointName="prod-completion"', 'Average', 60)"""
    )


def test_widgets_do_not_overlap(resources: Resources) -> None:
    (dashboard,) = resources("rollout", "AWS::CloudWatch::Dashboard", "prod")
    taken = [
        (x, y)
        for widget in json.loads(dashboard["Properties"]["DashboardBody"])["widgets"]
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24


def test_figures_are_in_the_units_of_their_titles(widgets: dict[str, dict[str, Any]]) -> None:
    assert all(e.startswith("100*") for e in expressions(widgets[panels.ERRORS]))
    assert all(e.endswith("/1000") for e in expressions(widgets[panels.LATENCIES]))


def test_evidence_is_the_canarys_colour_against_its_threshold(
    widgets: dict[str, dict[str, Any]],
) -> None:
    (line,) = widgets[panels.EVIDENCE]["annotations"]["horizontal"]
    (metric,) = widgets[panels.EVIDENCE]["metrics"]
    assert line["value"] == pytest.approx(math.log(1 / 0.01), abs=1e-4)
    assert line["label"] == "threshold 4.61 nats, odds 100 : 1"
    assert (line["color"], metric[-1]["color"]) == (panels.ALARM, panels.CANARY)
    assert metric[:4] == ["Steelyard", "Evidence", "EndpointName", "prod-completion"]


def test_alarms_shown_are_the_models_own_of_the_template(
    widgets: dict[str, dict[str, Any]], resources: Resources
) -> None:
    alarms = resources("rollout", "AWS::CloudWatch::Alarm", "prod")
    of_all = (alarm["Properties"]["AlarmName"] for alarm in alarms)
    names = {name for name in of_all if not name.startswith("steelyard/_")}
    shown = {arn.partition(":alarm:")[2] for arn in widgets[panels.ALARMS]["alarms"]}
    assert shown == names


def test_decisions_come_from_the_reconcilers_log(
    widgets: dict[str, dict[str, Any]], resources: Resources
) -> None:
    groups = resources("rollout", "AWS::Logs::LogGroup", "prod")
    query = widgets[panels.DECISIONS]["query"]
    (source,) = re.findall(r"SOURCE '([^']+)'", query)
    assert source in {group["Properties"]["LogGroupName"] for group in groups}
    assert "endpoint = 'prod-completion'" in query
