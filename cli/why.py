"""`steelyard why`: one decision's receipt on one screen. For `cli` alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.counts_table import counts_table
from cli.past import standing
from cli.receipt import Receipt
from cli.watch import STYLES
from cli.whatif import what_ifs
from steelyard.evidence import Batch
from steelyard.rollout.counting import minutes_of
from steelyard.rollout.model import DecisionKind, Phase
from steelyard.rollout.observation import AlarmReading, Command
from steelyard.rollout.orders import legal_for
from steelyard.rollout.signals import shown

_CAME = {
    "tick": "on a tick",
    "alarm": "on an event of an alarm",
    "endpoint": "on an event of the endpoint",
    "approval": "on an approval",
    "recheck": "right after the entry before it",
}


def why(receipt: Receipt) -> RenderableType:
    """What was seen and decided, and what would have changed it."""
    parts: list[RenderableType] = [
        _headline(receipt),
        section("Decided", _decided(receipt)),
        section("Seen", _seen(receipt)),
    ]
    if receipt.verdict is not None:
        parts.append(section("Evidence", counts_table(receipt, receipt.verdict)))
    parts.append(section("What would have changed it", _changes(receipt)))
    parts.append(section("What a person can order now", _orders(receipt)))
    return Group(*parts)


def section(title: str, content: RenderableType) -> RenderableType:
    """One part of what is told, below its title."""
    return Group(Text(title, style="bold"), Padding(content, (0, 0, 0, 2)))


def _headline(receipt: Receipt) -> Text:
    rollout = receipt.latest
    text = Text(rollout.id, style="bold")
    text.append(f": version {rollout.candidate.version} against ", style="not bold")
    text.append(f"version {rollout.stable.version or 'unknown'}, ", style="not bold")
    text.append(rollout.phase, style=STYLES.get(rollout.phase, "cyan"))
    text.append(f" since {_time(receipt.ended.at)}", style="not bold")
    return text


def _decided(receipt: Receipt) -> Text:
    entry, decision = receipt.entry, receipt.entry.decision
    before, after = receipt.before.rollout, receipt.after
    text = Text(f"entry {entry.version}, {_time(entry.at)}, {_came(receipt)}: ")
    text.append(DecisionKind(decision["kind"]).replace("_", " "), style="bold")
    text.append(", ")
    if before is not None and before.id == after.id and standing(before) != standing(after):
        text.append(f"{standing(before)} → ")
    text.append(str(standing(after)), style=STYLES.get(after.phase, "cyan"))
    text.append(f"\n{decision['reason']}")
    return text


def _came(receipt: Receipt) -> str:
    trigger = receipt.event.trigger
    if isinstance(trigger, Command):
        return f"ordered by {trigger.actor} ({trigger.command}: {trigger.reason})"
    return _CAME[trigger.kind] + (f" ({trigger.about})" if trigger.about else "")


def _seen(receipt: Receipt) -> Table:
    seen = receipt.event.seen
    table = Table.grid(padding=(0, 2))
    table.add_row("endpoint", Text(shown(seen.live)))
    table.add_row("requests", _requests(receipt))
    table.add_row("alarms", Text("\n".join(map(_alarm, seen.alarms)) or "none in ALARM"))
    if seen.golden or receipt.after.cold_start is not None:
        table.add_row("golden", _golden(receipt))
    if seen.unreadable:
        table.add_row("unreadable", Text("\n".join(seen.unreadable)))
    if seen.refused:
        table.add_row("refused", Text(seen.refused))
    return table


def _requests(receipt: Receipt) -> str:
    counted = receipt.counted
    if not (*receipt.earlier, *counted):
        stable = receipt.event.seen.traffic
        beside = f"; stable's latest minutes: {', '.join(map(str, stable))}" if stable else ""
        return f"none weighed: the canary has had no whole minute of traffic{beside}"
    here = _both(counted) if counted else "no new minute"
    return f"{here} at this look; {_both((*receipt.earlier, *counted))} in all"


def _both(batches: Iterable[Batch]) -> str:
    batches = tuple(batches)
    stable, canary = (
        sum(arm.requests for arm in arms)
        for arms in ((b.stable for b in batches), (b.canary for b in batches))
    )
    minutes = minutes_of(batches)
    span = "1 minute" if minutes == 1 else f"{minutes} minutes"
    return f"stable {stable}, canary {canary} in {span}"


def _alarm(alarm: AlarmReading) -> str:
    canary, stable = (
        "no data" if value is None else f"{value:.4g}" for value in (alarm.canary, alarm.stable)
    )
    beside = "" if alarm.metric == "evidence" else f", stable {stable}"
    return f"{alarm.name}: canary {canary}{beside}, threshold {alarm.threshold:.4g}"


def _golden(receipt: Receipt) -> Text:
    answers, cold = receipt.event.seen.golden or (), receipt.after.cold_start
    right = [f"{a.name} {a.seconds:.2f} s" for a in answers if a.outcome == "right"]
    lines = [f"{a.name} {a.outcome}: {a.why}" for a in answers if a.outcome != "right"]
    if right:
        lines.append(f"right: {', '.join(right)}")
    if cold is not None:
        lines.append(f"cold start: {cold.total_seconds():.2f} s, not counted")
    return Text("\n".join(lines))


def _changes(receipt: Receipt) -> RenderableType:
    found = what_ifs(receipt)
    if found is None:
        return Text("can't be told: this version of Steelyard would decide otherwise")
    table = Table.grid(padding=(0, 2))
    table.add_column(ratio=2)
    table.add_column(ratio=3)
    for supposition in found:
        table.add_row(Text(supposition.supposed), Text(f"→ {supposition.then}"))
    forecast = receipt.verdict.requests_to_pass if receipt.verdict else None
    if forecast is not None:
        table.add_row(f"with about {forecast} more canary requests", _pace(receipt, forecast))
    return table if table.row_count else Text("nothing of what was seen")


def _pace(receipt: Receipt, forecast: int) -> str:
    """How long a forecast takes at the rate of the latest minutes."""
    counted = receipt.counted
    requests = sum(batch.canary.requests for batch in counted)
    if not requests:
        return "→ the evidence suffices, at the rates seen"
    minutes = max(1, round(forecast * minutes_of(counted) / requests))
    return f"→ the evidence suffices, at the rates seen; in about {minutes} min"


def _orders(receipt: Receipt) -> Text:
    rollout = receipt.latest
    legal = legal_for(rollout)
    if not legal:
        over = f"nothing: it is {rollout.phase}"
        again = f"; to try version {rollout.candidate.version} once more, approve it once more"
        return Text(over + (again if rollout.phase is Phase.ROLLED_BACK else ""))
    example = f'steelyard {legal[-1]} {rollout.id} --reason "..."'
    return Text(f"{', '.join(legal)}; for example: {example}")


def _time(at: datetime) -> str:
    return f"{at:%m-%d %H:%M:%S} UTC"
