"""Quality by segment: what users found right of both variants' answers. For the report only."""

from __future__ import annotations

from html import escape
from math import sqrt

from cli.demo.facts import Labelled, Quality, RolloutFacts, pooled
from cli.demo.report import words
from cli.demo.report.html import table
from cli.demo.report.scale import Scale
from cli.demo.report.svg import element, label, line
from cli.demo.report.view import LAYOUTS, Layout

_TOP = 24
_ROW = 26
_NAMES = 116  # pixels; the longest subject's name fits in
_FIGURES = 150  # pixels beside the plot, where there is room for them
_ERRORS = 2.0  # standard errors on each side: 95 %, about
_EVERY = "all segments"


def draw(rollouts: tuple[RolloutFacts, ...]) -> str:
    """For each rollout with labels a chart and a table; a sentence where there is none."""
    parts = [_one(facts) for facts in rollouts if facts.quality]
    return "".join(parts) or "<p>No canary had traffic, so users said nothing about one.</p>"


def _one(facts: RolloutFacts) -> str:
    rows = [*facts.quality, _pooled(facts)]
    caption = f"Version {facts.rollout.candidate} beside version {facts.rollout.stable}"
    drawings = "".join(_drawing(facts, rows, layout) for layout in LAYOUTS)
    return (
        f'<figure aria-label="{escape(caption)}"><figcaption>{escape(caption)}</figcaption>'
        f"{drawings}</figure>{_table(facts, rows, caption)}"
    )


def _pooled(facts: RolloutFacts) -> Quality:
    return Quality(
        _EVERY,
        pooled(quality.stable for quality in facts.quality),
        pooled(quality.canary for quality in facts.quality),
    )


def _drawing(facts: RolloutFacts, rows: list[Quality], layout: Layout) -> str:
    wide = layout.width > 2 * (_NAMES + _FIGURES)
    x = Scale(0, 100, _NAMES, layout.width - layout.right - (_FIGURES if wide else 12))
    bottom = _TOP + _ROW * len(rows)
    parts = []
    for value in (0, 25, 50, 75, 100):
        parts.append(line((x(value), _TOP - 6), (x(value), bottom), "grid"))
        parts.append(label(str(value), x(value), bottom + 16, "quiet", "middle"))
    parts.append(label("right answers, %", x(0), _TOP - 12, "quiet"))
    for number, row in enumerate(rows):
        parts.append(_row(facts, row, x, _TOP + _ROW * number + _ROW / 2))
        if wide:
            y = _TOP + _ROW * number + _ROW / 2 + 4
            parts.append(label(_in_short(row), x(100) + 16, y, "quiet"))
    name = f"quality-{facts.rollout.id}-{layout.name}"
    title = f"Right answers by segment, version {facts.rollout.candidate} beside stable"
    return element(
        "svg",
        element("title", escape(title), id=name),
        *parts,
        viewBox=f"0 0 {layout.width} {bottom + 24}",
        class_=layout.name,
        role="img",
        aria_labelledby=name,
    )


def _row(facts: RolloutFacts, row: Quality, x: Scale, y: float) -> str:
    """The segment's name, and a dot and its uncertainty for each variant."""
    named = _carrier(facts) == row.segment
    parts = [label(row.segment, 0, y + 4, "alarm" if named else "")]
    for role, found, shift in (("stable", row.stable, -4.0), ("canary", row.canary, 4.0)):
        share = found.correct_percent
        if share is None:
            continue
        error = _ERRORS * _standard_error(found)
        ends = (x(share - error), y + shift), (x(share + error), y + shift)
        parts.append(line(*ends, f"{role}-line whisker"))
        parts.append(element("circle", cx=x(share), cy=y + shift, r=4, class_=f"{role}-dot"))
    return "".join(parts)


def _carrier(facts: RolloutFacts) -> str | None:
    """The segment that carried the decision to roll back; None where none did."""
    back = next((d for d in facts.decisions if d.phase == "ROLLING_BACK"), None)
    return (back.carried_by or {}).get("segment") if back is not None else None


def _standard_error(found: Labelled) -> float:
    """In percentage points; with half a label added on each side, so that it is never 0."""
    share = (found.wrong + 0.5) / (found.labels + 1)
    return 100 * sqrt(share * (1 - share) / found.labels)


def _in_short(row: Quality) -> str:
    return f"{_percent(row.stable)} → {_percent(row.canary)}"


def _percent(found: Labelled) -> str:
    share = found.correct_percent
    return words.NOTHING if share is None else f"{share:.0f}{words.SPACE}%"


def _table(facts: RolloutFacts, rows: list[Quality], caption: str) -> str:
    stable, canary = facts.rollout.stable, facts.rollout.candidate
    heads = (
        "Segment",
        f"Version {stable}: labels",
        "right",
        f"Version {canary}: labels",
        "right ",
    )
    cells = [
        (
            row.segment,
            words.count(row.stable.labels),
            _percent(row.stable),
            words.count(row.canary.labels),
            _percent(row.canary),
        )
        for row in rows
    ]
    return table(f"Labels that came during the rollout: {caption.lower()}", heads, cells)
