"""What happened to alarms, for two weeks. Only `infra/local/cloudwatch` imports it.

Source of the forms: DescribeAlarmHistory in the API reference and the CLI's examples.
"""

import json
from collections import deque
from datetime import datetime, timedelta
from typing import Any

from infra.local.cloudwatch.alarms import Change, Settings, Standing
from infra.local.cloudwatch.errors import not_emulated
from infra.local.cloudwatch.paging import page
from infra.local.cloudwatch.reasons import stamp
from infra.local.ports import Params

_KEPT = timedelta(days=14)
_MOST = 20_000
_PAGE = 100
_LONGEST_DATA, _LONGEST_SUMMARY = 4095, 255


class History:
    """The history of all alarms. Guarded by the lock of the book that owns it."""

    def __init__(self) -> None:
        """Start empty."""
        self._items: deque[Params] = deque(maxlen=_MOST)

    def configured(self, settings: Settings, operation: str, at: datetime) -> None:
        """Note that an alarm was created, updated or deleted."""
        data = {"version": "1.0", "type": operation.removesuffix("d").capitalize()}
        summary = f'Alarm "{settings.name}" {operation}'
        self._note(settings, "ConfigurationUpdate", summary, data, at)

    def changed(self, change: Change) -> None:
        """Note a transition."""
        old, new = change.old, change.new
        data = {"version": "1.0", "oldState": _state(old), "newState": _state(new)}
        summary = f"Alarm updated from {old.state} to {new.state}"
        self._note(change.settings, "StateUpdate", summary, data, new.at)

    def acted(self, change: Change, action: str, failure: str | None, at: datetime) -> None:
        """Note an action that was taken, or that failed."""
        said = "Successfully executed" if failure is None else "Failed to execute"
        data = {
            "actionState": "Succeeded" if failure is None else "Failed",
            "notificationResource": action,
            "stateUpdateTimestamp": stamp(change.new.at),
        }
        if failure is not None:
            data["error"] = failure
        self._note(change.settings, "Action", f"{said} action {action}", data, at)

    def described(self, params: Params) -> Params:
        """Answer a DescribeAlarmHistory request."""
        if "AlarmContributorId" in params:
            raise not_emulated("AlarmContributorId of alarm histories")
        found = [item for item in self._items if _matches(item, params)]
        if params.get("ScanBy", "TimestampDescending") == "TimestampDescending":
            found.reverse()
        items, token = page(found, params.get("MaxRecords", _PAGE), params.get("NextToken"))
        return {"AlarmHistoryItems": items} | token

    def _note(
        self, settings: Settings, kind: str, summary: str, data: dict[str, Any], at: datetime
    ) -> None:
        while self._items and self._items[0]["Timestamp"] < at - _KEPT:
            self._items.popleft()
        text = json.dumps(data, separators=(",", ":"))
        if len(text) > _LONGEST_DATA:
            text = json.dumps({"version": "1.0", "truncated": True})
        self._items.append(
            {
                "AlarmName": settings.name,
                "AlarmType": settings.kind,
                "Timestamp": at,
                "HistoryItemType": kind,
                "HistorySummary": summary[:_LONGEST_SUMMARY],
                "HistoryData": text,
            }
        )


def _state(standing: Standing) -> dict[str, Any]:
    state: dict[str, Any] = {"stateValue": standing.state, "stateReason": standing.reason}
    if standing.data is not None:
        state["stateReasonData"] = _parsed(standing.data)
    return state


def _parsed(data: str) -> Any:
    try:
        return json.loads(data)
    except ValueError:  # SetAlarmState takes any text
        return data


def _matches(item: Params, params: Params) -> bool:
    types = params.get("AlarmTypes") or ["MetricAlarm"]
    return (
        params.get("AlarmName", item["AlarmName"]) == item["AlarmName"]
        and params.get("HistoryItemType", item["HistoryItemType"]) == item["HistoryItemType"]
        and item["AlarmType"] in types
        and params.get("StartDate", item["Timestamp"]) <= item["Timestamp"]
        and item["Timestamp"] <= params.get("EndDate", item["Timestamp"])
    )
