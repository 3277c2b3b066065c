"""DynamoDB as far as the reconciler uses it: the ledger and the counters of labels. For tests.

Reads are consistent, and a conditional put is atomic, as AWS promises. Whoever wants to know of
each append says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from tests.functional.fake_sagemaker import refusal

LEDGER, LABELS = "steelyard-test-ledger", "steelyard-test-labels"
Item = dict[str, Any]
Params = Mapping[str, Any]


@dataclass
class FakeDynamo:
    """Two tables.

    Attributes:
        ledger: the items of the one endpoint, oldest first.
        labels: counters by key and minute.
        appended: told of each new item of the ledger.
    """

    now: Callable[[], datetime]
    ledger: list[Item] = field(default_factory=list)
    labels: dict[str, dict[str, Item]] = field(default_factory=dict)
    appended: Callable[[Item], None] = lambda _item: None

    def answer(self, operation: str, params: Params) -> dict[str, Any]:
        """The answer to one call; an operation that the reconciler does not use is an error."""
        if operation == "PutItem":
            self._put(params)
            return {}
        if operation != "Query":
            raise NotImplementedError(f"{operation} on DynamoDB")
        found = self._query(params)
        headers = {"date": format_datetime(self.now(), usegmt=True)}
        return {"Items": found, "ResponseMetadata": {"HTTPHeaders": headers}}

    def label(self, endpoint: str, variant: str, at: datetime, counts: Mapping[str, int]) -> None:
        """Labels that arrived in a minute, as the intake counts them."""
        minute = at.strftime("%Y-%m-%dT%H:%MZ")
        item = {"at": {"S": minute}, **{name: {"N": str(n)} for name, n in counts.items()}}
        self.labels.setdefault(f"count/{endpoint}/{variant}", {})[minute] = item

    def _put(self, params: Params) -> None:
        item = params["Item"]
        if params["ConditionExpression"] != "attribute_not_exists(version)":
            raise NotImplementedError(params["ConditionExpression"])
        if any(one["version"] == item["version"] for one in self.ledger):
            message = "The conditional request failed"
            raise refusal("ConditionalCheckFailedException", message, "PutItem")
        self.ledger.append(item)
        self.appended(item)

    def _query(self, params: Params) -> list[Item]:
        values = {name: value["S"] for name, value in params["ExpressionAttributeValues"].items()}
        if params["TableName"] == LABELS:
            of_key = self.labels.get(values[":key"], {})
            return [
                of_key[at] for at in sorted(of_key) if values[":start"] <= at <= values[":last"]
            ]
        found = [item for item in self.ledger if item["version"]["S"] > values[":after"]]
        if params.get("ScanIndexForward", True):
            return found
        return found[::-1][: params.get("Limit", len(found))]
