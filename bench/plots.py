"""The figures as plots. For bench and cli."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from bench.results import VALID, Results, Row

_MARKERS = "osv^D<>pX*hP"
_PALE = 0.001  # share that is drawn as none
# No dates and no random ids: the same figures make the same file.
_STYLE: dict[Any, Any] = {"svg.hashsalt": "steelyard", "svg.fonttype": "none", "font.size": 8}


def draw(results: Results, ours: Sequence[str], folder: Path) -> None:
    """Write all plots, as SVG; the rules in `ours` stand out."""
    with mpl.rc_context(_STYLE):
        _save(false_rollbacks(results), folder / "false-rollbacks.svg")
        _save(requests(results, ours), folder / "requests-to-rollback.svg")


def false_rollbacks(results: Results) -> Figure:
    """Every rule on every null: the share in %, bold where its upper limit is not valid."""
    nulls = results.nulls
    names = [rule["rule"] for rule in nulls[0]["rules"]]
    shares = np.array([[rule["share"] for rule in null["rules"]] for null in nulls]).T
    figure = Figure(figsize=(5 + 0.5 * len(nulls), 3.5 + 0.2 * len(names)), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(
        np.maximum(shares, _PALE), cmap="YlOrRd", norm=LogNorm(_PALE, 1), aspect="auto", alpha=0.7
    )
    for column, null in enumerate(nulls):
        for row, rule in enumerate(null["rules"]):
            weight = "bold" if rule["upper"] > VALID else "normal"
            text = f"{100 * rule['share']:.3g}"
            axes.text(column, row, text, ha="center", va="center", weight=weight)
    scenes = [null["scene"] + (" (not promised)" if null["beyond"] else "") for null in nulls]
    axes.set_xticks(range(len(nulls)), scenes, rotation=45, ha="left", rotation_mode="anchor")
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(names)), names)
    axes.set_title(f"Healthy canaries rolled back, %; bold: may be above {100 * VALID:g} %")
    return figure


def requests(results: Results, ours: Sequence[str]) -> Figure:
    """Canary requests until a rollback against the regression's size, a panel for each traffic."""
    curves = [row for row in results.regressions if row["table"].startswith("errors alone")]
    tables = [list(rows) for _, rows in groupby(curves, key=lambda row: row["table"])]
    names = list(dict.fromkeys(rule["rule"] for row in curves for rule in row["rules"]))
    invalid = results.invalid()
    styles = {
        name: {
            "color": "black" if name in ours else mpl.colormaps["tab20"](place % 20),
            "marker": _MARKERS[place % len(_MARKERS)],
            "markersize": 3,
            "linewidth": 1.8 if name in ours else 0.9,
            "linestyle": ":" if name in invalid else "-",
            "label": f"{name} (not valid)" if name in invalid else name,
        }
        for place, name in enumerate(names)
    }
    lines = max(1, -(-len(tables) // 2))
    figure = Figure(figsize=(12, 3.6 * lines), layout="constrained")
    for place, rows in enumerate(tables, start=1):
        _panel(figure.add_subplot(lines, 2, place), rows, styles)
    shown = [axes.get_legend_handles_labels() for axes in figure.axes]
    handles = {label: handle for some in shown for handle, label in zip(*some, strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside right upper")
    return figure


def _panel(axes: Axes, rows: Sequence[Row], styles: dict[str, dict[str, Any]]) -> None:
    sizes = [row["size"] for row in rows]
    for label, key, style in (("bound", "bound", "-"), ("reachable", "composite_bound", "--")):
        values = [_drawn(row[key]) for row in rows]
        axes.plot(sizes, values, color="grey", linewidth=3, linestyle=style, label=label)
    by_rule = [{rule["rule"]: rule["requests"] for rule in row["rules"]} for row in rows]
    for name, look in styles.items():
        if name in by_rule[0]:
            axes.plot(sizes, [_drawn(one[name]) for one in by_rule], **look)
    axes.set_title(rows[0]["table"])
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(sizes, [f"{size:g}x" for size in sizes])
    axes.minorticks_off()
    axes.set_ylabel("median canary requests until a rollback")


def _drawn(requests: float | None) -> float:
    """Not a number where there is none: plots leave it out."""
    return float("nan") if requests is None else float(requests)


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None})
