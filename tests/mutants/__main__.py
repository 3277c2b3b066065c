"""Take guards away, one at a time, and show who notices: `make mutants`. Nobody imports it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from tests.mutants.guard import Guard, OutOfDate
from tests.mutants.guards import GUARDS
from tests.mutants.trial import Broken, Outcome, trials

_PROJECT = Path(__file__).parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the options, take guards away, tell; 1 where one went unnoticed, 2 where none could."""
    options = ArgumentParser(
        prog="make mutants",
        description="Takes each guard away, in a copy of the project: some test has to notice.",
    )
    options.add_argument("--only", default="", help="guards with this text in their name")
    options.add_argument("--jobs", type=int, default=1, help="copies at once (default: 1)")
    chosen = options.parse_args(arguments)
    guards = [guard for guard in GUARDS if chosen.only in guard.name]
    if not guards:
        names = ", ".join(guard.name for guard in GUARDS)
        options.error(f"--only: got {chosen.only!r}, accepted: a part of {names}")
    console = Console()
    try:
        outcomes = _tried(guards, chosen.jobs, console)
    except (OutOfDate, Broken) as error:
        console.print(f"[red]{escape(str(error))}[/]")
        return 2
    _tell(outcomes, console)
    return 1 if unexpected(outcomes) else 0


def unexpected(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Those that went otherwise than the list says."""
    return [outcome for outcome in outcomes if bool(outcome.by) == bool(outcome.guard.survives)]


def _tried(guards: Sequence[Guard], jobs: int, console: Console) -> list[Outcome]:
    outcomes: list[Outcome] = []
    with _progress(console) as progress:
        task = progress.add_task("tests of the unbroken copy", total=len(guards))
        for outcome in trials(_PROJECT, guards, jobs):
            outcomes.append(outcome)
            progress.update(task, advance=1, description=outcome.guard.name)
            if not outcome.by:
                progress.console.print(f"nobody noticed: {outcome.guard.name}")
    return outcomes


def _tell(outcomes: Sequence[Outcome], console: Console) -> None:
    table = Table()
    for column in ("guard", "keeps", "noticed by", "s"):
        table.add_column(column, overflow="fold")
    place = {guard.name: number for number, guard in enumerate(GUARDS)}
    for outcome in sorted(outcomes, key=lambda one: place[one.guard.name]):
        guard = outcome.guard
        keeps = f"invariant {guard.keeps}" if isinstance(guard.keeps, int) else guard.keeps
        by = escape(outcome.by) or f"[yellow]nobody: {escape(guard.survives) or '?'}[/]"
        table.add_row(guard.name, keeps, by, f"{outcome.seconds:.0f}")
    console.print(table)
    noticed = sum(bool(outcome.by) for outcome in outcomes)
    console.print(f"{noticed} of {len(outcomes)} removals were noticed")
    for outcome in unexpected(outcomes):
        said = "is said to survive, but" if outcome.by else "must be noticed, but"
        by = outcome.by or "nobody noticed"
        console.print(f"[red]{outcome.guard.name}: {said} {escape(by)}[/]")


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )


if __name__ == "__main__":
    sys.exit(main())
