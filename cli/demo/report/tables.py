"""The report's tables: decisions, clients, versions, and all data behind the figure.

For the report only.
"""

from __future__ import annotations

from datetime import datetime

from cli.demo.facts import Decision, RolloutFacts, share, version_of
from cli.demo.report import words
from cli.demo.report.html import details, table
from cli.demo.story_data import EvidenceAt, Minute, Story

_SHARES = ("_accuracy", "_rate")  # ends of names whose values are shares of 1


def decisions(story: Story, rollouts: tuple[RolloutFacts, ...]) -> str:
    """Every decision that changed something, with its moment and reason; one table a rollout."""
    heads = ("No.", "Time", "Decision", "Because", "Trigger", "Evidence")
    return "".join(
        table(
            f"Version {facts.rollout.candidate}: {words.plain(facts.rollout.outcome)}",
            heads,
            [_decision(story, decision) for decision in facts.decisions],
            class_="decisions",
        )
        for facts in rollouts
    )


def clients(story: Story) -> str:
    """What the clients saw, by variant."""
    versions = version_of(story)
    totals = story.clients
    names = sorted({*totals.answered, *totals.model_errors})
    rows = [
        (
            name,
            f"version {versions[name]}" if name in versions else words.NOTHING,
            words.count(totals.answered.get(name, 0)),
            words.count(totals.model_errors.get(name, 0)),
        )
        for name in names
    ]
    rows += [
        (kind, "not a model", "0", words.count(number))
        for kind, number in totals.platform_errors.items()
    ]
    return table("Requests by who answered", ("Variant", "Model", "Answered", "Failed"), rows)


def versions(story: Story) -> str:
    """The versions with their offline quality."""
    metrics = sorted({name for version in story.versions for name in version.quality})
    rows = [
        (
            str(version.number),
            version.change,
            *(_quality(name, version.quality.get(name)) for name in metrics),
        )
        for version in story.versions
    ]
    heads = ("Version", "Change", *(name.replace("_", " ").capitalize() for name in metrics))
    return table("Versions in the model package group", heads, rows)


def data(story: Story) -> str:
    """The figure's data as tables."""
    minutes = [
        details(f"Variant {name}, minute by minute", _minutes(story, name, series))
        for name, series in sorted(story.metrics.items())
    ]
    return "".join(
        [
            details("Shares of traffic", _shares(story)),
            *minutes,
            details("Evidence", _evidence(story)),
            details("Alarms", _alarms(story)),
        ]
    )


def _quality(name: str, value: float | None) -> str:
    if value is None:
        return words.NOTHING
    return words.percent(100 * value) if name.endswith(_SHARES) else f"{value:.4g}"


def _decision(story: Story, decision: Decision) -> tuple[str, ...]:
    before, after = words.plain(decision.phase_before), words.plain(decision.phase)
    evidence = ""
    if decision.log_evidence is not None and decision.log_threshold is not None:
        evidence = f"{decision.log_evidence:.1f} of {decision.log_threshold:.1f} nats"
    return (
        str(decision.number),
        _when(story, decision.at),
        f"{words.plain(decision.kind)}: {after if before == after else f'{before} → {after}'}",
        decision.reason + (" (a person was called)" if decision.page else ""),
        decision.trigger,
        evidence,
    )


def _when(story: Story, at: datetime) -> str:
    minutes = (at - story.started).total_seconds() / 60
    return f"{words.clock(at)} ({minutes:.1f}{words.SPACE}min)"


def _shares(story: Story) -> str:
    names = sorted({name for change in story.weights for name in change.weights})
    rows = [
        (_when(story, change.at), *(words.percent(share(change.weights, name)) for name in names))
        for change in story.weights
    ]
    return table("Share of traffic from each moment on", ("Time", *names), rows)


def _minutes(story: Story, name: str, series: tuple[Minute, ...]) -> str:
    rows = [
        (
            _when(story, minute.at),
            words.count(minute.requests),
            words.count(minute.errors),
            words.milliseconds(None if minute.p50_us is None else minute.p50_us / 1_000),
            words.milliseconds(None if minute.p99_us is None else minute.p99_us / 1_000),
        )
        for minute in series
    ]
    return table(f"Variant {name}", ("Minute", "Requests", "Errors", "p50", "p99"), rows)


def _evidence(story: Story) -> str:
    looks = [(look, _by_name(look)) for look in story.evidence]
    names = sorted({name for _, values in looks for name in values})
    rows = [
        (
            _when(story, look.at),
            f"{look.total:.2f}",
            f"{look.threshold:.2f}",
            *(f"{values[name]:.2f}" if name in values else words.NOTHING for name in names),
        )
        for look, values in looks
    ]
    return table("Evidence of harm, in nats", ("Time", "Total", "Threshold", *names), rows)


def _by_name(look: EvidenceAt) -> dict[str, float]:
    """By metric, and by segment where segments are weighed."""
    segments = {
        f"{metric}, {segment}": value
        for metric, values in look.segments.items()
        for segment, value in values.items()
    }
    return {**look.by_metric, **segments}


def _alarms(story: Story) -> str:
    rows = [(_when(story, change.at), change.name, change.state) for change in story.alarms]
    return table("Changes of state", ("Time", "Alarm", "State"), rows)
