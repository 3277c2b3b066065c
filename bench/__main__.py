"""Run all of it and keep the figures: `make bench`. Nobody imports it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from bench import jobs, plots, tables
from bench.cost import costs
from bench.lineup import OURS
from bench.results import Results, Row, made_with, summed_up

SEED = 20_260_101
_RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Read the options, run, write."""
    options = ArgumentParser(prog="python -m bench", description="Every rule side by side.")
    options.add_argument("--quick", action="store_true", help="few runs, in under two minutes")
    options.add_argument("--seed", type=int, default=SEED, help="default: %(default)s")
    options.add_argument("--processes", type=int, default=2, help="default: %(default)s")
    options.add_argument("--out", type=Path, default=_RESULTS, help="default: bench/results")
    chosen = options.parse_args()
    size = jobs.QUICK if chosen.quick else jobs.Size()
    todo = jobs.jobs(size, chosen.seed)
    with _progress() as progress:
        task = progress.add_task("runs of all rules", total=len(todo))
        found = jobs.run(todo, chosen.processes, lambda: progress.advance(task))
        results = summed_up(found, made_with(chosen.seed, size))
    _write(results, costs(chosen.seed), chosen.out)


def _write(results: Results, cost: list[Row], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    origin = results.made_with
    _json(folder / "results.json", asdict(results))
    # Apart, since it is of the machine: all else is the same wherever it is run again.
    _json(folder / "cost.json", {"made_with": origin, "costs": cost})
    ours = [rule.name for rule in OURS]
    (folder / "rollbacks.md").write_text(tables.rollbacks(results, ours))
    (folder / "passing.md").write_text(tables.passing(results))
    (folder / "cost.md").write_text(tables.cost(cost, origin))
    plots.draw(results, ours, folder)


def _json(path: Path, data: Row) -> None:
    path.write_text(json.dumps(data, indent=1) + "\n")


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )


if __name__ == "__main__":
    main()
