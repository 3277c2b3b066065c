"""Labels that were counted: a mark for each inference id, counters by variant, minute and segment.

The intake adds, `world.py` reads. A mark and its counter are written in one transaction, so a
label is counted once or not at all, whatever is sent twice or breaks off in between.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from steelyard.aws.calls import translated
from steelyard.errors import EndpointBusy
from steelyard.evidence.counts import OTHER, Labels
from steelyard.labels.ids import HORIZON
from steelyard.labels.reports import Report

# TTL deletes after that time, never before; by then the id is refused by its time of issue.
_MARKS_KEPT = HORIZON + timedelta(days=1)
_COUNTS_KEPT = timedelta(days=30)
_MOST_ITEMS = 100  # of one transaction
_ATTEMPTS = 8  # when another intake writes the same counter
_PAUSE = 0.04  # seconds at most, longer with each attempt; random, or rivals would meet again
_MINUTE = "%Y-%m-%dT%H:%MZ"
_CONFLICTS = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_MAY_PASS = frozenset({"None", "ConditionalCheckFailed", *_CONFLICTS})

Counts = Mapping[str, Mapping[datetime, Mapping[str, Labels]]]


@dataclass(frozen=True, slots=True)
class Added:
    """What became of reports: `reports` were counted, `other_segment` of them without a segment."""

    counted: int
    duplicates: int
    other_segment: int
    reports: Sequence[Report] = field(default=(), compare=False)


class LabelBook:
    """Adds labels and reads them.

    Args:
        table: its name; keys are the strings `key` and `at`, the time to live is `expires`.
        dynamodb: a boto3 *client*.
        pause, chance: wait so many seconds; how long of what is allowed, from 0 to 1.
    """

    def __init__(
        self,
        table: str,
        dynamodb: Any,
        pause: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._table = table
        self._dynamodb = dynamodb
        self._pause = pause
        self._chance = chance

    def add(self, endpoint: str, reports: Sequence[Report], now: datetime) -> Added:
        """Count each report whose inference id was not counted before, in the minute of `now`.

        Of several reports with one id, the first counts.

        Raises:
            EndpointBusy: not all could be counted for now; the same reports may be sent again.
            NeedsHuman: refused for good (permission, no such table).
        """
        first: dict[str, Report] = {}
        for report in reports:
            first.setdefault(report.inference_id, report)
        parts = _parts(list(first.values()))
        counted = [report for part in parts for report in self._count(endpoint, part, now)]
        others = sum(report.segment == OTHER for report in counted)
        return Added(len(counted), len(reports) - len(counted), others, counted)

    def counts(
        self, endpoint: str, variants: Iterable[str], span: tuple[datetime, datetime]
    ) -> Counts:
        """Labels by variant, then start of the minute in which they arrived, then segment.

        Minutes and segments without labels are absent. A minute is complete once the intake's
        time-out has passed after it.

        Args:
            span: from and until (exclusive), aware, on whole minutes.

        Raises:
            EndpointBusy, NeedsHuman: they can't be read.
        """
        return {
            variant: {
                _start(item["at"]["S"]): _segments(item)
                for item in self._items(_counter_key(endpoint, variant), span)
            }
            for variant in variants
        }

    def _count(self, endpoint: str, reports: list[Report], now: datetime) -> list[Report]:
        """Those that were counted now. Each turn that fails by duplicates leaves fewer reports."""
        conflicts = 0
        while reports:
            reasons = self._write(_items(self._table, endpoint, reports, now))
            if reasons is None:
                return reports
            fresh = [
                report
                for report, reason in zip(reports, reasons, strict=False)  # counters come after
                if reason != "ConditionalCheckFailed"
            ]
            if len(fresh) == len(reports):
                conflicts += 1
                if conflicts == _ATTEMPTS:
                    raise EndpointBusy(f"count labels of {endpoint}: {sorted(set(reasons))}")
                self._pause(_PAUSE * conflicts * (1 + self._chance()) / 2)
            reports = fresh
        return []

    def _write(self, items: list[dict[str, Any]]) -> list[str] | None:
        """None when all were written, or else what stood against each; none was."""
        with translated("count labels"):
            try:
                self._dynamodb.transact_write_items(TransactItems=items)
            except ClientError as error:
                reasons = [one["Code"] for one in error.response.get("CancellationReasons", [])]
                if not reasons or not _MAY_PASS.issuperset(reasons):
                    raise
                return reasons
        return None

    def _items(self, key: str, span: tuple[datetime, datetime]) -> Iterator[dict[str, Any]]:
        start, until = span
        if start >= until:
            return
        query = {
            "TableName": self._table,
            "KeyConditionExpression": "#key = :key AND #at BETWEEN :start AND :last",
            "ExpressionAttributeNames": {"#key": "key", "#at": "at"},
            "ExpressionAttributeValues": {
                ":key": {"S": key},
                ":start": {"S": _minute(start)},
                ":last": {"S": _minute(until - timedelta(minutes=1))},
            },
            "ConsistentRead": True,
        }
        while True:
            with translated("read labels"):
                answer = self._dynamodb.query(**query)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _parts(reports: Sequence[Report]) -> Iterator[list[Report]]:
    """Parts whose marks and counters fit into one transaction."""
    part: list[Report] = []
    counters: set[str] = set()
    for report in reports:
        grown = counters | {report.variant}
        if len(part) + 1 + len(grown) > _MOST_ITEMS:
            yield part
            part, grown = [], {report.variant}
        part.append(report)
        counters = grown
    if part:
        yield part


def _items(
    table: str, endpoint: str, reports: Sequence[Report], now: datetime
) -> list[dict[str, Any]]:
    """The writes of one transaction: a mark for each report, then the counters."""
    by_variant: dict[str, list[Report]] = {}
    for report in reports:
        by_variant.setdefault(report.variant, []).append(report)
    return [
        *(_mark(table, endpoint, report) for report in reports),
        *(_counter(table, endpoint, variant, some, now) for variant, some in by_variant.items()),
    ]


def _mark(table: str, endpoint: str, report: Report) -> dict[str, Any]:
    item = {
        "key": {"S": f"label/{endpoint}/{report.inference_id}"},
        "at": {"S": "-"},
        "expires": _seconds(report.issued + _MARKS_KEPT),
    }
    # No check of `expires`: an id whose mark may be gone is refused before it comes here.
    condition = {"ConditionExpression": "attribute_not_exists(#key)"}
    return {"Put": {"TableName": table, "Item": item, **condition, **_names({"#key": "key"})}}


def _counter(
    table: str, endpoint: str, variant: str, reports: Sequence[Report], now: datetime
) -> dict[str, Any]:
    labels = Counter(f"labels.{report.segment}" for report in reports)
    wrong = Counter(f"wrong.{report.segment}" for report in reports if report.wrong)
    sums = sorted((labels + wrong).items())
    adds = ", ".join(f"#{i} :{i}" for i in range(len(sums)))
    return {
        "Update": {
            "TableName": table,
            "Key": {"key": {"S": _counter_key(endpoint, variant)}, "at": {"S": _minute(now)}},
            "UpdateExpression": f"SET #expires = :expires ADD {adds}",
            **_names({"#expires": "expires"} | {f"#{i}": name for i, (name, _) in enumerate(sums)}),
            "ExpressionAttributeValues": {":expires": _seconds(now + _COUNTS_KEPT)}
            | {f":{i}": {"N": str(count)} for i, (_, count) in enumerate(sums)},
        }
    }


def _segments(item: Mapping[str, Any]) -> dict[str, Labels]:
    counts = {name: int(value["N"]) for name, value in item.items() if "N" in value}
    return {
        name.removeprefix("labels."): Labels(
            count, counts.get(f"wrong.{name.removeprefix('labels.')}", 0)
        )
        for name, count in sorted(counts.items())
        if name.startswith("labels.")
    }


def _counter_key(endpoint: str, variant: str) -> str:
    return f"count/{endpoint}/{variant}"


def _names(names: Mapping[str, str]) -> dict[str, Any]:
    return {"ExpressionAttributeNames": dict(names)}


def _minute(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime(_MINUTE)


def _start(text: str) -> datetime:
    return datetime.strptime(text, _MINUTE).replace(tzinfo=UTC)


def _seconds(instant: datetime) -> dict[str, str]:
    return {"N": str(int(instant.timestamp()))}
