"""Completions for one piece of source text. What `serve.py` answers with; not used in training.

An update: editors ask again and again at the same place, so answers come from a cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from ngram.lexer import tokens
from ngram.model import Model

# Far longer than a model's order of tokens; what stands before it can't matter.
_TAIL = 1_000
_CACHED = 50_000


class Completer:
    """Answers what may come next after a context."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._ranked = lru_cache(maxsize=_CACHED)(model.rank)

    def complete(self, context: str, top: int) -> list[Mapping[str, object]]:
        """The `top` most probable next tokens after `context`, most probable first."""
        vocabulary = self._model.vocabulary
        last = tokens(context[-_TAIL:])[1 - self._model.order :]
        # The cache needs a key that can be hashed: the numbers, straight from the index.
        ranked = self._ranked(tuple(vocabulary.ids[token] for token in last), top)
        return [
            {"token": vocabulary.tokens[token], "probability": round(probability, 6)}
            for token, probability in ranked
        ]
