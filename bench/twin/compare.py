"""The twin beside the engine, run by run and look by look. For bench and tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf, isnan

from bench.counts import Look
from bench.engine import batch_of
from bench.traffic.curves import Floats
from bench.twin.rule import Twin
from steelyard.evidence import Evidence, Promise, Verdict, VerdictKind, begin, judge, weigh
from steelyard.evidence.ranks import SLOWEST

_TOLERATED = 1e-9


@dataclass
class Differences:
    """How far the twin is from the engine.

    Attributes:
        looks: how many looks at one run were compared.
        rolled_back: runs that the engine called WORSE.
        largest: the largest difference of a log evidence (of all, of a metric or of a stream)
            or of phi, relative where it is more than 1.
        where: whose that is.
        apart: runs that one of them rolls back and the other does not, at the same look.
    """

    looks: int = 0
    rolled_back: int = 0
    largest: float = 0.0
    where: str = ""
    apart: list[int] = field(default_factory=list)

    @property
    def none(self) -> bool:
        """Whether something was compared, and all was the same but for rounding."""
        return bool(self.looks) and self.largest <= _TOLERATED and not self.apart


def differences(
    looks: Iterable[Look], promise: Promise, runs: int, twins: Promise | None = None
) -> Differences:
    """Compare both on each run until it is rolled back, at every look.

    Args:
        looks: such as a scene's; they are taken until all runs are rolled back.
        promise: its segments are named as `bench.engine.segment_names` does.
        runs: how many the looks are of.
        twins: another promise that the twin is held to, to see that it is noticed.
    """
    found = Differences()
    watch = Twin(twins or promise, "twin").begin(runs)
    evidence = dict.fromkeys(range(runs), begin(promise))
    for look in looks:
        worse = watch.rolls_back(look)
        streams = watch.streams()
        for run in list(evidence):
            evidence[run] = weigh(evidence[run], batch_of(look, run), promise)
            verdict = judge(evidence[run], promise, 0)
            _note(found, run, streams, _streams(evidence[run], verdict))
            called = verdict.kind is VerdictKind.WORSE
            found.rolled_back += called
            if called != worse[run]:
                found.apart.append(run)
            if called or worse[run]:
                del evidence[run]
        if not evidence:
            break
    return found


def _note(
    found: Differences, run: int, twins: Mapping[str, Floats], engines: Mapping[str, float]
) -> None:
    found.looks += 1
    for name, value in engines.items():
        apart = abs(float(twins[name][run]) - value) / max(1.0, abs(value))
        apart = inf if isnan(apart) else apart
        if apart > found.largest:
            found.largest, found.where = apart, f"{name} of run {run}"


def _streams(evidence: Evidence, verdict: Verdict) -> Mapping[str, float]:
    """The engine's, by the twin's names."""
    found = dict(verdict.log_evidence)
    if "errors" in verdict.phi:
        found["phi"] = verdict.phi["errors"]
    for metric, harm in evidence.harm.items():
        found[f"{metric}, pooled"] = harm.log_evidence
        found |= {f"{metric}, {name}": of for name, of in verdict.segments.get(metric, {}).items()}
    if "latency" in verdict.log_evidence:
        slowest = zip(SLOWEST, evidence.latency.slowest, strict=True)
        found |= {f"latency, slowest {share:g}": harm.log_evidence for share, harm in slowest}
        found["latency, tilt"] = evidence.latency.tilt.log_evidence
    return found
