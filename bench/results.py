"""What is kept of the outcomes: figures with their limits, as JSON. For bench and cli."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
import scipy

from bench.information import losses
from bench.intervals import median, share, upper_limit
from bench.jobs import Entry, Size
from bench.passing import PROMISE, Passing
from bench.run import Outcome
from bench.traffic.nulls import Null
from bench.traffic.regressions import Regression

VALID = 0.012
"""A rule is valid if the upper 95 % limit of its false rollbacks is at most this on every null
that the promise holds for."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Results:
    """All figures of one run of the bench.

    Attributes:
        made_with: versions, seed and numbers of runs: what it takes to have them again.
        nulls, regressions, healthy, harmful: a row for each entry of the catalogue.
        information: what counting in bands and batches leaves of it.
    """

    made_with: Row
    nulls: list[Row]
    regressions: list[Row]
    healthy: list[Row]
    harmful: list[Row]
    information: list[Row]

    def valid(self) -> tuple[str, ...]:
        """The rules that keep the promise on all nulls that it holds for."""
        invalid = self.invalid()
        names = [rule["rule"] for rule in self.nulls[0]["rules"]] if self.nulls else []
        return tuple(name for name in names if name not in invalid)

    def invalid(self) -> frozenset[str]:
        """The rules that break it on one of them."""
        return frozenset(
            rule["rule"]
            for null in self.nulls
            if not null["beyond"]
            for rule in null["rules"]
            if rule["upper"] > VALID
        )


def made_with(seed: int, size: Size) -> Row:
    """Versions, seed and runs; no date, so that the same again is the same."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "seed": seed,
        "runs": {
            "nulls": size.nulls,
            "regressions": size.regressions,
            "passing": size.passing,
        },
        "every": size.every,
    }


def summed_up(found: Iterable[tuple[str, Entry, Sequence[Outcome]]], origin: Row) -> Results:
    """Figures of all entries."""
    results = Results(origin, [], [], [], [], losses())
    for catalogue, entry, outcomes in found:
        rows: list[Row] = getattr(results, catalogue)
        rows.append(_row(entry, outcomes))
    return results


def _row(entry: Entry, outcomes: Sequence[Outcome]) -> Row:
    match entry:
        case Null():
            rules = [_false(outcome) for outcome in outcomes]
            return {"scene": entry.traffic.name, "beyond": entry.beyond, "rules": rules}
        case Regression():
            return _regression(entry, outcomes)
        case Passing():
            return _passing(entry, outcomes[0])


def _false(outcome: Outcome) -> Row:
    runs = len(outcome.seconds)
    hits = int(np.isfinite(outcome.seconds).sum())
    rate, low, high = share(hits, runs)
    return {
        "rule": outcome.rule,
        "hits": hits,
        "runs": runs,
        "share": rate,
        "low": low,
        "high": high,
        "upper": upper_limit(hits, runs),
    }


def _regression(entry: Regression, outcomes: Sequence[Outcome]) -> Row:
    bound = entry.bound
    return {
        "label": entry.label,
        "table": entry.table,
        "size": entry.size,
        "onset_s": entry.scene.onset,
        "bound": _finite(bound.requests),
        "composite_bound": _finite(bound.composite),
        "rules": [_found(outcome, entry.scene.onset) for outcome in outcomes],
    }


def _found(outcome: Outcome, onset: float) -> Row:
    """Of the runs in which the rule was not wrong before the onset."""
    early = outcome.seconds <= onset
    requests = outcome.requests[~early]
    if not len(requests):
        requests = np.array([inf])
    middle, low, high = median(requests)
    return {
        "rule": outcome.rule,
        "requests": _finite(middle),
        "low": _finite(max(low, 0.0)),
        "high": _finite(high),
        "found": float(np.isfinite(requests).mean()),
        "before_onset": float(early.mean()),
    }


def _passing(entry: Passing, outcome: Outcome) -> Row:
    passed = np.isfinite(outcome.requests)
    middle, low, high = median(outcome.requests)
    rate, least, most = share(int(passed.sum()), len(passed))
    return {
        "percent": entry.percent,
        "step_odds": entry.step_odds,
        "error_rate": entry.rate,
        "odds": entry.odds,
        "bound": _finite(entry.bound),
        "beta": PROMISE.beta,
        "requests": _finite(middle),
        "low": _finite(max(low, 0.0)),
        "high": _finite(high),
        "passed": rate,
        "passed_low": least,
        "passed_high": most,
    }


def _finite(value: float) -> float | None:
    """JSON has no infinity: None is never."""
    return None if value in (inf, -inf) else value
