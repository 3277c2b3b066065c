"""One line after the other, weighed by the very code that a Lambda runs. For `cli.judging` alone.

A line that is refused leaves all as it was: every state is a value of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cli.judging.reading import BadLine
from cli.judging.shape import Bounds, Line
from cli.judging.terms import Terms
from steelyard.evidence import Batch, Evidence, Verdict, begin, judge, weigh
from steelyard.rollout.counting import labels_alone
from steelyard.rollout.model import Samples

_HALF_LIFE = 900.0  # seconds after which traffic counts half for what "current traffic" is


@dataclass(frozen=True, slots=True)
class Traffic:
    """How many requests the canary gets, the latest counting most.

    Attributes:
        requests, seconds: both fade alike.
    """

    requests: float = 0.0
    seconds: float = 0.0

    def after(self, requests: int, seconds: float) -> Traffic:
        """With one more batch."""
        kept = 0.5 ** (seconds / _HALF_LIFE)
        return Traffic(self.requests * kept + requests, self.seconds * kept + seconds)

    @property
    def per_minute(self) -> float:
        """Canary requests a minute; 0 while that is not known."""
        return 60 * self.requests / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Judging:
    """All that is kept of the lines so far.

    Attributes:
        line: the latest one; None before the first.
        bounds: of the latency buckets, once a line had some.
        raised_at: when the canary's share was raised last; None: not since the first line.
        discarded: whether the latest line's requests were not weighed.
        traffic: at the current share.
        samples: what was weighed, by metric.
        ignored: metrics that a line measured and no guardrail is about.
    """

    terms: Terms
    evidence: Evidence
    line: Line | None = None
    bounds: Bounds | None = None
    raised_at: float | None = None
    discarded: bool = False
    traffic: Traffic = field(default_factory=Traffic)
    samples: Mapping[str, Samples] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()

    def after(self, line: Line) -> Judging:
        """With one more line.

        Raises:
            BadLine: not later than the one before it, or with other latency buckets.
        """
        self._check(line)
        raised_at = self._raised_at(line)
        discarded = self._is_discarded(raised_at)
        batch = self.terms.batch(line)
        if discarded:
            batch = labels_alone(batch)
        counts = not discarded or bool(batch.stable.labels or batch.canary.labels)
        return replace(
            self,
            evidence=weigh(self.evidence, batch, self.terms.promise) if counts else self.evidence,
            line=line,
            bounds=self.bounds or line.bounds,
            raised_at=raised_at,
            discarded=discarded,
            traffic=self._traffic(line),
            samples=self._samples(batch),
            ignored=self.ignored | self.terms.ignored(line),
        )

    @property
    def verdict(self) -> Verdict:
        """What the evidence says at the latest line's step."""
        percent = self.line.canary_percent if self.line else 0
        return judge(self.evidence, self.terms.promise, self.terms.step(percent))

    def _check(self, line: Line) -> None:
        if self.line is not None and line.t <= self.line.t:
            accepted = f"more than {self.line.t}, the t of the line before"
            raise BadLine("t", f"got {line.t}, accepted: {accepted}")
        if None not in (self.bounds, line.bounds) and self.bounds != line.bounds:
            key = "stable.latency_us" if line.stable.latency else "canary.latency_us"
            raise BadLine(key, "got other bounds than before, accepted: the same in all lines")

    def _raised_at(self, line: Line) -> float | None:
        if self.line is None or line.canary_percent <= self.line.canary_percent:
            return self.raised_at
        return self.line.t

    def _is_discarded(self, raised_at: float | None) -> bool:
        """Whether the batch began, where the one before it ended, soon after a raise."""
        if self.line is None or raised_at is None:
            return False
        return self.line.t < raised_at + self.terms.policy.discard.total_seconds()

    def _traffic(self, line: Line) -> Traffic:
        """How long the first batch was, nobody knows."""
        if self.line is None:
            return self.traffic
        same = line.canary_percent == self.line.canary_percent
        before = self.traffic if same else Traffic()
        return before.after(line.canary.requests, line.t - self.line.t)

    def _samples(self, batch: Batch) -> Mapping[str, Samples]:
        made = {}
        for guardrail in self.terms.promise.guardrails:
            metric = guardrail.metric
            before = self.samples.get(metric, Samples())
            made[metric] = Samples(
                before.canary + batch.canary.measured(metric),
                before.stable + batch.stable.measured(metric),
            )
        return made


def begin_judging(terms: Terms) -> Judging:
    """No line yet."""
    return Judging(terms, begin(terms.promise))
