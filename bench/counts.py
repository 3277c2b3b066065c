"""What both variants counted in one batch, in many independent runs at once; for bench and cli."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Side:
    """One variant's counts of one batch; what a scene does not have is None.

    Attributes:
        requests, errors: of each run, (runs,).
        segment_requests, segment_errors: by segment, (runs, segments); they add up to the former.
        labels, wrong: labels that arrived, and those that contradict the answer, by segment.
        latency: requests by band, (runs, bands), as `steelyard.evidence.latency_bounds` cuts them.
        part_requests, part_errors: of disjoint parts of stable, (runs, parts).
    """

    requests: Ints
    errors: Ints
    segment_requests: Ints | None = None
    segment_errors: Ints | None = None
    labels: Ints | None = None
    wrong: Ints | None = None
    latency: Ints | None = None
    part_requests: Ints | None = None
    part_errors: Ints | None = None

    def of(self, runs: Ints) -> Side:
        """The counts of some runs, by their indices."""
        more = {f.name: getattr(self, f.name) for f in fields(self)[2:]}
        taken = {name: None if all_ is None else all_[runs] for name, all_ in more.items()}
        return Side(self.requests[runs], self.errors[runs], **taken)


@dataclass(frozen=True, slots=True)
class Look:
    """One batch of both variants, as a rule gets to see it.

    Attributes:
        seconds: end of the batch since the start.
        length: seconds that the batch covers.
        canary_percent: the canary's intended share while it did.
    """

    seconds: float
    length: float
    canary_percent: float
    stable: Side
    canary: Side

    def of(self, runs: Ints) -> Look:
        """What it shows of some runs, by their indices."""
        return replace(self, stable=self.stable.of(runs), canary=self.canary.of(runs))
