"""The evidence of one decision beside its counts and the threshold. For `why` and `replay`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from math import inf

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.receipt import Receipt
from steelyard.evidence import Arm, Batch, Labels, Verdict, VerdictKind

_CELLS = 10
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_COLOURS = {VerdictKind.WORSE: "red", VerdictKind.NOT_WORSE: "green"}


def counts_table(receipt: Receipt, verdict: Verdict) -> RenderableType:
    """Bad events of both arms in all, and what they say, by metric and segment."""
    policy = receipt.after.policy
    arms = _arms((*receipt.earlier, *receipt.counted))
    table = Table(box=None, pad_edge=False)
    names = ("", "stable", "canary", "odds ratio", "evidence", f"of {verdict.log_threshold:.2f}")
    for name in (*names, "proven"):
        table.add_column(name, justify="left" if name in ("", "proven") else "right", no_wrap=True)
    for guardrail in policy.guardrails:
        metric = guardrail.metric
        name = f"latency (> {_seconds(policy.slow_after)})" if metric == "latency" else metric
        proven = "no" if metric in verdict.unproven else "yes"
        shares = [*(_share(arm, metric) for arm in arms), _interval(verdict, metric)]
        _row(table, name, shares, verdict, (verdict.log_evidence[metric], proven))
        for segment, evidence in verdict.segments.get(metric, {}).items():
            shares = [*(_share(arm, metric, segment) for arm in arms), ""]
            _row(table, f"  {segment}", shares, verdict, (evidence, ""))
    _row(table, "total", ["", "", ""], verdict, (verdict.log_evidence["total"], ""))
    carried = f", carried by {verdict.carried_by}" if verdict.carried_by else ""
    said = Text(f"{verdict.kind}{carried}", style=_style(verdict))
    return Group(table, said, *map(Text, _remarks(verdict)))


def _remarks(verdict: Verdict) -> Iterator[str]:
    """What the evidence rests on, and what it would take to see a regression that began now."""
    for metric, phi in verdict.phi.items():
        if phi > 1:
            yield f"{metric} hang together: evidence is divided by {phi:.2g} (overdispersion)"
    yield from (f"in doubt: {doubt}" for doubt in verdict.doubts)
    yield from verdict.notes
    for metric, found in verdict.requests_to_find.items():
        seen = (f"{factor}x after {n}" for factor, n in found.items() if n is not None)
        if sizes := ", ".join(seen):
            yield f"worse from now on, {metric} would show it: {sizes} canary requests"


def _interval(verdict: Verdict, metric: str) -> str:
    low, high = verdict.odds_ratios.get(metric, (0.0, inf))
    if high == inf:
        return f"> {low:.2g}" if low else "any"
    return f"{low:.2g} to {high:.2g}"


def _row(
    table: Table, name: str, shares: list[str], verdict: Verdict, said: tuple[float, str]
) -> None:
    evidence, proven = said
    style = _style(verdict) if name == "total" else "cyan"
    part = Text(bar(evidence / verdict.log_threshold), style=style)
    table.add_row(Text(name), *shares, f"{evidence + 0.0:.2f}", part, proven)


def _style(verdict: Verdict) -> str:
    return _COLOURS.get(verdict.kind, "yellow")


def bar(part: float) -> str:
    """A bar of up to `_CELLS` cells; what goes beyond the threshold ends in an arrow."""
    if part > 1:
        return "█" * (_CELLS - 1) + "▶"
    eighths = round(max(part, 0.0) * _CELLS * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(_CELLS, "·")


def _arms(batches: Iterable[Batch]) -> tuple[list[Arm], list[Arm]]:
    batches = tuple(batches)
    return [batch.stable for batch in batches], [batch.canary for batch in batches]


def _share(arms: list[Arm], metric: str, segment: str | None = None) -> str:
    if metric == "labels":
        return _labelled(arms, segment)
    if segment is not None:
        found = [arm.segments[segment] for arm in arms if segment in arm.segments]
        return _of(sum(c.errors for c in found), sum(c.requests for c in found))
    counter = "slow" if metric == "latency" else metric
    measured = [arm for arm in arms if counter in arm.bad]
    return _of(sum(a.bad[counter] for a in measured), sum(a.requests for a in measured))


def _labelled(arms: list[Arm], segment: str | None) -> str:
    found: list[Labels] = [
        count
        for arm in arms
        for name, count in arm.labels.items()
        if segment is None or name == segment
    ]
    return _of(sum(count.wrong for count in found), sum(count.labels for count in found))


def _of(bad: int, all_: int) -> str:
    return f"{bad}/{all_} {100 * bad / all_:.1f}%" if all_ else "no data"


def _seconds(duration: timedelta) -> str:
    return f"{duration.total_seconds():g} s"
