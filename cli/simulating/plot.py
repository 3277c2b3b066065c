"""The figures as a picture. For `cli.simulate`."""

from __future__ import annotations

from math import inf, nan
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cli.simulating.figures import Figures, Found, Regression
from cli.simulating.rules import OURS
from cli.simulating.setting import Setting
from cli.simulating.tables import duration

_MARKERS = "osv^D<>pX*hP"
_COLOURS = mpl.colormaps["tab10"].colors  # type: ignore[attr-defined]
_STYLE: dict[Any, Any] = {"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}


def draw(figures: Figures, setting: Setting, path: Path) -> None:
    """Write it; the same figures make the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(_STYLE):
        _figure(figures, setting).savefig(path, dpi=150, metadata={"Software": None})


def _figure(figures: Figures, setting: Setting) -> Figure:
    figure = Figure(figsize=(11, 5.6), layout="constrained")
    wide, small = figure.subplots(1, 2, width_ratios=(2.4, 1))
    _requests(wide, figures.regressions)
    _mistakes(small, figures, setting)
    handles, labels = wide.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    since = f", begun after {duration(setting.after)}" if setting.after else ""
    wide.set_title(f"Median canary requests until a regression is found{since}", loc="left")
    small.set_title(f"Healthy canaries rolled back in {duration(setting.seconds)}", loc="left")
    return figure


def _requests(axes: Axes, regressions: tuple[Regression, ...]) -> None:
    """A column for each regression, with each rule's median and its limits."""
    names = [found.rule for found in regressions[0].rules]
    columns = range(len(regressions))
    for column, regression in zip(columns, regressions, strict=True):
        least = regression.bound if regression.bound < inf else nan
        label = "bound" if column == 0 else "_"  # one entry in the legend
        axes.hlines(least, column - 0.45, column + 0.45, "black", linewidth=1.5, label=label)
    for place, name in enumerate(names):
        found = [regression.rules[place] for regression in regressions]
        at = [column + 0.75 * ((place + 0.5) / len(names) - 0.5) for column in columns]
        middles = [_drawn(one) for one in found]
        limits = [_reach(one) for one in found]
        axes.errorbar(
            at,
            middles,
            yerr=[[low for low, _ in limits], [high for _, high in limits]],
            fmt=_MARKERS[place % len(_MARKERS)],
            color=_colour(name, place),
            markersize=7 if name == OURS else 5,
            linewidth=1,
            label=name,
        )
    axes.set_yscale("log")
    axes.set_xticks(list(columns), [_named(one) for one in regressions])
    axes.set_xlim(-0.5, len(regressions) - 0.5)
    axes.grid(axis="y", linewidth=0.3)


def _named(regression: Regression) -> str:
    """With how many of the rules find it in fewer than half of the runs: they have no marker."""
    blind = sum(one.requests.value == inf for one in regression.rules)
    return regression.worse.text + (f"\n{blind} of {len(regression.rules)} never" if blind else "")


def _mistakes(axes: Axes, figures: Figures, setting: Setting) -> None:
    for place, one in enumerate(figures.healthy):
        value, low, high = (100 * share for share in one.share)
        axes.errorbar(
            value,
            place,
            xerr=[[value - low], [high - value]],
            fmt=_MARKERS[place % len(_MARKERS)],
            color=_colour(one.rule, place),
            linewidth=1,
        )
    alpha = 100 * setting.policy.alpha
    axes.axvline(alpha, color="black", linestyle=":", linewidth=1)
    axes.annotate(f"alpha {alpha:g} %", (alpha, -0.9), xytext=(3, 0), textcoords="offset points")
    axes.set_xscale("symlog", linthresh=1.0)
    axes.set_xlim(0, 100)
    axes.set_xticks([0, 1, 10, 100], ["0", "1", "10", "100 %"])
    axes.set_yticks([])
    axes.set_ylim(len(figures.healthy) - 0.5, -1.2)
    axes.grid(axis="x", linewidth=0.3)


def _drawn(found: Found) -> float:
    """Not a number where it is never found: nothing is drawn."""
    return found.requests.value if found.requests.value < inf else nan


def _reach(found: Found) -> tuple[float, float]:
    """How far the limits are from the median; none is drawn where there is none."""
    middle, low, high = found.requests
    if middle == inf:
        return 0.0, 0.0
    return middle - low, high - middle if high < inf else 0.0


def _colour(name: str, place: int) -> Any:
    return "black" if name == OURS else _COLOURS[place % len(_COLOURS)]
