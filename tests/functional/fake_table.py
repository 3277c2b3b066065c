"""A DynamoDB table in memory, as far as labels need it: transactions with AWS's conditions.

Faster than moto by far, and it can be made to fail as AWS does. `test_labels.py` runs the same
tests on both. Not a test itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

Item = dict[str, Any]
Key = tuple[str, str]
_MOST_ITEMS = 100


def cancelled(*codes: str) -> ClientError:
    """The error of a transaction that was cancelled for these reasons."""
    reasons: Any = [{"Code": code} for code in codes]
    return ClientError(
        {
            "Error": {
                "Code": "TransactionCanceledException",
                "Message": "Transaction cancelled, please refer cancellation reasons for specific "
                f"reasons [{', '.join(codes)}]",
            },
            "ResponseMetadata": {"HTTPStatusCode": 400},
            "CancellationReasons": reasons,
        },
        "TransactWriteItems",
    )


def lost_answer() -> Exception:
    """No answer came; what was asked may have been done."""
    lost: Exception = ReadTimeoutError(endpoint_url="https://dynamodb.eu-west-1.amazonaws.com")
    return lost


@dataclass
class FakeTable:
    """A client of one table.

    Attributes:
        transactions: how many were asked for.
        before, after: what happens to the next transactions, before they are done or after that.
    """

    items: dict[Key, Item] = field(default_factory=dict)
    transactions: int = 0
    before: list[Callable[[], None]] = field(default_factory=list)
    after: list[Callable[[], None]] = field(default_factory=list)

    def transact_write_items(self, *, TransactItems: list[dict[str, Item]]) -> dict[str, Any]:  # noqa: N803 - botocore's
        """All or none, as AWS does it."""
        self.transactions += 1
        if self.before:
            self.before.pop(0)()
        writes = [next(iter(item.items())) for item in TransactItems]
        keys = [_key(write.get("Item") or write["Key"]) for _, write in writes]
        assert 0 < len(writes) <= _MOST_ITEMS
        assert len(set(keys)) == len(keys), "AWS refuses two operations on one item"
        codes = [
            "ConditionalCheckFailed" if kind == "Put" and key in self.items else "None"
            for (kind, _), key in zip(writes, keys, strict=True)
        ]
        if set(codes) != {"None"}:
            raise cancelled(*codes)
        for (kind, write), key in zip(writes, keys, strict=True):
            if kind == "Put":
                assert write["ConditionExpression"] == "attribute_not_exists(#key)"
                self.items[key] = write["Item"]
            else:
                self._update(key, write)
        if self.after:
            self.after.pop(0)()
        return {}

    def query(self, **asked: Any) -> dict[str, Any]:
        """A range of one partition, one item a page: so paging is always tried."""
        values = {name: value["S"] for name, value in asked["ExpressionAttributeValues"].items()}
        found = [
            key
            for key in sorted(self.items)
            if key[0] == values[":key"] and values[":start"] <= key[1] <= values[":last"]
        ]
        if "ExclusiveStartKey" in asked:
            found = [key for key in found if key > _key(asked["ExclusiveStartKey"])]
        if not found:
            return {"Items": []}
        first = self.items[found[0]]
        return {"Items": [first], "LastEvaluatedKey": {name: first[name] for name in ("key", "at")}}

    def _update(self, key: Key, write: Item) -> None:
        names, values = write["ExpressionAttributeNames"], write["ExpressionAttributeValues"]
        sets, _, adds = write["UpdateExpression"].partition(" ADD ")
        assert sets == "SET #expires = :expires"
        item = self.items.setdefault(key, dict(write["Key"]))
        item[names["#expires"]] = values[":expires"]
        for add in adds.split(", "):
            name, value = add.split(" ")
            before = int(item.get(names[name], {"N": "0"})["N"])
            item[names[name]] = {"N": str(before + int(values[value]["N"]))}


def _key(item: Item) -> Key:
    return item["key"]["S"], item["at"]["S"]
