"""From the cloud's APIs and the ledger to the story's plain data. For the demo only.

Nothing here remembers what the demo did: every figure is read back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cli.demo.story_data import (
    AlarmChange,
    ClientTotals,
    EvidenceAt,
    LabelMinute,
    Minute,
    Rollout,
    Story,
    Version,
    WeightsAt,
)
from cli.local_cloud import read_clock
from cli.session import Session
from steelyard.aws.labels import LabelBook
from steelyard.aws.ledger import Entry
from steelyard.codec import encode

_MINUTE = timedelta(minutes=1)
_STATISTICS = {
    "requests": ("Invocations", "Sum"),
    "errors": ("InvocationModelErrors", "Sum"),
    "p50_us": ("ModelLatency", "p50"),
    "p99_us": ("ModelLatency", "p99"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What no API knows.

    Attributes:
        changes: what each version changes, in a commit's words.
        clients: what the clients counted.
        sizing: how likely the demo fails by chance, in words.
        expected: what a scene is to show, in one sentence.
    """

    changes: Mapping[int, str]
    clients: ClientTotals
    sizing: str
    expected: str = ""


def collect(session: Session, endpoint: str, since: datetime, told: Told) -> Story:
    """Everything that happened at an endpoint of the local cloud after `since`."""
    entries = [e for e in session.ledger.read(endpoint) if e.at >= since]
    rollouts = tuple(_rollouts(entries))
    ended = max((e.at for e in entries), default=since)
    now, factor = read_clock(session.url or "")
    weights = tuple(_weights(entries))
    variants = sorted({name for at in weights for name in at.weights})
    return Story(
        endpoint=endpoint,
        started=since,
        ended=ended,
        factor=factor,
        versions=_versions(session, endpoint, told.changes),
        rollouts=rollouts,
        weights=weights,
        metrics={v: _minutes(session, endpoint, v, (since, ended)) for v in variants},
        labels=_labels(session, endpoint, variants, (since, now)),
        evidence=tuple(_evidence(entries)),
        alarms=_alarms(session, endpoint, since),
        clients=told.clients,
        sizing=told.sizing,
        expected=told.expected,
    )


def _versions(session: Session, group: str, changes: Mapping[int, str]) -> tuple[Version, ...]:
    sagemaker = session.client("sagemaker")
    listed = sagemaker.list_model_packages(
        ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Ascending"
    )["ModelPackageSummaryList"]
    found = [
        sagemaker.describe_model_package(ModelPackageName=summary["ModelPackageArn"])
        for summary in listed
    ]
    return tuple(
        Version(
            number=package["ModelPackageVersion"],
            change=changes[package["ModelPackageVersion"]],
            quality={
                key.removeprefix("metric:"): float(value)
                for key, value in package["CustomerMetadataProperties"].items()
                if key.startswith("metric:")
            },
        )
        for package in found
    )


def _rollouts(entries: Iterable[Entry]) -> Iterable[Rollout]:
    by_id: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.state["rollout"] and entry.decision["phase"]:
            by_id.setdefault(entry.state["rollout"]["id"], []).append(entry)
    for rollout_id, own in by_id.items():
        rollout = own[-1].state["rollout"]
        ended = next((e for e in own if e.decision["phase"] == rollout["phase"]), own[-1])
        yield Rollout(
            id=rollout_id,
            candidate=rollout["candidate"]["version"],
            stable=rollout["stable"]["version"],
            canary_variant=rollout["canary"],
            stable_variant=rollout["stable"]["variant"],
            outcome=rollout["phase"],
            started=own[0].at,
            ended=ended.at,
            entries=tuple(encode(e) for e in own),
        )


def _weights(entries: Iterable[Entry]) -> Iterable[WeightsAt]:
    last: Mapping[str, float] = {}
    for entry in entries:
        live = entry.seen["live"]
        if live is None or live["status"] != "InService":
            continue
        weights = {v["name"]: v["weight"] for v in live["variants"]}
        if weights != last:
            yield WeightsAt(entry.at, weights)
            last = weights


def _evidence(entries: Iterable[Entry]) -> Iterable[EvidenceAt]:
    for entry in entries:
        verdict = entry.decision["verdict"]
        if verdict is None:
            continue
        by_metric = dict(verdict["log_evidence"])
        total = by_metric.pop("total")
        yield EvidenceAt(entry.at, total, by_metric, verdict["log_threshold"], verdict["segments"])


def _labels(
    session: Session, endpoint: str, variants: Sequence[str], span: tuple[datetime, datetime]
) -> dict[str, tuple[LabelMinute, ...]]:
    book = LabelBook(session.names.labels, session.client("dynamodb"))
    start, end = (at.replace(second=0, microsecond=0) for at in span)
    counts = book.counts(endpoint, variants, (start, end + _MINUTE))
    return {
        variant: tuple(
            LabelMinute(at, segment, found.labels, found.wrong)
            for at, segments in sorted(minutes.items())
            for segment, found in sorted(segments.items())
        )
        for variant, minutes in counts.items()
    }


def _minutes(
    session: Session, endpoint: str, variant: str, span: tuple[datetime, datetime]
) -> tuple[Minute, ...]:
    dimensions = [
        {"Name": "EndpointName", "Value": endpoint},
        {"Name": "VariantName", "Value": variant},
    ]
    queries = [
        {
            "Id": name,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/SageMaker",
                    "MetricName": metric,
                    "Dimensions": dimensions,
                },
                "Period": 60,
                "Stat": statistic,
            },
        }
        for name, (metric, statistic) in _STATISTICS.items()
    ]
    answer = session.client("cloudwatch").get_metric_data(
        MetricDataQueries=queries, StartTime=span[0] - _MINUTE, EndTime=span[1] + _MINUTE
    )
    values: dict[datetime, dict[str, float]] = {}
    for result in answer["MetricDataResults"]:
        for at, value in zip(result["Timestamps"], result["Values"], strict=True):
            values.setdefault(at.astimezone(UTC), {})[result["Id"]] = value
    return tuple(
        Minute(
            at=at,
            requests=int(minute.get("requests", 0)),
            errors=int(minute.get("errors", 0)),
            p50_us=minute.get("p50_us"),
            p99_us=minute.get("p99_us"),
        )
        for at, minute in sorted(values.items())
    )


def _alarms(session: Session, endpoint: str, since: datetime) -> tuple[AlarmChange, ...]:
    """Changes of state; a deleted alarm is in state DELETED from then on."""
    cloudwatch = session.client("cloudwatch")
    found: list[AlarmChange] = []
    token: dict[str, Any] = {}
    while True:
        answer = cloudwatch.describe_alarm_history(
            StartDate=since, ScanBy="TimestampAscending", **token
        )
        found += [
            AlarmChange(item["Timestamp"], item["AlarmName"], state)
            for item in answer["AlarmHistoryItems"]
            if item["AlarmName"].startswith(f"steelyard/{endpoint}/")
            and (state := _new_state(item)) is not None
        ]
        if "NextToken" not in answer:
            return tuple(found)
        token = {"NextToken": answer["NextToken"]}


def _new_state(item: Mapping[str, Any]) -> str | None:
    """From summaries such as "Alarm updated from OK to ALARM" and `Alarm "..." deleted`."""
    last = str(item["HistorySummary"]).rsplit(" ", 1)[-1]
    if item["HistoryItemType"] == "StateUpdate":
        return last
    return "DELETED" if last == "deleted" else None
