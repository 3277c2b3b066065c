"""The figure's four panels: traffic, errors, latency, evidence. For the report only.

Each takes the view and the panel's top, and returns finished SVG; all share the time axis.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from cli.demo.facts import PROMOTED, canary_steps
from cli.demo.report import words
from cli.demo.report.scale import Scale, marks, rounded_up
from cli.demo.report.svg import Point, element, label, line, polygon, polyline
from cli.demo.report.view import View
from cli.demo.story_data import EvidenceAt, Minute
from infra import panels

HEIGHTS = {"traffic": 170, "errors": 120, "latency": 110, "evidence": 170}

# Beyond this many times the threshold more evidence means nothing new.
_EVIDENCE_SHOWN = 4.0
_TEXT_WIDTH = 7.0  # of one character, about
_NO_ROOM_ABOVE = 85  # percent
_STANDS_OUT = 1.5  # times the most that stable had


@dataclass(frozen=True, slots=True)
class _ByMinute:
    """A value that every minute has: how to get it and say it, and how high its axis is at least.

    Attributes:
        height: of the panel, in pixels.
    """

    value: Callable[[Minute], float]
    say: Callable[[float], str]
    least_high: float
    height: int


_ERRORS = _ByMinute(
    lambda minute: 100 * minute.errors / minute.requests, words.percent, 5, HEIGHTS["errors"]
)
_LATENCY = _ByMinute(
    lambda minute: (minute.p99_us or 0.0) / 1_000, words.milliseconds, 1, HEIGHTS["latency"]
)


def traffic(view: View, top: float) -> str:
    """The canary's share of traffic: a staircase inside of stable's."""
    height = HEIGHTS["traffic"]
    y = Scale(0, 100, top + height, top)
    edge: list[Point] = [(view.left, y(0))]
    lines: list[str] = []
    names: list[str] = []
    for rollout in view.story.rollouts:
        steps = canary_steps(view.story, rollout)
        stairs = [
            (view.time(at), y(percent)) for start, end, percent in steps for at in (start, end)
        ]
        if stairs:
            # A promoted canary doesn't fall to 0 at the end: it is the stable variant then.
            fall = [] if rollout.outcome == PROMOTED else [(stairs[-1][0], y(0))]
            lines.append(polyline([(stairs[0][0], y(0)), *stairs, *fall], "canary-line"))
            edge += [(stairs[0][0], y(0)), *stairs, (stairs[-1][0], y(0))]
        names += [_step_name(view, y, step) for step in steps]
    floor = [(view.right, y(0))]
    return "".join(
        [
            polygon([*edge, *floor, (view.right, y(100)), (view.left, y(100))], "stable-area"),
            polygon([*edge, *floor], "canary-area"),
            _grid(view, y, [0, 50, 100]),
            *lines,
            *names,
            *_stable_names(view, y),
        ]
    )


def _step_name(view: View, y: Scale, step: tuple[datetime, datetime, float]) -> str:
    """The percentage over its step, where there is room."""
    start, end, percent = step
    name = words.percent(percent)
    first, last = view.time(start), view.time(end)
    if last - first < _TEXT_WIDTH * len(name):
        return ""
    below = 15 if percent > _NO_ROOM_ABOVE else -6
    return label(name, (first + last) / 2, y(percent) + below, "canary", "middle")


def errors(view: View, top: float) -> str:
    """The share of requests that failed, minute by minute."""
    return _minutes(view, top, _ERRORS)


def latency(view: View, top: float) -> str:
    """The 99th percentile of the model's latency, minute by minute."""
    return _minutes(view, top, _LATENCY)


def evidence(view: View, top: float) -> str:
    """The evidence of harm against its threshold, in nats: a logarithmic axis of odds."""
    looks = view.story.evidence
    if not looks:
        return label("no look at the evidence yet", view.left, top + 20, "quiet")
    threshold = looks[-1].threshold
    high = min(
        max(1.5 * threshold, *(1.1 * look.total for look in looks)), _EVIDENCE_SHOWN * threshold
    )
    low = min(-1.0, *(look.total for look in looks))
    y = Scale(math.floor(low), high, top + HEIGHTS["evidence"], top)
    parts = [_grid(view, y, marks(y.low, y.high, 5))]
    parts.append(line((view.left, y(threshold)), (view.right, y(threshold)), "threshold"))
    odds = panels.threshold(threshold)
    parts.append(label(odds, view.right - 4, y(threshold) - 6, "alarm", "end"))
    for rollout in view.rollouts:
        mine = [
            look for look in looks if rollout.rollout.started <= look.at <= rollout.rollout.ended
        ]
        parts.append(_looks(view, y, mine, rollout.peak))
    return "".join(parts)


def _looks(view: View, y: Scale, looks: list[EvidenceAt], peak: EvidenceAt | None) -> str:
    points = [(view.time(look.at), y(look.total)) for look in looks]
    parts = [polyline(points, "canary-line")] + [_dot(point, "canary") for point in points]
    if peak is not None and peak.total >= peak.threshold:
        arrow = " ↑" if peak.total > y.high else ""
        name = f"{peak.total:.1f}{words.SPACE}nats{arrow}"
        fits = points[-1][0] + 8 + _TEXT_WIDTH * len(name) < view.right
        x, anchor = (points[-1][0] + 8, "start") if fits else (view.time(peak.at) - 8, "end")
        parts.append(label(name, x, y(peak.total) + 4, "canary said", anchor))
    return "".join(parts)


def _minutes(view: View, top: float, what: _ByMinute) -> str:
    """Lines of one value a minute, and the canary's highest in words."""
    pieces = [
        (role, [(x, what.value(minute)) for x, minute in piece]) for role, piece in view.lines()
    ]
    highest = max((v for _, piece in pieces for _, v in piece), default=0.0)
    y = Scale(0, rounded_up(max(what.least_high, 1.1 * highest)), top + what.height, top)
    parts = [_grid(view, y, marks(0, y.high, 3))]
    # The canary last, and thinner: where both lie on each other, both are seen.
    for role, piece in sorted(pieces, key=lambda one: one[0] == "canary"):
        points = [(x, y(v)) for x, v in piece]
        parts.append(polyline(points, f"{role}-line minutes"))
        parts += [_dot(point, role) for point in points]
    parts.append(_peak(view, y, pieces, what.say))
    return "".join(parts)


def _peak(
    view: View, y: Scale, pieces: list[tuple[str, list[Point]]], say: Callable[[float], str]
) -> str:
    """The canary's highest value in words, where it stands out from all of stable's."""
    stable = max((v for role, piece in pieces if role == "stable" for _, v in piece), default=0.0)
    canary = [piece for role, piece in pieces if role == "canary"]
    if not canary:
        return ""
    worst = max(canary, key=lambda piece: max(v for _, v in piece))
    value = max(v for _, v in worst)
    if value <= _STANDS_OUT * stable or value < y.high / 10:
        return ""
    (first, _), (last, _) = worst[0], worst[-1]
    name = f"up to {say(value)}"
    fits = last + 9 + _TEXT_WIDTH * len(name) < view.right
    x, anchor = (last + 9, "start") if fits else (first - 9, "end")
    return label(name, x, y(value) + 4, "canary said", anchor)


def _grid(view: View, y: Scale, values: Iterable[float]) -> str:
    parts = []
    for value in values:
        parts.append(line((view.left, y(value)), (view.right, y(value)), "grid"))
        parts.append(label(f"{value:g}", view.left - 6, y(value) + 4, "quiet", "end"))
    return "".join(parts)


def _dot(at: Point, role: str) -> str:
    return element("circle", cx=at[0], cy=at[1], r=2, class_=f"{role}-dot")


def _stable_names(view: View, y: Scale) -> list[str]:
    """The stable variant's version, once for each stretch of time in which it is the same."""
    rollouts = view.story.rollouts
    stretches = [(view.story.started, rollouts[0].stable)] if rollouts else []
    stretches += [(r.ended, r.candidate) for r in rollouts if r.outcome == PROMOTED]
    edges = [at for at, _ in stretches] + [view.story.ended]
    return [
        label(f"version {version}", view.time(at) + 8, y(100) + 18, "stable")
        for (at, version), end in zip(stretches, edges[1:], strict=True)
        if view.time(end) - view.time(at) > 70
    ]
