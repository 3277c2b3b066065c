"""What follows from a story: decisions worth telling, and each rollout's figures.

The report and the summary say the same because both are made from this. For `cli.demo` only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from cli.demo.story_data import Entry, EvidenceAt, LabelMinute, Minute, Rollout, Story

PROMOTED, ROLLED_BACK = "PROMOTED", "ROLLED_BACK"


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that changed something, or called a person.

    Attributes:
        number: its place in the story, from 1; marks it on the charts and in the table.
        at: when.
        kind: what was decided, such as `advance`.
        phase_before, phase: of the rollout.
        reason: why, in the ledger's words.
        trigger: what brought it about, such as `tick` or `alarm`.
        log_evidence, log_threshold: of the verdict; None where there was none yet.
        carried_by: metric, and segment where there is one, that carries the most evidence.
        page: whether a person was called.
    """

    number: int
    at: datetime
    kind: str
    phase_before: str | None
    phase: str | None
    reason: str
    trigger: str
    log_evidence: float | None
    log_threshold: float | None
    carried_by: Mapping[str, str | None] | None
    page: bool


@dataclass(frozen=True, slots=True)
class Traffic:
    """One variant's share of a rollout, from CloudWatch.

    Attributes:
        requests, errors: while the rollout lasted.
        p99_ms: the median of its minutes' 99th percentiles; None without requests.
    """

    requests: int
    errors: int
    p99_ms: float | None

    @property
    def error_percent(self) -> float:
        """Share of requests that failed; 0 without requests."""
        return 100 * self.errors / self.requests if self.requests else 0.0


@dataclass(frozen=True, slots=True)
class Labelled:
    """What users said of one variant's answers, in one segment or in all.

    Attributes:
        labels, wrong: that arrived while a rollout lasted.
    """

    labels: int
    wrong: int

    @property
    def correct_percent(self) -> float | None:
        """Share of right answers; None without labels."""
        return 100 * (self.labels - self.wrong) / self.labels if self.labels else None


@dataclass(frozen=True, slots=True)
class Quality:
    """Both variants' quality in one segment."""

    segment: str
    stable: Labelled
    canary: Labelled


@dataclass(frozen=True, slots=True)
class RolloutFacts:
    """One rollout in figures.

    Attributes:
        decisions: those of this rollout.
        stable, canary: what each variant did while it lasted.
        quality: by segment, while the canary had traffic of its own; empty if it never had.
        first_traffic: when the canary first had weight; None if it never had.
        highest_percent: the largest share of traffic that the canary had.
        peak: the strongest evidence of harm; None if there was no look.
    """

    rollout: Rollout
    decisions: tuple[Decision, ...]
    stable: Traffic
    canary: Traffic
    quality: tuple[Quality, ...]
    first_traffic: datetime | None
    highest_percent: float
    peak: EvidenceAt | None


def rollouts(story: Story) -> tuple[RolloutFacts, ...]:
    """The figures of every rollout, in order of time."""
    found = []
    number = 1
    for rollout in story.rollouts:
        decisions = _decisions(rollout.entries, number)
        number += len(decisions)
        found.append(_facts(story, rollout, decisions))
    return tuple(found)


def share(weights: Mapping[str, float], variant: str) -> float:
    """The percentage of traffic that `variant` gets; 0 if there is no such variant."""
    total = sum(weights.values())
    return 100 * weights.get(variant, 0.0) / total if total else 0.0


def canary_steps(story: Story, rollout: Rollout) -> list[tuple[datetime, datetime, float]]:
    """From when to when the canary had which percentage, where that is more than 0."""
    changes = [
        (max(change.at, rollout.started), share(change.weights, rollout.canary_variant))
        for change in story.weights
        if change.at < rollout.ended
    ]
    edges = [at for at, _ in changes] + [rollout.ended]
    return [
        (at, end, percent)
        for (at, percent), end in zip(changes, edges[1:], strict=True)
        if percent and at < end
    ]


def running(story: Story, at: datetime) -> Rollout | None:
    """The rollout that was under way at `at`."""
    for rollout in story.rollouts:
        if rollout.started <= at < rollout.ended:
            return rollout
    return None


def version_of(story: Story) -> dict[str, int]:
    """The version that each production variant served."""
    versions = {}
    for rollout in story.rollouts:
        versions[rollout.stable_variant] = rollout.stable
        versions[rollout.canary_variant] = rollout.candidate
    return versions


def _facts(story: Story, rollout: Rollout, decisions: tuple[Decision, ...]) -> RolloutFacts:
    steps = canary_steps(story, rollout)
    # At 100 % the canary is no longer on trial.
    on_trial = [percent for _, _, percent in steps if percent < 100]
    looks = [look for look in story.evidence if rollout.started <= look.at <= rollout.ended]
    return RolloutFacts(
        rollout=rollout,
        decisions=decisions,
        stable=_traffic(story.metrics.get(rollout.stable_variant, ()), rollout),
        canary=_traffic(story.metrics.get(rollout.canary_variant, ()), rollout),
        quality=_quality(story, rollout) if steps else (),
        first_traffic=steps[0][0] if steps else None,
        highest_percent=max(on_trial, default=0.0),
        peak=max(looks, key=lambda look: look.total, default=None),
    )


def _quality(story: Story, rollout: Rollout) -> tuple[Quality, ...]:
    stable, canary = (
        _labelled(story.labels.get(variant, ()), rollout)
        for variant in (rollout.stable_variant, rollout.canary_variant)
    )
    none = Labelled(0, 0)
    return tuple(
        Quality(segment, stable.get(segment, none), canary.get(segment, none))
        for segment in sorted({*stable, *canary})
    )


def _labelled(minutes: Iterable[LabelMinute], rollout: Rollout) -> Mapping[str, Labelled]:
    found: dict[str, Labelled] = {}
    for minute in minutes:
        if rollout.started <= minute.at <= rollout.ended:
            before = found.get(minute.segment, Labelled(0, 0))
            found[minute.segment] = Labelled(
                before.labels + minute.labels, before.wrong + minute.wrong
            )
    return found


def pooled(parts: Iterable[Labelled]) -> Labelled:
    """All segments together."""
    every = list(parts)
    return Labelled(sum(part.labels for part in every), sum(part.wrong for part in every))


def _traffic(minutes: Iterable[Minute], rollout: Rollout) -> Traffic:
    during = [minute for minute in minutes if rollout.started <= minute.at <= rollout.ended]
    slowest = [minute.p99_us for minute in during if minute.p99_us is not None]
    return Traffic(
        requests=sum(minute.requests for minute in during),
        errors=sum(minute.errors for minute in during),
        p99_ms=median(slowest) / 1_000 if slowest else None,
    )


def _decisions(entries: Iterable[Entry], number: int) -> tuple[Decision, ...]:
    found: list[Decision] = []
    for entry in entries:
        decision: Mapping[str, Any] = entry["decision"]
        changed = decision["phase"] != decision["phase_before"]
        if decision["kind"] == "hold" and not changed and not decision["page"]:
            continue
        verdict = decision.get("verdict") or {}
        found.append(
            Decision(
                number=number + len(found),
                at=_moment(entry["at"]),
                kind=decision["kind"],
                phase_before=decision["phase_before"],
                phase=decision["phase"],
                reason=decision["reason"],
                trigger=entry["trigger"]["kind"],
                log_evidence=verdict.get("log_evidence", {}).get("total"),
                log_threshold=verdict.get("log_threshold"),
                carried_by=verdict.get("carried_by"),
                page=decision["page"],
            )
        )
    return tuple(found)


def _moment(at: datetime | str) -> datetime:
    return at if isinstance(at, datetime) else datetime.fromisoformat(at)
