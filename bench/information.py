"""What is lost of the information before any rule looks: by bands and by small batches. For bench.

Not a bound on rules that see more; it says what part of a ratio no rule on these counts can help.
"""

from __future__ import annotations

import numpy as np

from bench.bounds import rates, shift, table, two_sample
from bench.traffic.latency import Latency
from bench.traffic.regressions import SHARE
from steelyard.evidence import LEAST_REQUESTS

Row = dict[str, str | float]
_STABLE = round(LEAST_REQUESTS * (1 - SHARE) / SHARE)  # that come with the least canary requests


def losses() -> list[Row]:
    """Information of one canary request (or label) and stable's part, in nats."""
    return [
        *(_of_bands(factor) for factor in (1.1, 1.25, 2.0)),
        *(_of_batches(worse, wrong) for wrong, worse in ((0.45, 0.7), (0.05, 0.15), (0.01, 0.05))),
    ]


def _of_bands(factor: float) -> Row:
    one, law = np.ones(1), Latency()
    canary = law.bands(one, factor * one, 0 * one, canary=True)[0]
    counted = two_sample(canary, law.bands(one, one, 0 * one, canary=False)[0], SHARE)
    return _row(f"latency x {factor:g}, in bands", shift(factor, law.spread, SHARE), counted)


def _of_batches(worse: float, base: float) -> Row:
    counted = table((LEAST_REQUESTS, worse), (_STABLE, base))
    what = f"{100 * base:g} % to {100 * worse:g} % bad, by {LEAST_REQUESTS} canary requests at once"
    return _row(what, rates(worse, base, SHARE), counted)


def _row(what: str, whole: float, counted: float) -> Row:
    return {"what": what, "whole": whole, "counted": counted, "kept": counted / whole}
