"""The evidence of one decision beside its counts and the threshold. For `cli/why.py` alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from rich.table import Table
from rich.text import Text

from cli.receipt import Receipt
from steelyard.evidence import Arm, Batch, Labels, Verdict, VerdictKind

_CELLS = 20
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_COLOURS = {VerdictKind.WORSE: "red", VerdictKind.NOT_WORSE: "green"}


def counts_table(receipt: Receipt) -> Table:
    """Bad events of both arms in all, and what they say, by metric and segment."""
    verdict = receipt.verdict
    if verdict is None:
        raise ValueError(f"entry {receipt.entry.version} has no verdict")
    policy = receipt.after.policy
    batches = (*receipt.earlier, *receipt.counted)
    table = Table(box=None, pad_edge=False)
    bar, proof = f"threshold {verdict.log_threshold:.2f}", "not worse?"
    for name in ("", "stable", "canary", "log evidence", bar, proof):
        table.add_column(name, justify="left" if name in ("", proof) else "right")
    for guardrail in policy.guardrails:
        metric = guardrail.metric
        name = f"latency (> {_seconds(policy.slow_after)})" if metric == "latency" else metric
        shares = [_share(arms, metric) for arms in _arms(batches)]
        unproven = "not proven" if metric in verdict.unproven else "proven"
        _row(table, name, shares, verdict, (verdict.log_evidence[metric], unproven))
        for segment, evidence in verdict.segments.get(metric, {}).items():
            shares = [_labelled(arms, segment) for arms in _arms(batches)]
            _row(table, f"  {segment}", shares, verdict, (evidence, ""))
    carried = f", carried by {verdict.carried_by}" if verdict.carried_by else ""
    total = (verdict.log_evidence["total"], f"{verdict.kind}{carried}")
    _row(table, "total", ["", ""], verdict, total)
    return table


def _row(
    table: Table, name: str, shares: list[str], verdict: Verdict, said: tuple[float, str]
) -> None:
    evidence, words = said
    style = _COLOURS.get(verdict.kind, "yellow") if name == "total" else "cyan"
    bar = Text(_bar(evidence / verdict.log_threshold), style=style)
    table.add_row(Text(name), *shares, f"{evidence + 0.0:.2f}", bar, Text(words))


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
    return f"{bad} of {all_} ({100 * bad / all_:.1f} %)" if all_ else "no data"


def _seconds(duration: timedelta) -> str:
    return f"{duration.total_seconds():g} s"
