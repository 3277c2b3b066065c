"""The evidence of one decision beside its counts and the threshold. For `cli/why.py` alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

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
    for name in ("", "stable", "canary", "evidence", f"of {verdict.log_threshold:.2f}", "proven"):
        table.add_column(name, justify="left" if name in ("", "proven") else "right", no_wrap=True)
    for guardrail in policy.guardrails:
        metric = guardrail.metric
        name = f"latency (> {_seconds(policy.slow_after)})" if metric == "latency" else metric
        proven = "no" if metric in verdict.unproven else "yes"
        shares = [_share(arm, metric) for arm in arms]
        _row(table, name, shares, verdict, (verdict.log_evidence[metric], proven))
        for segment, evidence in verdict.segments.get(metric, {}).items():
            shares = [_labelled(arm, segment) for arm in arms]
            _row(table, f"  {segment}", shares, verdict, (evidence, ""))
    _row(table, "total", ["", ""], verdict, (verdict.log_evidence["total"], ""))
    carried = f", carried by {verdict.carried_by}" if verdict.carried_by else ""
    return Group(table, Text(f"{verdict.kind}{carried}", style=_style(verdict)))


def _row(
    table: Table, name: str, shares: list[str], verdict: Verdict, said: tuple[float, str]
) -> None:
    evidence, proven = said
    style = _style(verdict) if name == "total" else "cyan"
    bar = Text(_bar(evidence / verdict.log_threshold), style=style)
    table.add_row(Text(name), *shares, f"{evidence + 0.0:.2f}", bar, proven)


def _style(verdict: Verdict) -> str:
    return _COLOURS.get(verdict.kind, "yellow")


def _bar(part: float) -> str:
    """A bar of up to `_CELLS` cells; what goes beyond the threshold ends in an arrow."""
    if part > 1:
        return "█" * (_CELLS - 1) + "▶"
    eighths = round(max(part, 0.0) * _CELLS * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(_CELLS, "·")


def _arms(batches: Iterable[Batch]) -> tuple[list[Arm], list[Arm]]:
    batches = tuple(batches)
    return [batch.stable for batch in batches], [batch.canary for batch in batches]


def _share(arms: list[Arm], metric: str) -> str:
    if metric == "labels":
        return _labelled(arms, None)
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
