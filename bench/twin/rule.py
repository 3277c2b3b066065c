"""The engine's WORSE as a rule, over many independent runs. For bench and cli."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log

import numpy as np

from bench.counts import Bools, Look
from bench.traffic.curves import Floats
from bench.twin.counted import Counted
from bench.twin.dispersion import Dispersions
from bench.twin.latency import Latencies
from bench.twin.tables import log_sum
from steelyard.evidence import Guardrail, Promise


@dataclass(frozen=True, slots=True)
class Twin:
    """Steelyard's own rule.

    Attributes:
        promise: its segments are named as `bench.engine.segment_names` does.
        name: as the tables show it.
    """

    promise: Promise
    name: str

    def begin(self, runs: int) -> TwinWatch:
        """See `bench.rule.Rule`."""
        return TwinWatch(runs, self.promise)


class TwinWatch:
    """The evidence of harm of many runs, as `weigh` gathers it and `judge` adds it up."""

    def __init__(self, runs: int, promise: Promise) -> None:
        self._enough = -log(promise.alpha)
        self._weights = np.log([guardrail.weight for guardrail in promise.guardrails])
        self._metrics = {g.metric: _begin(runs, g, promise) for g in promise.guardrails}
        self._dispersions = Dispersions(runs)
        self._until: float | None = None

    def rolls_back(self, look: Look) -> Bools:
        """See `bench.rule.Watch`."""
        parts = look.stable
        if parts.part_requests is not None and parts.part_errors is not None:
            self._dispersions.see(parts.part_requests, parts.part_errors)
        minutes = 1.0
        if self._until is not None:
            minutes = min(1.0, max(0.0, (look.seconds - self._until) / 60))
        for name, metric in self._metrics.items():
            if isinstance(metric, Latencies):
                metric.see(look, minutes)
            else:
                metric.see(look, self.phi(name), minutes)
        self._until = look.seconds
        return np.asarray(self.total() >= self._enough)

    def phi(self, metric: str) -> Floats:
        """Overdispersion of each run: parts are counted by errors alone."""
        phi = self._dispersions.phi()
        return phi if metric == "errors" else np.ones_like(phi)

    def total(self) -> Floats:
        """Ln of all evidence, of each run."""
        each = np.stack([metric.log_evidence() for metric in self._metrics.values()])
        return log_sum(each + self._weights[:, None])

    def streams(self) -> Mapping[str, Floats]:
        """All logs of evidence there are, (runs,) each; for comparing."""
        found = {"total": self.total(), "phi": self._dispersions.phi()}
        for name, metric in self._metrics.items():
            found[name] = metric.log_evidence()
            found |= {f"{name}, {stream}": of for stream, of in metric.streams().items()}
        return found

    def keep(self, which: Bools) -> None:
        """See `bench.rule.Watch`."""
        self._dispersions.keep(which)
        for metric in self._metrics.values():
            metric.keep(which)


def _begin(runs: int, guardrail: Guardrail, promise: Promise) -> Counted | Latencies:
    if guardrail.metric == "latency":
        return Latencies(runs, -log(promise.alpha) - log(guardrail.weight))
    return Counted(runs, guardrail, promise)
