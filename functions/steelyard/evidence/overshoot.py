"""A batch that all but reaches the threshold may count as reaching it. Pure; for evidence/ only.

Evidence comes in leaps, a batch each, and mostly ends beyond the threshold. What lies beyond is
worth nothing: at the threshold the canary is rolled back. So of the mean that a stream is allowed
under "not worse", what is beyond may be spent on counts that end a little short: from some count
on, all reach it. The canary's count alone decides, so a canary better than allowed reaches it less
often still. This saves up to a tenth of the requests where a batch is a large part of what a
rollback takes, and makes use of more of alpha.

Needed is the whole law of the canary's bad events given both arms' totals, not only a bound of one
mean: Fisher's non-central hypergeometric one. It holds for random routing of any pattern of
failures (margin 1), and for independent requests with the margin as odds ratio.

Source: Fischer & Ramdas 2024, "Improving Wald's (approximate) sequential probability ratio test by
avoiding overshoot", whose factor on all wealth is not used here: with it one more bad event of the
canary could lower the evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, exp, floor, log, sqrt

from steelyard.evidence.likelihood import Table
from steelyard.evidence.mixture import REGRESSIONS, Harm
from steelyard.evidence.odds import odds_log_ratios

MOST_TERMS = 128  # with more counts in doubt each leaps little, and they would cost time
SPREADS = 8  # beyond so many standard deviations, and as many events, no count is expected
_LARGEST = 700.0  # e^710 is beyond any float


def reaches(
    harm: Harm, table: Table, null: float, gains: Sequence[float], log_threshold: float
) -> bool:
    """Whether the batch counts as lifting the stream to its threshold.

    Args:
        harm: the stream before this batch.
        table: the batch.
        null: odds ratio to rule out.
        gains: log likelihood ratios of `null` times each of `REGRESSIONS` against `null`.
        log_threshold: natural log of the evidence of this stream at which it suffices alone.
    """
    # In parts of the threshold, which may itself be beyond any float.
    reserve, wealth = harm.log_reserve - log_threshold, [w - log_threshold for w in harm.log_wealth]
    part = Harm(tuple(wealth), reserve)
    before = part.log_evidence
    if table.silent or before >= 0:
        return before >= 0
    return _spends(part, table, null, gains) and so_do_all_beyond(part, table, null)


def _spends(harm: Harm, table: Table, null: float, gains: Sequence[float]) -> bool:
    """Whether what lies beyond the threshold, at 1, pays for this count and all above it."""
    counts = _likely(table, null)
    if not counts or len(counts) > MOST_TERMS or table.canary_bad < counts[0]:
        return False
    evidence, before = _evidence(harm, table, gains, counts), exp(harm.log_evidence)
    if evidence[-1] < 1:
        return False
    law = _law(table, null, counts)
    spent = sum(mass * min(one, 1.0) for mass, one in zip(law, evidence, strict=True))
    for count, mass, one in zip(counts[::-1], law[::-1], evidence[::-1], strict=True):
        spent += mass * max(0.0, 1 - one)
        if spent > before or count <= table.canary_bad:
            return spent <= before
    return False


def so_do_all_beyond(harm: Harm, table: Table, null: float) -> bool:
    """Whether more bad events of the canary, or fewer of stable, would reach the threshold too.

    Each number of bad events has its own law, so without this one more could undo it. From some
    count on evidence is enough by itself; between there and here lie few tables.
    """
    others = tuple(null * regression for regression in REGRESSIONS)
    for stable_bad in range(int(table.stable_bad), -1, -1):
        for canary_bad in range(int(table.canary_bad), int(table.canary_requests) + 1):
            worse = table._replace(canary_bad=canary_bad, stable_bad=stable_bad)
            gains = odds_log_ratios(worse, null, others)
            enough = harm.after(gains, 0).log_evidence >= 0
            if enough:
                break
            if not _spends(harm, worse, null, gains):
                return False
        if enough and canary_bad == table.canary_bad:
            break
    return True


def _likely(table: Table, null: float) -> range:
    """Counts of the canary's bad events that are likely at the odds ratio `null`."""
    canary, stable = int(table.canary_requests), int(table.stable_requests)
    bad = int(table.canary_bad + table.stable_bad)
    mean = bad * null * canary / (null * canary + stable)
    far = SPREADS * (sqrt(mean) + 1)
    least, most = max(0, bad - stable), min(bad, canary)
    return range(max(least, floor(mean - far)), min(most, ceil(mean + far)) + 1)


def _evidence(harm: Harm, table: Table, gains: Sequence[float], counts: range) -> tuple[float, ...]:
    """E after the batch, had the canary each of `counts` of its bad events; rising."""
    first = counts[0] - table.canary_bad
    bets = zip(harm.log_wealth, gains, REGRESSIONS, strict=True)
    logs = (wealth + gain + first * log(odds) for wealth, gain, odds in bets)
    terms = [exp(min(one, _LARGEST)) / len(gains) for one in logs]
    reserve, evidence = exp(harm.log_reserve), []
    for _ in counts:
        evidence.append(sum(terms) + reserve)
        terms = [term * odds for term, odds in zip(terms, REGRESSIONS, strict=True)]
    return tuple(evidence)


def _law(table: Table, null: float, counts: range) -> tuple[float, ...]:
    """Probabilities of `counts` by Fisher's law, as if nothing else could be."""
    canary, stable = int(table.canary_requests), int(table.stable_requests)
    bad = int(table.canary_bad + table.stable_bad)
    weights = [0.0]
    for count in counts[:-1]:
        up = null * (canary - count) * (bad - count)
        down = (count + 1) * (stable - bad + count + 1)
        weights.append(weights[-1] + log(up / down))
    highest = max(weights)
    masses = [exp(weight - highest) for weight in weights]
    total = sum(masses)
    return tuple(mass / total for mass in masses)
