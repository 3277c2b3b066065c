"""`python -m tests.faults`: many seeds in parallel, or one plan told in words."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from tests.faults.draw import draw
from tests.faults.kinds import KINDS
from tests.faults.plan import Plan
from tests.faults.run import Result, play
from tests.faults.shrink import shrink
from tests.faults.summary import Summary
from tests.faults.telling import tell

_CHUNK = 50
_ENOUGH_TO_TELL = 5000  # seeds: with fewer, a cell that was not hit is bad luck
_SHOWN = 3  # broken runs that are shrunk and told; the seeds of the others are named
_WIDTH = 140  # of the table, also where the output is no terminal
_console = Console(width=_WIDTH)


def some(first: int, last: int) -> Summary:
    """What came of the seeds from first up to last."""
    summary = Summary()
    for seed in range(first, last):
        began = time.process_time()
        result = play(draw(seed))
        summary.add(result, time.process_time() - began)
    return summary


def main(  # noqa: PLR0913, PLR0917 - typer's way to name options
    seeds: Annotated[int, typer.Option(help="How many seeds.")] = 1000,
    start: Annotated[int, typer.Option("--from", help="The first seed.")] = 0,
    jobs: Annotated[int, typer.Option(help="Processes; 0: one for each core.")] = 0,
    plan: Annotated[Path | None, typer.Option(help="Run this plan alone, and tell it.")] = None,
    seed: Annotated[int | None, typer.Option(help="Run this seed alone, and tell it.")] = None,
    keep: Annotated[Path | None, typer.Option(help="Write the shrunk plan there.")] = None,
) -> None:
    """Simulate rollouts while everything goes wrong, and check each of the 18 invariants.

    Exits with 1 when a promise was broken; the first broken runs are shrunk and told.
    """
    if plan is not None or seed is not None:
        one = play(Plan.from_json(plan.read_text()) if plan else draw(seed or 0))
        sys.exit(_told(one, keep))
    summary = Summary()
    for part in _parts(seeds, start, jobs or os.cpu_count() or 1):
        summary.join(part)
    _report(summary)
    for broken in sorted(summary.broken)[:_SHOWN]:
        _told(play(draw(broken)), keep)
    sys.exit(1 if summary.broken else 0)


def _told(result: Result, keep: Path | None) -> int:
    result = shrink(result) if result.broken else result
    if keep is not None and result.broken:
        keep.write_text(result.plan.to_json())
    _console.print(tell(result), markup=False, highlight=False, soft_wrap=True)
    return 1 if result.broken else 0


def _parts(seeds: int, start: int, jobs: int) -> Iterator[Summary]:
    """The seeds' summaries, as they get ready, with a progress bar."""
    bounds = [
        (first, min(first + _CHUNK, start + seeds)) for first in range(start, start + seeds, _CHUNK)
    ]
    columns = ("rollouts", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with ProcessPoolExecutor(jobs) as pool, Progress(*columns, console=_console) as progress:
        task = progress.add_task("", total=seeds)
        for done in as_completed([pool.submit(some, *pair) for pair in bounds]):
            part = done.result()
            progress.advance(task, part.runs)
            yield part


def _report(summary: Summary) -> None:
    _console.print(summary.table())
    for reason in sorted({of.why_not for of in KINDS.values() if of.why_not}):
        kinds = [name for name, of in KINDS.items() if of.why_not == reason]
        _console.print(f"- can't be, since {reason} in that phase: {', '.join(kinds)}")
    holes = summary.holes() if summary.runs >= _ENOUGH_TO_TELL else []
    for kind, phase in holes:
        _console.print(f"hole: {kind} in {phase} was hit {summary.hits[kind, phase]} times")
    minutes = summary.cpu_s / 60
    slowest, seed = summary.slowest
    _console.print(
        f"{summary.runs} rollouts, {summary.runs / minutes:.0f} a minute and core; "
        f"{len(summary.broken)} broke a promise {sorted(summary.broken)[:20]}; "
        f"{sum(summary.hits.values())} faults hit, {len(holes)} holes; at rest in "
        f"{dict(summary.ends)}, the slowest {slowest} after the last fault (seed {seed})"
    )


if __name__ == "__main__":
    typer.run(main)
