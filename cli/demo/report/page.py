"""Puts the report's page together from a story. For the report only."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from pathlib import Path
from string import Template

from cli.demo import facts
from cli.demo.facts import PROMOTED, ROLLED_BACK, Decision, RolloutFacts
from cli.demo.report import quality, tables, words
from cli.demo.report.figure import draw
from cli.demo.report.view import LAYOUTS, View
from cli.demo.story_data import Story
from infra import panels

_TEMPLATE = Path(__file__).with_name("page.html")


def write(story: Story, file: Path) -> Path:
    """Write the report; returns the file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(render(story), encoding="utf-8")
    return file


def render(story: Story) -> str:
    """The whole page. It asks for nothing outside itself."""
    rollouts = facts.rollouts(story)
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        endpoint=escape(story.endpoint),
        date=f"{story.started:%d %B %Y}".lstrip("0"),
        headline=escape(_headline(rollouts)),
        expected=_expected(story),
        rollouts="".join(_told(rollout) for rollout in rollouts),
        figures=_figures(story),
        drawings="".join(draw(View(story, rollouts, layout)) for layout in LAYOUTS),
        decisions=tables.decisions(story, rollouts),
        quality=quality.draw(rollouts),
        clients=_clients(story) + tables.clients(story),
        versions=tables.versions(story),
        data=tables.data(story),
        length=words.duration(story.ended - story.started),
        factor=f"{story.factor:g}",
        sizing=escape(story.sizing),
        stable_color=panels.STABLE,
        canary_color=panels.CANARY,
        alarm_color=panels.ALARM,
    )


def _headline(rollouts: tuple[RolloutFacts, ...]) -> str:
    """What happened, in one sentence."""
    outcomes = [facts.rollout.outcome for facts in rollouts]
    if outcomes == [ROLLED_BACK, PROMOTED]:
        return "A bad update was rolled back, a good one was promoted."
    told = [f"version {f.rollout.candidate}: {words.plain(f.rollout.outcome)}" for f in rollouts]
    return ("; ".join(told) or "no rollout took place").capitalize() + "."


def _expected(story: Story) -> str:
    """What a scene is to show."""
    if not story.expected:
        return ""
    return f'<p class="lead"><strong>Expected:</strong> {escape(story.expected)}</p>'


def _told(facts: RolloutFacts) -> str:
    """One rollout in a sentence, with its figures."""
    rollout = facts.rollout
    tone = {PROMOTED: "good", ROLLED_BACK: "bad"}.get(rollout.outcome, "neutral")
    over = "was " if rollout.outcome in (PROMOTED, ROLLED_BACK) else "stood at: "
    head = f"Version {rollout.candidate} {over}{words.plain(rollout.outcome)}"
    tell = {PROMOTED: _promoted, ROLLED_BACK: _rolled_back}.get(rollout.outcome, _other)
    return f'<p class="told {tone}"><strong>{escape(head)}</strong> {escape(tell(facts))}</p>'


def _rolled_back(facts: RolloutFacts) -> str:
    back = next((d for d in facts.decisions if d.kind == "roll_back"), None)
    if facts.first_traffic is None:
        return f"before any user saw it: {back.reason if back else words.NOTHING}."
    decided = back.at if back is not None else facts.rollout.ended
    after = words.duration(decided - facts.first_traffic)
    said = (
        f"{after} after its first request from a user{_cause(back)}. It failed "
        f"{words.percent(facts.canary.error_percent)} of "
        f"{words.counted(facts.canary.requests, 'request')}; version {facts.rollout.stable}, "
        f"beside it, {words.percent(facts.stable.error_percent)}. "
        f"It never had more than {words.percent(facts.highest_percent)} of the traffic."
    )
    if facts.peak is None or facts.peak.total < facts.peak.threshold:
        return said
    return (
        f"{said} The evidence against it reached {facts.peak.total:.1f}{words.SPACE}nats; "
        f"{facts.peak.threshold:.1f} are enough."
    )


def _cause(back: Decision | None) -> str:
    """What carried the evidence, where it did."""
    carried = back.carried_by if back is not None else None
    if not carried:
        return ""
    where = f" in segment {carried['segment']}" if carried.get("segment") else ""
    return f", for its {carried['metric']}{where}"


def _promoted(facts: RolloutFacts) -> str:
    steps = sum(d.kind == "advance" and d.phase == "RAMPING" for d in facts.decisions)
    return (
        f"after {words.duration(facts.rollout.ended - facts.rollout.started)} and "
        f"{words.counted(steps, 'step')}. It failed {words.percent(facts.canary.error_percent)} of "
        f"{words.counted(facts.canary.requests, 'request')} at a p99 latency of "
        f"{words.milliseconds(facts.canary.p99_ms)}; version {facts.rollout.stable}, beside it, "
        f"{words.percent(facts.stable.error_percent)} at {words.milliseconds(facts.stable.p99_ms)}."
    )


def _other(facts: RolloutFacts) -> str:
    last = facts.decisions[-1].reason if facts.decisions else "nothing was decided"
    return f"when the story ended; {last}."


def _figures(story: Story) -> str:
    """The clients' four numbers that matter most."""
    clients = story.clients
    failed = sum(clients.model_errors.values())
    rate = clients.requests / clients.seconds if clients.seconds else 0.0
    shown = (
        (words.count(clients.requests), f"requests sent, {rate:.0f} a second"),
        (words.count(failed), "failed in a model"),
        (words.count(sum(clients.platform_errors.values())), "failed in any other way"),
        (words.milliseconds(clients.p99_ms), "p99 latency at the clients"),
    )
    return "".join(
        f"<div><dd>{escape(value)}</dd><dt>{escape(name)}</dt></div>" for value, name in shown
    )


def _clients(story: Story) -> str:
    clients = story.clients
    versions = facts.version_of(story)
    blamed = ", ".join(
        f"{words.counted(number, 'error')} by "
        + (f"version {versions[variant]}" if variant in versions else f"variant {variant}")
        for variant, number in clients.model_errors.items()
        if number
    )
    others = sum(clients.platform_errors.values())
    labels = (
        f" They reported {words.counted(clients.labels, 'label')}; "
        f"{words.count(clients.wrong)} of these answers were wrong."
    )
    text = (
        f"Clients sent {words.counted(clients.requests, 'request')} in "
        f"{words.duration(timedelta(seconds=clients.seconds))} of real time, several at once and "
        f"without retries. They saw {blamed or 'no error by any version'}, and "
        f"{words.counted(others, 'error') if others else 'none'} of any other kind.{labels}"
    )
    return f"<p>{escape(text)}</p>"
