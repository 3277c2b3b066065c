"""How often each fault was really hit in each phase, and what came of the runs. For `__main__`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from rich.table import Table

from tests.faults.kinds import KINDS, PHASES
from tests.faults.run import Result

_SHORT = dict(
    zip(
        PHASES,
        (
            "None",
            "Pend",
            "Prov",
            "Warm",
            "Ramp",
            "Hold",
            "Final",
            "Prom",
            "Pause",
            "Rolling",
            "Rolled",
            "Human",
        ),
        strict=True,
    )
)
ENOUGH = 100
"""Hits that a cell must have in 100,000 seeds."""


@dataclass
class Summary:
    """Counts of many runs.

    Attributes:
        hits: by fault and phase.
        ends: by the phase in which a run came to rest.
        slowest: how long the slowest took to come to rest, and its seed.
        broken: seeds of the runs that broke a promise.
    """

    runs: int = 0
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    slowest: tuple[timedelta, int] = (timedelta(0), -1)
    broken: list[int] = field(default_factory=list)
    cpu_s: float = 0.0

    def add(self, result: Result, cpu_s: float) -> None:
        """One more run."""
        self.runs += 1
        self.cpu_s += cpu_s
        self.hits.update(result.history.hits)
        self.ends[result.history.phase] += 1
        self.slowest = max(self.slowest, (result.suffix, result.plan.seed))
        if result.broken is not None:
            self.broken.append(result.plan.seed)

    def join(self, other: Summary) -> None:
        """The counts of others."""
        self.runs += other.runs
        self.cpu_s += other.cpu_s
        self.hits.update(other.hits)
        self.ends.update(other.ends)
        self.slowest = max(self.slowest, other.slowest)
        self.broken += other.broken

    def holes(self) -> list[tuple[str, str]]:
        """Cells that were hit less often than they should, for so many runs."""
        least = max(1, ENOUGH * self.runs // 100_000)
        return [
            (kind, phase)
            for kind, of in KINDS.items()
            for phase in of.phases
            if self.hits[kind, phase] < least
        ]

    def table(self) -> Table:
        """Fault by phase; a dash where it can't be."""
        table = Table(title="how often each fault was hit, by the ledger's phase")
        table.add_column("fault", no_wrap=True)
        for phase in PHASES:
            table.add_column(_SHORT[phase], justify="right", no_wrap=True)
        for kind, of in KINDS.items():
            cells = (str(self.hits[kind, phase]) if phase in of.phases else "-" for phase in PHASES)
            table.add_row(kind, *cells)
        return table
