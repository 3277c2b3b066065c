"""The figure: what was decided when, over four panels with one time axis. For the report only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cli.demo.facts import Decision
from cli.demo.report import panels, words
from cli.demo.report.svg import element, label, line
from cli.demo.report.view import View
from infra.panels import ALARMS, ERRORS, EVIDENCE, LATENCY, TRAFFIC

_ROW = 22  # pixels between rows of decisions or of alarms
_RADIUS = 9
_GAP = 46  # between panels; a title fits in
_AXIS = 34
_LANES_TOP = 16
_PANELS: tuple[tuple[str, str, Callable[[View, float], str]], ...] = (
    ("traffic", TRAFFIC, panels.traffic),
    ("errors", ERRORS, panels.errors),
    ("latency", LATENCY, panels.latency),
    ("evidence", EVIDENCE, panels.evidence),
)


def draw(view: View) -> str:
    """The whole figure in the view's layout."""
    name = f"figure-{view.layout.name}"
    marks, marks_bottom = _decisions(view, _LANES_TOP + 34)
    top: float = marks_bottom + _GAP
    parts = []
    for key, title, panel in _PANELS:
        parts += [label(title, 0, top - 14, "panel-title"), panel(view, top)]
        top += panels.HEIGHTS[key] + _GAP
    alarms, bottom = _alarms(view, top - 8)
    guides = [
        line((x, marks_bottom), (x, bottom), f"guide {_tone(decision)}")
        for decision in view.decisions
        for x in [view.time(decision.at)]
    ]
    return element(
        "svg",
        element("title", _summary(view), id=name),
        *_heads(view),
        *guides,
        *parts,
        alarms,
        marks,
        _time_axis(view, bottom),
        viewBox=f"0 0 {view.layout.width} {bottom + _AXIS:.0f}",
        class_=view.layout.name,
        role="img",
        aria_labelledby=name,
    )


def _heads(view: View) -> list[str]:
    """A bracket over each rollout with its version and outcome."""
    parts = []
    for facts in view.rollouts:
        rollout = facts.rollout
        first, last = view.time(rollout.started), view.time(rollout.ended)
        y = float(_LANES_TOP)
        name = f"version {rollout.candidate}"
        if last - first > 170:
            name += f": {words.plain(rollout.outcome)}"
        parts.append(label(name, first, y - 5, "canary"))
        parts.append(element("path", d=f"M{first:.1f} {y + 6}v-5H{last:.1f}v5", class_="bracket"))
    return parts


def _decisions(view: View, top: float) -> tuple[str, float]:
    """A numbered mark for each decision, in as many rows as it takes to keep them apart."""
    ends: list[float] = []
    parts = []
    for decision in view.decisions:
        x = view.time(decision.at)
        row = next((row for row, end in enumerate(ends) if x - end > 2 * _RADIUS + 2), len(ends))
        ends[row : row + 1] = [x]
        y = top + row * _ROW
        parts.append(
            element(
                "g",
                element("title", words.plain(decision.kind)),
                element("circle", cx=x, cy=y, r=_RADIUS, class_=f"mark {_tone(decision)}"),
                label(str(decision.number), x, y + 4, f"number {_tone(decision)}", "middle"),
            )
        )
    return "".join(parts), top + max(len(ends) - 1, 0) * _ROW + _RADIUS


def _alarms(view: View, top: float) -> tuple[str, float]:
    """A bar for every time that an alarm was in ALARM, one row an alarm."""
    rows: dict[str, list[tuple[datetime, datetime]]] = {}
    began: dict[str, datetime] = {}
    for change in view.story.alarms:
        if change.state == "ALARM":
            began.setdefault(change.name, change.at)
        elif change.name in began:
            rows.setdefault(change.name, []).append((began.pop(change.name), change.at))
    for name, since in began.items():
        rows.setdefault(name, []).append((since, view.story.ended))
    parts = [label(ALARMS, 0, top, "panel-title")]
    if not rows:
        parts.append(label("none", view.left, top + _ROW, "quiet"))
    for row, (name, spans) in enumerate(sorted(rows.items())):
        y = top + 10 + row * _ROW
        for first, last in spans:
            width = max(view.time(last) - view.time(first), 2.0)
            parts.append(
                element("rect", x=view.time(first), y=y, width=width, height=12, class_="alarm-bar")
            )
        short = name.removeprefix(f"steelyard/{view.story.endpoint}/")
        end = view.time(spans[-1][1])
        fits = end + 7 * len(short) < view.right
        x, anchor = (end + 6, "start") if fits else (view.time(spans[0][0]) - 6, "end")
        parts.append(label(short, x, y + 10, "alarm", anchor))
    return "".join(parts), top + 14 + max(len(rows), 1) * _ROW


def _time_axis(view: View, top: float) -> str:
    parts = [line((view.left, top), (view.right, top), "axis")]
    for at, minute in view.time.marks(view.layout.ticks):
        x = view.time(at)
        parts.append(line((x, top), (x, top + 4), "axis"))
        unit = f"{words.SPACE}min" if minute == 0 else ""
        parts.append(label(f"{minute}{unit}", x, top + 18, "quiet", "middle"))
    return "".join(parts)


def _tone(decision: Decision) -> str:
    return {"roll_back": "bad", "promote": "good"}.get(decision.kind, "neutral")


def _summary(view: View) -> str:
    outcomes = ", ".join(
        f"version {facts.rollout.candidate} {words.plain(facts.rollout.outcome)}"
        for facts in view.rollouts
    )
    return (
        f"Decisions, share of traffic, errors, latency, evidence and alarms over time: {outcomes}. "
        "The same data stand in the tables below."
    )
