"""Completions for one piece of source text. What `serve.py` answers with; not used in training.

An update: answers come from a cache with a fixed number of slots, so that it can't grow.
"""

from __future__ import annotations

from collections.abc import Mapping

from ngram.lexer import tokens
from ngram.model import Model

# Far longer than a model's order of tokens; what stands before it can't matter.
_TAIL = 1_000
_SLOTS = 1_200

Key = tuple[tuple[int, ...], int]
Ranked = list[tuple[int, float]]


class Completer:
    """Answers what may come next after a context."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._answers: dict[Key, Ranked] = {}
        self._slots: list[Key | None] = [None] * _SLOTS
        self._next = 0

    def complete(self, context: str, top: int) -> list[Mapping[str, object]]:
        """The `top` most probable next tokens after `context`, most probable first."""
        vocabulary = self._model.vocabulary
        last = tokens(context[-_TAIL:])[1 - self._model.order :]
        return [
            {"token": vocabulary.tokens[token], "probability": round(probability, 6)}
            for token, probability in self._ranked((tuple(vocabulary.encode(last)), top))
        ]

    def _ranked(self, key: Key) -> Ranked:
        if key not in self._answers:
            forgotten = self._slots[self._next]
            if forgotten is not None:
                del self._answers[forgotten]
            self._slots[self._next] = key
            self._next += 1
            self._answers[key] = self._model.rank(*key)
        return self._answers[key]
