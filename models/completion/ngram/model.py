"""Predicts the next token from the last ones. What the artifact becomes in memory."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from ngram.counting import Counted, Gram, Level
from ngram.lexer import KINDS
from ngram.vocabulary import Vocabulary

_COMMON = 3  # counts from here on share one discount


@dataclass(frozen=True, slots=True)
class Row:
    """The successors of one context.

    Attributes:
        weights: discounted share of each successor, the heaviest first.
        left: the share that the shorter context hands out.
    """

    weights: dict[int, float]
    left: float


class Model:
    """An interpolated Kneser-Ney model over a vocabulary."""

    def __init__(self, vocabulary: Vocabulary, levels: Sequence[Level]) -> None:
        self.vocabulary = vocabulary
        self.order = len(levels)
        self.start = vocabulary.ids["\n"]
        self._rows = [
            {context: _row(counted, level.discounts) for context, counted in level.contexts.items()}
            for level in levels
        ]

    def probability(self, context: Sequence[int], token: int) -> float:
        """Probability that `token` follows; over the whole vocabulary it sums to 1."""
        chain, floor = self._chain(context)
        return floor + sum(share * row.weights.get(token, 0.0) for share, row in chain)

    def rank(self, context: Sequence[int], top: int) -> list[tuple[int, float]]:
        """The `top` most probable tokens with their probabilities, most probable first.

        Kinds of unknown tokens are no completion and are left out. Exact, yet looks at few
        successors: all contexts' lists are walked in step, heaviest first, until no token
        further down any of them can still get in (Fagin's threshold algorithm).
        """
        chain, floor = self._chain(context)
        best: list[tuple[float, int]] = []
        seen = set(range(len(KINDS)))
        for entries in zip_longest(*(row.weights.items() for _, row in chain)):
            bound = floor
            for (share, _), entry in zip(chain, entries, strict=True):
                if entry is None:
                    continue
                token, weight = entry
                bound += share * weight
                if token not in seen:
                    seen.add(token)
                    score = floor + sum(s * row.weights.get(token, 0.0) for s, row in chain)
                    _offer(best, (score, -token), top)
            if len(best) == top and best[0][0] >= bound:
                break
        return [(-token, score) for score, token in sorted(best, reverse=True)]

    def _chain(self, context: Sequence[int]) -> tuple[list[tuple[float, Row]], float]:
        """The rows of `context` and of its ever shorter ends, each with its share of the whole.

        And what is left over, for each token of the vocabulary alike.
        """
        length = self.order - 1
        gram: Gram = (*(self.start,) * length, *context[-length:])[-length:] if length else ()
        chain: list[tuple[float, Row]] = []
        share = 1.0
        for shorter in range(length + 1):
            row = self._rows[length - shorter].get(gram[shorter:])
            if row is not None:
                chain.append((share, row))
                share *= row.left
        return chain, share / len(self.vocabulary)


def _offer(best: list[tuple[float, int]], candidate: tuple[float, int], top: int) -> None:
    if len(best) < top:
        heapq.heappush(best, candidate)
    elif candidate > best[0]:
        heapq.heapreplace(best, candidate)


def _row(counted: Counted, discounts: tuple[float, float, float]) -> Row:
    weights = {
        token: (times - discounts[min(times, _COMMON) - 1]) / counted.total
        for token, times in counted.successors.items()
    }
    return Row(weights, 1.0 - sum(weights.values()))
