"""Who hears of what lies in a queue that nobody empties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Resources = Callable[..., list[dict[str, Any]]]


def test_people_are_called_while_anything_lies_where_nobody_else_looks(
    resources: Resources,
) -> None:
    found = (a["Properties"] for a in resources("rollout", "AWS::CloudWatch::Alarm"))
    alarms = {alarm["AlarmName"]: alarm for alarm in found}
    for queue in (
        "steelyard-local-dead.fifo",
        "steelyard-local-undelivered",
        "steelyard-local-quarantine",
    ):
        what = queue.removeprefix("steelyard-local-").removesuffix(".fifo")
        alarm = alarms[f"steelyard/_queues/local/{what}"]
        assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": queue}]
        assert (alarm["Namespace"], alarm["MetricName"], alarm["Threshold"]) == (
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            1,
        )
