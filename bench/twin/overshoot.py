"""Which comparisons count as reaching the threshold: `evidence/overshoot.py`. For bench/twin.

The whole law of a comparison is costly, so it is only looked at where it can matter: where the
canary's count is improbable enough that it, and all above it, might be paid for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bench.counts import Bools, Ints
from bench.traffic.curves import Floats
from bench.twin.odds import gains
from bench.twin.tables import Tables
from steelyard.evidence.likelihood import Table
from steelyard.evidence.mixture import REGRESSIONS, Harm
from steelyard.evidence.overshoot import MOST_TERMS, SPREADS, so_do_all_beyond

_EVEN = 0.7  # a little more than ln 2
_ROUGH = 0.1  # more than nine factorials by Stirling's formula are wrong by


class Bets(NamedTuple):
    """Some streams before a comparison, and with it.

    Attributes:
        before: ln E without the comparison.
        wealth, reserve: with it, (bets, streams) and (streams,): logs.
    """

    before: Floats
    wealth: Floats
    reserve: Floats

    def of(self, which: Ints) -> Bets:
        """Some of them."""
        return Bets(self.before[which], self.wealth[:, which], self.reserve[which])


def reach(bets: Bets, tables: Tables, null: float, log_threshold: Floats) -> Bools:
    """Which streams count as reaching their threshold.

    Args:
        bets, tables: of each stream that is below its threshold with the comparison, and before.
        null: odds ratio to rule out.
        log_threshold: of each.
    """
    found = np.zeros(len(log_threshold), dtype=np.bool_)
    some = np.flatnonzero(_may(tables, bets.before - log_threshold))
    first, last = _likely(tables.of(some), null)
    known = last - first < MOST_TERMS
    some, first, last = some[known], first[known], last[known]
    if len(some):
        counts = first[:, None] + np.arange(int((last - first).max()) + 1)
        law = _law(tables.of(some), null, counts, last)
        evidence = _evidence(bets.of(some), tables.canary_bad[some], counts)
        threshold = np.exp(log_threshold[some])[:, None]
        beside = counts >= tables.canary_bad[some][:, None]
        spent = (law * np.where(beside, threshold, evidence)).sum(axis=1)
        highest = np.take_along_axis(evidence, (last - first)[:, None], axis=1)
        found[some] = (highest >= threshold)[:, 0] & (spent <= np.exp(bets.before[some]))
    return _sure(found, bets, tables, null, log_threshold)


def _sure(found: Bools, bets: Bets, tables: Tables, null: float, log_threshold: Floats) -> Bools:
    """Those of `found` that more bad events of the canary would not undo; by the engine, as few."""
    some = np.flatnonzero(found)
    few = tables.of(some)
    wealth = (bets.wealth[:, some] - gains(few, null) - log_threshold[some]).T
    reserve = bets.reserve[some] - log_threshold[some]
    counts = zip(few.canary, few.canary_bad, few.stable, few.stable_bad, strict=True)
    for stream, own, left, table in zip(some, wealth, reserve, counts, strict=True):
        harm = Harm(tuple(map(float, own)), float(left))
        found[stream] = so_do_all_beyond(harm, Table(*map(int, table)), null)
    return found


def _may(tables: Tables, log_paid: Floats) -> Bools:
    """Which may be among them: P(X >= x), all of which must be paid for, is not surely too much.

    At an odds ratio of 1 or more it is no less than at 1. There it is at least 1/2 up to the mean,
    as the median is less than 1 away from it (Jogdeo & Samuels 1968), and always at least P(X = x).
    """
    canary, bad, total = tables.canary, tables.bad, tables.total
    mean = canary * bad / total
    may = (bad > 0) & ((tables.canary_bad > mean) | (log_paid > -_EVEN))
    some = np.flatnonzero(may)
    may[some] = _log_central(tables.of(some)) - _ROUGH <= log_paid[some]
    return may


def _log_central(tables: Tables) -> Floats:
    """Ln P(X = x) under equal odds, nearly."""
    x, bad = tables.canary_bad, tables.bad
    good = tables.total - bad
    ways = sum(map(_log_factorial, (tables.canary, tables.stable, bad, good)))
    others = (x, tables.stable_bad, tables.canary - x, tables.stable - tables.stable_bad)
    return np.asarray(ways - _log_factorial(tables.total) - sum(map(_log_factorial, others)))


def _log_factorial(n: Ints) -> Floats:
    """Ln n! by Stirling's formula, to 0.003."""
    n = np.maximum(n, 1)
    return np.asarray((n + 0.5) * np.log(n) - n + np.log(2 * np.pi) / 2 + 1 / (12 * n))


def _likely(tables: Tables, null: float) -> tuple[Ints, Ints]:
    """The first and last of the counts that are likely at `null`."""
    canary, stable, bad = tables.canary, tables.stable, tables.bad
    mean = bad * null * canary / (null * canary + stable)
    far = SPREADS * (np.sqrt(mean) + 1)
    first = np.maximum(np.maximum(0, bad - stable), np.floor(mean - far).astype(np.int64))
    last = np.minimum(np.minimum(bad, canary), np.ceil(mean + far).astype(np.int64))
    return first, last


def _law(tables: Tables, null: float, counts: Ints, last: Ints) -> Floats:
    """Probabilities of `counts` by Fisher's law, as if nothing else could be."""
    canary, stable, bad = (n[:, None] for n in (tables.canary, tables.stable, tables.bad))
    here = counts[:, :-1]
    there = counts[:, 1:] <= last[:, None]
    up = np.where(there, null * (canary - here) * (bad - here), 1.0)
    down = np.where(there, (here + 1) * (stable - bad + here + 1), 1.0)
    weights = np.zeros(counts.shape)
    np.cumsum(np.log(up / down), axis=1, out=weights[:, 1:])
    weights[counts > last[:, None]] = -np.inf
    masses = np.exp(weights - weights.max(axis=1, keepdims=True))
    return np.asarray(masses / masses.sum(axis=1, keepdims=True))


def _evidence(bets: Bets, canary_bad: Ints, counts: Ints) -> Floats:
    """E, had the canary each of `counts` of its bad events."""
    more = counts - canary_bad[:, None]
    found = np.zeros(counts.shape)
    with np.errstate(over="ignore"):  # infinite is beyond the threshold, too
        for wealth, odds in zip(bets.wealth, REGRESSIONS, strict=True):
            found += np.exp(wealth[:, None] + more * np.log(odds))
    return found / len(REGRESSIONS) + np.exp(bets.reserve)[:, None]
