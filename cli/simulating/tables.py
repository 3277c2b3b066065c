"""The figures as tables for people, and as JSON for programs. For `cli.simulate`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bench.intervals import Interval
from cli.simulating.figures import Figures, Found, Mistakes, Regression
from cli.simulating.rules import AVERAGE_LIMIT, OURS, P99_LIMIT
from cli.simulating.schedule import Schedule
from cli.simulating.setting import Setting

WIDTH = 100
_NEVER = "never"
_NAME = 38
_WIDTHS = {"requests": 8, "95 % limits": 15, "min": 5, "found": 15, "before": 6}
Row = dict[str, Any]


def told(figures: Figures, setting: Setting) -> RenderableType:
    """Everything, for a terminal of `WIDTH` columns."""
    parts: list[RenderableType] = [_assumed(setting), Text(), _healthy(figures, setting)]
    for regression in figures.regressions:
        parts += [Text(), _heading(regression, setting), _table(regression, setting)]
    return Group(*parts, Text(), *_notes(figures, setting))


def as_json(figures: Figures, setting: Setting) -> Row:
    """The same; null where there is no end: never."""
    return {
        "runs": figures.runs,
        "seed": figures.seed,
        "alpha": setting.policy.alpha,
        "traffic": {
            "requests_per_second": setting.per_second,
            "error_rate": setting.error_rate,
            "from_trace": setting.day is not None,
        },
        "simulated_seconds": setting.seconds,
        "after_seconds": setting.after,
        "shares": [
            {"from_seconds": stay.start, "canary_percent": stay.percent}
            for stay in setting.schedule.stays
        ],
        "false_rollbacks": [
            {"rule": one.rule, "hits": one.hits, **_interval("share", one.share)}
            for one in figures.healthy
        ],
        "regressions": [
            {
                "regression": one.worse.text,
                "bound": _finite(one.bound),
                "rules": [_json(found) for found in one.rules],
            }
            for one in figures.regressions
        ],
    }


def _assumed(setting: Setting) -> Table:
    """What is simulated."""
    table = Table.grid(padding=(0, 2))
    for head, text in _assumptions(setting):
        table.add_row(head, Text(text))
    return table


def _assumptions(setting: Setting) -> Iterator[tuple[str, str]]:
    policy = setting.policy
    kind = "as in the trace, begun anywhere in it" if setting.day else "steady"
    errors = f"{100 * setting.error_rate:.3g} % errors"
    yield "Traffic", f"{setting.per_second:,.4g} requests/s, {errors}, {kind}"
    if policy.guardrail("latency"):
        median = f"median {setting.latency_ms:.4g} ms, spread {setting.spread:g}"
        yield "Latency", f"{median}; slow after {policy.slow_after.total_seconds():g} s"
    if policy.guardrail("labels"):
        labelled, wrong = (100 * share for share in (setting.labelled, setting.wrong))
        segments = f"{setting.segments} of one size" if policy.segments else "none"
        yield (
            "Labels",
            f"{labelled:.3g} % of requests, at once; {wrong:.3g} % wrong; segments: {segments}",
        )
    yield "Canary", f"{_stays(setting.schedule)}; shares rise by time"
    yield "Promise", f"alpha {100 * policy.alpha:g} %"
    yield "Simulated", f"{duration(setting.seconds)}, of rollbacks alone"


def duration(seconds: float) -> str:
    """Such as 92 min, or 27.5 h."""
    minutes = seconds / 60
    return f"{minutes:.3g} min" if minutes < 120 else f"{minutes / 60:.3g} h"


def _stays(schedule: Schedule) -> str:
    *steps, last = schedule.stays
    times = {stay.seconds for stay in steps}
    if len(steps) > 1 and len(times) == 1:
        shares = ", ".join(f"{stay.percent:g}" for stay in steps)
        told = f"{shares} % for {duration(times.pop())} each"
    else:
        told = ", ".join(f"{stay.percent:g} % for {duration(stay.seconds)}" for stay in steps)
    paused = " (PAUSED at its deadline)" if schedule.paused else ""
    return f"{told + ', then ' if told else ''}{last.percent:g} % to the end{paused}"


def _healthy(figures: Figures, setting: Setting) -> Table:
    title = f"Healthy canaries rolled back within {duration(setting.seconds)}"
    table = _begun(title, ("rolled back", "95 % limits", f"alpha {100 * setting.policy.alpha:g} %"))
    for one in figures.healthy:
        rate, low, high = one.share
        limits = f"[{_percent(low)} - {_percent(high)}]"
        cells = (_percent(rate), limits, _beside(one, setting))
        table.add_row(one.rule, *cells, style=_style(one.rule))
    return table


def _beside(one: Mistakes, setting: Setting) -> str:
    """Whether as many mistakes as that can be told from alpha."""
    alpha = setting.policy.alpha
    if one.share.low > alpha:
        return "more"
    return "within" if one.share.high <= alpha else "can't be told"


def _heading(regression: Regression, setting: Setting) -> Text:
    since = f" after {duration(setting.after)}" if setting.after else ""
    least = regression.bound
    bound = f"{least:,.0f} canary requests" if least < inf else "within the margin: never"
    return Text.assemble((f"{regression.worse.text}{since}", "bold"), f"   bound: {bound}")


def _table(regression: Regression, setting: Setting) -> Table:
    heads = ("requests", "95 % limits", "÷ bound", "min", "found")
    table = _begun("", (*heads, "before") if setting.after else heads)
    for found in regression.rules:
        middle, low, high = found.requests
        finite = middle < inf
        cells = [
            _number(middle),
            f"[{_number(low)}-{_number(high)}]" if finite else "",
            f"{middle / regression.bound:.2f}" if finite and regression.bound < inf else "",
            f"{found.seconds.value / 60:,.0f}" if finite else "",
            _shown(found.found),
            *([_percent(found.before)] if setting.after else []),
        ]
        table.add_row(found.rule, *cells, style=_style(found.rule))
    return table


def _notes(figures: Figures, setting: Setting) -> Iterator[Text]:
    for line in _remarks(figures, setting):
        yield Text(line, style="dim")


def _remarks(figures: Figures, setting: Setting) -> Iterator[str]:
    yield (
        f"{figures.runs:,} runs, seed {figures.seed}. Requests are the canary's from the "
        "regression's start until the rollback, medians of all runs, those included that never "
        "find it; never: fewer than half do. Found: within the simulated time."
    )
    yield (
        "Bound: ln(1/alpha) of information about this very regression beyond the margins, at "
        "these shares. A rule that promises less may be below it, and a median a little."
    )
    yield (
        "In truth a step also waits for its proof, so a rollout goes on for longer, at smaller "
        "shares."
    )
    yield f"The others have limits on errors{_limits(setting)}. They promise nothing."
    if any(one.worse.metric == "labels" for one in figures.regressions):
        yield "Labels: none of the others looks at them."
    if setting.after >= setting.schedule.seconds:
        over = duration(setting.schedule.seconds)
        yield f"A rollout may be over after {over}: its last share was simulated on."


def _limits(setting: Setting) -> str:
    if setting.policy.guardrail("latency") is None:
        return ""
    return f", p99 ({P99_LIMIT:g} times the usual) or average latency ({AVERAGE_LIMIT:g} times)"


def _begun(title: str, heads: Sequence[str]) -> Table:
    """A table of rules; figures are never folded, names are where there is no room."""
    table = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        collapse_padding=True,
    )
    table.add_column("rule", min_width=_NAME)
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True, min_width=_WIDTHS.get(head))
    return table


def _style(rule: str) -> str:
    return "bold" if rule == OURS else ""


def _json(found: Found) -> Row:
    return {
        "rule": found.rule,
        **_interval("requests", found.requests),
        **_interval("seconds", found.seconds),
        **_interval("found", found.found),
        "before": found.before,
    }


def _interval(name: str, interval: Interval) -> Row:
    value, low, high = interval
    return {name: _finite(value), f"{name}_low": _finite(low), f"{name}_high": _finite(high)}


def _finite(value: float) -> float | None:
    return value if value < inf else None


def _number(value: float) -> str:
    return f"{value:,.0f}" if value < inf else _NEVER


def _percent(share: float) -> str:
    text = f"{100 * share:.2f}".rstrip("0").rstrip(".") if share < 0.1 else f"{100 * share:.0f}"
    return f"{text} %"


def _shown(found: Interval) -> str:
    value, low, high = (f"{100 * share:.0f}" for share in found)
    return f"{value} % [{low}-{high}]"
