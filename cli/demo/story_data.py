"""What happened in a demo, as plain data: read from the cloud's APIs and the ledger.

`story.py` collects it; the report and the summary are made from nothing else. For `cli.demo`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Entry = Mapping[str, Any]
"""A ledger entry as JSON has it; `at` may be a datetime or ISO 8601 text."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the model.

    Attributes:
        number: its version in the model package group.
        change: what it changes, as a commit's subject would say.
        quality: offline quality by metric name, as the training job reported it.
    """

    number: int
    change: str
    quality: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Rollout:
    """One attempt to bring one version to 100 %.

    Attributes:
        id: the rollout's own id.
        candidate, stable: versions.
        canary_variant, stable_variant: names of the production variants.
        outcome: the terminal phase, such as PROMOTED or ROLLED_BACK.
        started, ended: first entry, and the entry that reached the outcome; aware UTC.
        entries: everything that the ledger holds about it, oldest first.
    """

    id: str
    candidate: int
    stable: int
    canary_variant: str
    stable_variant: str
    outcome: str
    started: datetime
    ended: datetime
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class WeightsAt:
    """The weights as DescribeEndpoint showed them from `at` on."""

    at: datetime
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute of one variant, from CloudWatch.

    Attributes:
        at: start of the minute.
        requests, errors: sums of Invocations and InvocationModelErrors.
        p50_us, p99_us: ModelLatency in microseconds; None where there was no request.
    """

    at: datetime
    requests: int
    errors: int
    p50_us: float | None
    p99_us: float | None


@dataclass(frozen=True, slots=True)
class LabelMinute:
    """What the intake counted of one variant and segment in one minute.

    Attributes:
        at: start of the minute in which the labels arrived.
        labels, wrong: answers that were labelled, and how many of them were wrong.
    """

    at: datetime
    segment: str
    labels: int
    wrong: int


@dataclass(frozen=True, slots=True)
class EvidenceAt:
    """One look at the evidence, from the ledger's verdicts.

    Attributes:
        at: when.
        total, by_metric: natural logs of the evidence of harm.
        threshold: ln(1/alpha); `total` at or above it means WORSE.
        segments: natural logs by metric and segment, where segments are weighed.
    """

    at: datetime
    total: float
    by_metric: Mapping[str, float]
    threshold: float
    segments: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """An alarm's state from `at` on, from DescribeAlarmHistory."""

    at: datetime
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class ClientTotals:
    """What the clients saw, all of them together.

    Attributes:
        requests: requests sent and ended.
        answered: good answers by variant.
        model_errors: requests that a model container failed, by variant (`unnamed` where the
            response doesn't name it).
        platform_errors: everything else that went wrong, by what it was; empty if all is well.
        seconds: how long they sent, in real time.
        p50_ms, p99_ms: latency as the clients saw it; None before the first answer.
        labels, wrong: labels that the intake took, and how many of them said `wrong`.
        label_errors: batches that it did not take (and that were sent again) and reports that it
            refused, by what was wrong.
    """

    requests: int
    answered: Mapping[str, int]
    model_errors: Mapping[str, int]
    platform_errors: Mapping[str, int]
    seconds: float
    p50_ms: float | None
    p99_ms: float | None
    labels: int = 0
    wrong: int = 0
    label_errors: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Story:
    """A whole demo, or one scene of it.

    Attributes:
        endpoint: its name.
        started, ended: of the time shown, on the local cloud's clock; aware UTC.
        factor: how many times faster that clock runs.
        versions: by number, rising.
        rollouts: in order of time.
        weights: every change, oldest first.
        metrics: minutes by variant, oldest first.
        labels: what the intake counted, by variant, oldest first.
        evidence: every look, oldest first, of all rollouts.
        alarms: every change of state, oldest first.
        clients: what the clients saw.
        sizing: how likely it is that a demo fails by chance, and how that was computed.
        expected: what the scene is to show, in one sentence; empty for the demo itself.
    """

    endpoint: str
    started: datetime
    ended: datetime
    factor: float
    versions: tuple[Version, ...]
    rollouts: tuple[Rollout, ...]
    weights: tuple[WeightsAt, ...]
    metrics: Mapping[str, tuple[Minute, ...]]
    labels: Mapping[str, tuple[LabelMinute, ...]]
    evidence: tuple[EvidenceAt, ...]
    alarms: tuple[AlarmChange, ...]
    clients: ClientTotals
    sizing: str
    expected: str = ""
