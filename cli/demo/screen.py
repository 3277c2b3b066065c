"""The demo's terminal: chapters, progress, and a line for every decision. For the demo only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Self

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from cli.demo.checks import Claim
from cli.demo.story_data import ClientTotals
from cli.watch import STYLES
from steelyard.aws.ledger import Entry
from steelyard.rollout.model import Phase


class Screen:
    """Prints to one console; use it as a context, so that the progress line is taken away."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task("starting", total=None)
        self._clients: Callable[[], ClientTotals] | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def chapter(self, title: str) -> None:
        """Begin a part of the story."""
        self._progress.update(self._task, description=title)
        self._console.print()
        self._console.rule(Text(title, style="bold"), align="left", style="dim")

    def say(self, text: str) -> None:
        """One line on what is being done."""
        self._progress.update(self._task, description=text)
        self._console.print(Text(f"{self._elapsed()}  {text}", style="dim"))

    def watch_clients(self, totals: Callable[[], ClientTotals]) -> None:
        """From now on, say with each decision how the clients fare."""
        self._clients = totals

    def decision(self, entry: Entry) -> None:
        """One line for a ledger entry; a hold only turns the progress line."""
        decision = entry.decision
        phase = Phase(decision["phase"])
        text = f"{phase}: {decision['reason']}{self._fare()}"
        self._progress.update(self._task, description=text)
        if decision["kind"] == "hold":
            return
        line = Text(f"{self._elapsed()}  {entry.at:%H:%M:%S}  ")
        line.append(f"{decision['kind']:<10} {phase:<13}", style=STYLES.get(phase, "cyan"))
        line.append(decision["reason"])
        self._console.print(line)

    def verdict(self, claims: Iterable[Claim]) -> None:
        """The claims, and whether each holds."""
        self._console.print()
        for claim in claims:
            mark = Text("✓ ", style="green") if claim.holds else Text("✗ ", style="bold red")
            self._console.print(mark + Text(claim.sentence))
            if not claim.holds:
                self._console.print(Text(f"  found: {claim.found}", style="red"))

    def _fare(self) -> str:
        if self._clients is None:
            return ""
        totals = self._clients()
        failed = sum(totals.model_errors.values()) + sum(totals.platform_errors.values())
        return f" · clients: {totals.requests} requests, {failed} failed"

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._started:5.0f} s"
