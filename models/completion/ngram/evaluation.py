"""Measures a model on modules that it has not seen. For training only."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from ngram.lexer import KINDS
from ngram.model import Model

# An unknown token's kind says little; its spelling has to be guessed as well. Charging every
# model the same price for it makes perplexities of different vocabularies comparable.
UNKNOWN_SPELLINGS = 10_000


@dataclass(frozen=True, slots=True)
class Quality:
    """How well the next token is predicted.

    Attributes:
        top1_accuracy, top5_accuracy: share of tokens that were the first, or among the first
            five completions; a token outside the vocabulary is a miss.
        perplexity: of the next token; an unknown one is charged as one of UNKNOWN_SPELLINGS
            equally likely tokens of its kind.
        unknown_rate: share of tokens outside the vocabulary.
        evaluated_tokens: how many tokens were predicted.
    """

    top1_accuracy: float
    top5_accuracy: float
    perplexity: float
    unknown_rate: float
    evaluated_tokens: int


def evaluate(model: Model, streams: Sequence[Sequence[int]], most: int) -> Quality:
    """Predict `most` tokens of `streams`, or all where there are fewer; each time the same ones.

    Drawn, not every n-th: tables in the sources have periods of their own.
    """
    positions = [(stream, at) for stream in streams for at in range(len(stream))]
    chooser = random.Random(len(positions))  # noqa: S311, a sample, not a secret
    sample = chooser.sample(positions, min(most, len(positions)))
    first = among_five = unknown = 0
    surprise = 0.0
    for stream, at in sample:
        context, token = stream[max(0, at - model.order + 1) : at], stream[at]
        probability = model.probability(context, token)
        if token < len(KINDS):
            unknown += 1
            probability /= UNKNOWN_SPELLINGS
        surprise -= math.log(probability)
        completions = [completion for completion, _ in model.rank(context, 5)]
        first += token == completions[0]
        among_five += token in completions
    total = len(sample)
    return Quality(
        first / total, among_five / total, math.exp(surprise / total), unknown / total, total
    )
