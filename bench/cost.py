"""What the engine costs: bytes of state, time of a look, memory. For bench.

Figures of the machine that it runs on: measured, never asserted.
"""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter

import numpy as np

from bench.engine import batch_of, segment_names
from bench.traffic.curves import Always
from bench.traffic.labels import Labelling
from bench.traffic.latency import Latency
from bench.traffic.scene import Traffic
from steelyard.codec import encode
from steelyard.evidence import Batch, Guardrail, Promise, begin, judge, weigh

_WEIGHTS = {"errors": 0.4, "labels": 0.3, "latency": 0.3}
_LOOKS = 60
_MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Cost:
    """What one promise on one traffic costs.

    Attributes:
        metrics, segments: of the promise.
        requests: of both variants in a batch.
        state_bytes: the evidence as the ledger keeps it, compact JSON.
        look_ms: median time to weigh a batch and judge.
        peak_mib: most memory that all looks and the evidence took, by tracemalloc.
    """

    metrics: str
    segments: int
    requests: int
    state_bytes: int
    look_ms: float
    peak_mib: float

    @property
    def pairs(self) -> int:
        """Pairs of a metric and a segment, or of a metric and all requests pooled."""
        return sum(1 if m == "latency" else 1 + self.segments for m in self.metrics.split(" + "))


def costs(seed: int) -> list[dict[str, object]]:
    """Each metric by itself, all of them, and a rollout with a hundred segments."""
    alone = [(metric,) for metric in _WEIGHTS]
    kinds = [
        (metrics, 8, requests)
        for requests in (100, 1_000, 10_000)
        for metrics in (*alone, tuple(_WEIGHTS))
    ]
    found = [_cost(*kind, seed) for kind in (*kinds, (tuple(_WEIGHTS), 100, 10_000))]
    return [{**asdict(one), "pairs": one.pairs} for one in found]


def _cost(metrics: Sequence[str], segments: int, requests: int, seed: int) -> Cost:
    total = sum(_WEIGHTS[metric] for metric in metrics)
    guardrails = tuple(Guardrail(metric, _WEIGHTS[metric] / total) for metric in metrics)
    promise = Promise(0.01, 0.05, guardrails, (3.0,), segment_names(segments))
    batches = _batches(metrics, segments, requests, seed)
    times, state = _timed(batches, promise)
    tracemalloc.start()
    _timed(batches, promise)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return Cost(
        " + ".join(metrics), segments, requests, state, 1000 * median(times), peak / _MEBIBYTE
    )


def _timed(batches: Sequence[Batch], promise: Promise) -> tuple[list[float], int]:
    """Seconds of each look, and the bytes of the evidence at the end."""
    evidence, times = begin(promise), []
    for batch in batches:
        start = perf_counter()
        evidence = weigh(evidence, batch, promise)
        judge(evidence, promise, 0)
        times.append(perf_counter() - start)
    return times, len(json.dumps(encode(evidence), separators=(",", ":")))


def _batches(metrics: Sequence[str], segments: int, requests: int, seed: int) -> list[Batch]:
    """Minutes in which all segments have labels, a sixth of the requests."""
    scene = Traffic(
        name="cost",
        per_second=Always(requests / 60),
        segments=segments,
        labels=Labelling() if "labels" in metrics else None,
        latency=Latency() if "latency" in metrics else None,
        seconds=60.0 * _LOOKS,
    )
    return [batch_of(look, 0) for look in scene.looks(np.random.default_rng(seed), 1)]
