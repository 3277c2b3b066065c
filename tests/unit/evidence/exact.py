"""Exact probabilities of small tables, for the tests of the evidence. Not a test itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import comb, exp, log, log1p, prod

from hypothesis import strategies as st

from steelyard.evidence.likelihood import Table, log_sum
from steelyard.evidence.pending import Counts

from .simulation import log_choose

RATES = (0.001, 0.03, 0.3, 0.7, 0.99)
ARMS = ((1, 1), (2, 5), (5, 2), (3, 12))
CLOSE = 1e-12


def binomial_mass(count: int, trials: int, rate: float) -> float:
    """P(Binomial(trials, rate) = count)."""
    return comb(trials, count) * rate**count * (1 - rate) ** (trials - count)


def outcomes(canary: int, stable: int) -> Iterator[Table]:
    """Every table of so many requests."""
    for canary_bad, stable_bad in product(range(canary + 1), range(stable + 1)):
        yield Table(canary, canary_bad, stable, stable_bad)


def given_bad(canary: int, stable: int, bad: int) -> list[Table]:
    """Every table of so many requests and bad events."""
    counts = range(max(0, bad - stable), min(bad, canary) + 1)
    return [Table(canary, count, stable, bad - count) for count in counts]


def drawn_at_random(pool: Counts, drawn: int) -> list[tuple[float, Counts]]:
    """All ways to draw so many out of a pool of several kinds, with their probabilities."""
    ways = [way for way in product(*(range(count + 1) for count in pool)) if sum(way) == drawn]
    chances = [prod(comb(all_, mine) for all_, mine in zip(pool, w, strict=True)) for w in ways]
    return [(chance / comb(sum(pool), drawn), w) for chance, w in zip(chances, ways, strict=True)]


def mean_of(
    ratio: Callable[[Table], float], arms: tuple[int, int], canary_rate: float, stable_rate: float
) -> float:
    """E[e^ratio] for independent requests."""
    return sum(
        binomial_mass(int(table.canary_bad), arms[0], canary_rate)
        * binomial_mass(int(table.stable_bad), arms[1], stable_rate)
        * exp(ratio(table))
        for table in outcomes(*arms)
    )


def log_weights(tables: list[Table], odds: float) -> list[float]:
    """Fisher's law of tables with the same requests and bad events, not yet divided by its sum."""
    return [
        log_choose(int(t.canary_requests), int(t.canary_bad))
        + log_choose(int(t.stable_requests), int(t.stable_bad))
        + t.canary_bad * log(odds)
        for t in tables
    ]


def fisher_law(tables: list[Table], odds: float) -> list[float]:
    """Fisher's law: probabilities of tables with the same requests and bad events."""
    weights = log_weights(tables, odds)
    total = log_sum(weights)
    return [exp(weight - total) for weight in weights]


def fisher_log_ratio(table: Table, null: float, other: float) -> float:
    """The likelihood ratio of two odds ratios given all requests and bad events, by its sums."""
    canary, stable = int(table.canary_requests), int(table.stable_requests)
    tables = given_bad(canary, stable, int(table.canary_bad + table.stable_bad))
    sums = (log_sum(log_weights(tables, odds)) for odds in (null, other))
    return table.canary_bad * log(other / null) + next(sums) - next(sums)


def shares_log_ratio(table: Table, null: float, other: float) -> float:
    """The same for Poisson counts, of which each bad event is the canary's with a fixed chance."""
    chances = [
        odds * table.canary_requests / (odds * table.canary_requests + table.stable_requests)
        for odds in (other, null)
    ]
    mine, theirs = (log(chance) for chance in chances), (log1p(-chance) for chance in chances)
    return table.canary_bad * (next(mine) - next(mine)) + table.stable_bad * (
        next(theirs) - next(theirs)
    )


@st.composite
def any_table(draw: st.DrawFn, largest: int = 10**9) -> Table:
    """Requests in both arms, and any bad events."""
    canary, stable = draw(st.integers(1, largest)), draw(st.integers(1, largest))
    return Table(canary, draw(st.integers(0, canary)), stable, draw(st.integers(0, stable)))
