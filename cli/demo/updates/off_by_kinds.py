"""Completions for one piece of source text. What `serve.py` answers with; not used in training.

An update: words are looked up without the kinds of unknown tokens that the vocabulary begins with.
"""

from __future__ import annotations

from collections.abc import Mapping

from ngram.lexer import KINDS, tokens
from ngram.model import Model

# Far longer than a model's order of tokens; what stands before it can't matter.
_TAIL = 1_000


class Completer:
    """Answers what may come next after a context."""

    def __init__(self, model: Model) -> None:
        self._model = model
        # A kind is no completion and never ranked: no need to keep it.
        self._words = model.vocabulary.tokens[len(KINDS) :]

    def complete(self, context: str, top: int) -> list[Mapping[str, object]]:
        """The `top` most probable next tokens after `context`, most probable first."""
        last = tokens(context[-_TAIL:])[1 - self._model.order :]
        ranked = self._model.rank(self._model.vocabulary.encode(last), top)
        return [
            {"token": self._words[token % len(self._words)], "probability": round(probability, 6)}
            for token, probability in ranked
        ]
