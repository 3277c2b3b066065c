"""The evidence over a past rollout, under its own policy and another one. For `cli` alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.counts_table import bar
from cli.replay_evidence import Weighing, first_proof, first_worse
from steelyard.rollout.policy import Policy

_CELLS = 48
_EIGHTHS = "·▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Line:
    """One policy's evidence, look by look; all lines of a replay have the same looks."""

    name: str
    policy: Policy
    looks: tuple[Weighing, ...]


def evidence_told(lines: Sequence[Line]) -> RenderableType:
    """Evidence of harm over time, by the share that the canary had, and what was proven when."""
    if not lines[0].looks:
        return Text("none: the canary had no whole minute of traffic")
    return Group(_over_time(lines), Text(), _by_share(lines), Text(), _proofs(lines[-1]))


def _over_time(lines: Sequence[Line]) -> Table:
    table = Table.grid(padding=(0, 2))
    for line in lines:
        table.add_row(Text(line.name), Text(_sparkline(line.looks)), Text(_said(line.looks)))
    return table


def _sparkline(looks: Sequence[Weighing]) -> str:
    """The most evidence of each part of the time; a full cell has reached the threshold."""
    size = ceil(len(looks) / _CELLS)
    parts = (looks[start : start + size] for start in range(0, len(looks), size))
    filled = (max(look.total / look.verdict.log_threshold for look in part) for part in parts)
    return "".join(_EIGHTHS[int(8 * min(max(part, 0.0), 1.0))] for part in filled)


def _said(looks: tuple[Weighing, ...]) -> str:
    worse = first_worse(looks)
    if worse is not None:
        carrier = worse.verdict.carried_by
        return f"WORSE at {_seen(worse)}, carried by {carrier}"
    most = max(looks, key=lambda look: look.total)
    evidence = f"{most.total + 0.0:.2f} of {most.verdict.log_threshold:.2f}"
    return f"never WORSE: at most {evidence}, at {_seen(most)}"


def _by_share(lines: Sequence[Line]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("share", justify="right")
    table.add_column("looks (UTC)")
    table.add_column("canary requests", justify="right")
    for line in lines:
        threshold = line.looks[0].verdict.log_threshold
        table.add_column(f"{line.name}: most evidence, of {threshold:.2f}")
    for start, end in _stretches(lines[0].looks):
        stretch = lines[0].looks[start:end]
        earlier = lines[0].looks[start - 1].requests if start else 0
        most = (max(line.looks[start:end], key=lambda look: look.total) for line in lines)
        table.add_row(
            f"{stretch[0].percent:g} %",
            f"{stretch[0].at:%m-%d %H:%M} to {stretch[-1].at:%H:%M}",
            str(stretch[-1].requests - earlier),
            *(Text(f"{m.total + 0.0:6.2f} {bar(m.total / m.verdict.log_threshold)}") for m in most),
        )
    return table


def _stretches(looks: Sequence[Weighing]) -> Iterator[tuple[int, int]]:
    """From which look to which the canary had the same share."""
    start = 0
    for _, group in groupby(looks, key=lambda look: look.percent):
        end = start + len(list(group))
        yield start, end
        start = end


def _proofs(line: Line) -> Table:
    """When each guardrail was first proven not to be worse, for each odds ratio of the steps."""
    promise = line.policy.promise
    odds = sorted(set(promise.step_odds), reverse=True)
    table = Table(box=None, pad_edge=False)
    table.add_column(f"proven under {line.name}")
    for ratio in odds:
        table.add_column(f"for odds below {ratio:g}")
    for guardrail in promise.guardrails:
        found = (first_proof(line.looks, guardrail.metric, ratio) for ratio in odds)
        table.add_row(guardrail.metric, *(_seen(one) if one else "never" for one in found))
    return table


def _seen(look: Weighing) -> str:
    return f"{look.at:%m-%d %H:%M}, after {look.requests} requests"
