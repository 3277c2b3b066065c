"""The append-only record of an endpoint: the source of truth. Service, intake and console use it.

One item an append, on the condition that its version is new; each carries the hash of the one
before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ClientError

from steelyard.aws.calls import translated
from steelyard.codec import decode, encode
from steelyard.errors import EndpointBusy, StaleRollout
from steelyard.rollout.model import Decision, EndpointState
from steelyard.rollout.observation import Event

FORM = 1
"""Number of the form of entries. Every change of what an entry holds raises it."""
GENESIS = "0" * 64
"""What stands for the hash before the first entry's."""
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """One append: what came, what was seen, what was decided, and the state from there on.

    The dictionaries are what `steelyard.codec.encode` makes of the core's data.
    """

    endpoint: str
    version: int
    form: int
    at: datetime
    trigger: dict[str, Any]
    seen: dict[str, Any]
    decision: dict[str, Any]
    state: dict[str, Any]
    previous: str
    hash: str

    @property
    def body(self) -> dict[str, Any]:
        """What the hash is over."""
        return {
            "endpoint": self.endpoint,
            "version": self.version,
            "form": self.form,
            "at": encode(self.at),
            "trigger": self.trigger,
            "seen": self.seen,
            "decision": self.decision,
            "state": self.state,
        }

    @property
    def is_whole(self) -> bool:
        """Whether the hash is the entry's own."""
        return self.hash == digest(self.previous, self.body)

    @property
    def intent(self) -> dict[str, Any] | None:
        """What was not yet confirmed after this entry."""
        rollout = self.state["rollout"]
        intent: dict[str, Any] | None = rollout["intent"] if rollout else None
        return intent


class Ledger:
    """Reads and appends.

    Args:
        dynamodb: a client; items hold strings and numbers alone.
        form: which is written, and the newest that is read.
    """

    def __init__(self, table_name: str, dynamodb: Any, form: int = FORM) -> None:
        self._table = table_name
        self._dynamodb = dynamodb
        self._form = form

    def latest(self, endpoint: str) -> Entry | None:
        """The last entry of an endpoint; None before the first."""
        return self.latest_at(endpoint)[0]

    def latest_at(self, endpoint: str) -> tuple[Entry | None, datetime | None]:
        """The last entry, and when it was read by AWS's clock (None: the answer doesn't say).

        Raises:
            EndpointBusy: newer code wrote the entry; what it means isn't known here.
        """
        with translated("read the ledger"):
            answer = self._dynamodb.query(
                **self._query(endpoint), ScanIndexForward=False, Limit=1, ConsistentRead=True
            )
            items = answer["Items"]
            return self._entry(items[0]) if items else None, _date(answer)

    def read(self, endpoint: str, after: int = 0) -> Iterator[Entry]:
        """The entries of an endpoint behind version `after`, oldest first."""
        return map(self._entry, self.items(endpoint, after))

    def items(self, endpoint: str, after: int = 0) -> Iterator[dict[str, Any]]:
        """The same as the table has them, of whatever form."""
        token: dict[str, Any] = {"ConsistentRead": True}
        while True:
            with translated("read the ledger"):
                answer = self._dynamodb.query(**self._query(endpoint, after), **token)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            token["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def append(
        self, after: Entry | None, endpoint: str, event: Event, decision: Decision, now: datetime
    ) -> Entry:
        """Append one decision behind `after`.

        Raises:
            StaleRollout: someone else appended first; load again.
        """
        entry = _next(after, endpoint, self._form, event, decision, now)
        with translated("append to the ledger"):
            try:
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=_item(entry),
                    ConditionExpression="attribute_not_exists(version)",
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                    raise
                raise StaleRollout(
                    f"version {entry.version} of {endpoint} exists already"
                ) from error
        return entry

    def _entry(self, item: dict[str, Any]) -> Entry:
        form = int(item["form"]["N"])
        if form > self._form:
            raise EndpointBusy(
                f"entry {int(item['version']['S'])} of {item['endpoint']['S']} has form {form}, "
                f"accepted: up to {self._form}; newer code wrote it, and has to deal with it"
            )
        return entry_of(item)

    def _query(self, endpoint: str, after: int = 0) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "KeyConditionExpression": "endpoint = :endpoint AND version > :after",
            "ExpressionAttributeValues": {
                ":endpoint": {"S": endpoint},
                ":after": {"S": _sort_key(after)},
            },
        }


def _date(answer: dict[str, Any]) -> datetime | None:
    """When AWS answered, to the second."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    return parsedate_to_datetime(date) if date else None


def state_of(entry: Entry | None, endpoint: str) -> EndpointState:
    """The state after an entry; a new one before the first."""
    if entry is None:
        return EndpointState(endpoint)
    with translated(f"read the state in entry {entry.version} of {endpoint}"):
        return decode(EndpointState, entry.state)


def digest(previous: str, body: dict[str, Any]) -> str:
    """SHA-256 of an entry's body, chained to the entry before it."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}{text}".encode()).hexdigest()


def _next(  # noqa: PLR0913, PLR0917 - all that an entry is made of
    after: Entry | None,
    endpoint: str,
    form: int,
    event: Event,
    decision: Decision,
    now: datetime,
) -> Entry:
    entry = Entry(
        endpoint=endpoint,
        version=after.version + 1 if after else 1,
        form=form,
        at=now,
        trigger=encode(event.trigger),
        seen=encode(event.seen),
        decision={
            field.name: encode(getattr(decision, field.name))
            for field in fields(decision)
            if field.name != "state"
        },
        state=encode(decision.state),
        previous=after.hash if after else GENESIS,
        hash="",
    )
    return replace(entry, hash=digest(entry.previous, entry.body))


def _sort_key(version: int) -> str:
    return f"{version:0{_DIGITS}d}"


def _item(entry: Entry) -> dict[str, Any]:
    def text(value: Any) -> dict[str, str]:
        return {"S": json.dumps(value, sort_keys=True)}

    return {
        "endpoint": {"S": entry.endpoint},
        "version": {"S": _sort_key(entry.version)},
        "form": {"N": str(entry.form)},
        "at": {"S": encode(entry.at)},
        "trigger": text(entry.trigger),
        "seen": text(entry.seen),
        "decision": text(entry.decision),
        "state": text(entry.state),
        "previous": {"S": entry.previous},
        "hash": {"S": entry.hash},
    }


def entry_of(item: dict[str, Any]) -> Entry:
    """The entry that an item of the table is, of whatever form."""
    return Entry(
        endpoint=item["endpoint"]["S"],
        version=int(item["version"]["S"]),
        form=int(item["form"]["N"]),
        at=datetime.fromisoformat(item["at"]["S"]),
        trigger=json.loads(item["trigger"]["S"]),
        seen=json.loads(item["seen"]["S"]),
        decision=json.loads(item["decision"]["S"]),
        state=json.loads(item["state"]["S"]),
        previous=item["previous"]["S"],
        hash=item["hash"]["S"],
    )
