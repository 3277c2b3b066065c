"""Counts n-grams and turns the counts into Kneser-Ney statistics. For training only.

Source: Chen and Goodman, An Empirical Study of Smoothing Techniques for Language Modeling
(1998), section 3: interpolated Kneser-Ney with three discounts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Gram = tuple[int, ...]

# Where a corpus is too small to estimate a discount: half a count, the middle of the range.
_UNKNOWN_DISCOUNT = 0.5
_LEAST_DISCOUNT = 0.05


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted after one context.

    Attributes:
        total: all that was seen here, dropped successors included.
        successors: count of each kept successor, the most frequent first.
    """

    total: int
    successors: dict[int, int]


@dataclass(frozen=True, slots=True)
class Level:
    """All contexts of one length.

    Attributes:
        discounts: what is taken off counts of 1, of 2, and of 3 or more.
        contexts: what was counted after each context, in sorted order.
    """

    discounts: tuple[float, float, float]
    contexts: dict[Gram, Counted]


def count(streams: Iterable[Sequence[int]], order: int, keep_count: int, start: int) -> list[Level]:
    """Statistics for contexts of 0, 1, ... `order` - 1 tokens.

    Args:
        streams: numbered tokens of each module; no n-gram crosses from one to the next.
        order: longest n-gram.
        keep_count: of n-grams of three tokens or more, rarer ones are dropped; their share goes
            to the shorter context, so every distribution still sums to 1.
        start: number of the token (a line's end) that stands before a module's first.
    """
    counts: Counter[Gram] = Counter()
    for stream in streams:
        padded = [start] * (order - 1) + list(stream)
        counts.update(zip(*(padded[i:] for i in range(order)), strict=False))
    levels = []
    for length in range(order, 0, -1):
        levels.append(_level(counts, keep_count if length > 2 else 1))
        # Kneser-Ney: a shorter n-gram counts once for each token it was seen to follow.
        counts = Counter(gram[1:] for gram in counts)
    return levels[::-1]


def _level(counts: Mapping[Gram, int], keep_count: int) -> Level:
    grouped: dict[Gram, list[tuple[int, int]]] = {}
    totals: Counter[Gram] = Counter()
    for gram, times in counts.items():
        context = gram[:-1]
        totals[context] += times
        if times >= keep_count:
            grouped.setdefault(context, []).append((-times, gram[-1]))
    contexts = {
        context: Counted(totals[context], {token: -times for times, token in sorted(pairs)})
        for context, pairs in sorted(grouped.items())
    }
    return Level(_discounts(Counter(counts.values())), contexts)


def _discounts(times_seen: Mapping[int, int]) -> tuple[float, float, float]:
    """Chen and Goodman's D1, D2 and D3+, from how many n-grams were seen 1, 2, 3 and 4 times.

    Held inside (0, c) for a count c, and such that a larger count never ends up with less.
    """
    seen = [times_seen.get(n, 0) for n in range(1, 5)]
    base = seen[0] / (seen[0] + 2 * seen[1]) if seen[0] else _UNKNOWN_DISCOUNT
    discounts: list[float] = []
    for n in (1, 2, 3):
        here, more = seen[n - 1], seen[n]
        estimate = n - (n + 1) * base * more / here if here else n * _UNKNOWN_DISCOUNT
        most = n - _LEAST_DISCOUNT if n == 1 else discounts[-1] + 1
        discounts.append(min(max(estimate, _LEAST_DISCOUNT), most))
    return discounts[0], discounts[1], discounts[2]
