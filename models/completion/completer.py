"""Completions for one piece of source text. What `serve.py` answers with; not used in training."""

from __future__ import annotations

from collections.abc import Mapping

from ngram.lexer import tokens
from ngram.model import Model

# Far longer than a model's order of tokens; what stands before it can't matter.
_TAIL = 1_000


class Completer:
    """Answers what may come next after a context."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def complete(self, context: str, top: int) -> list[Mapping[str, object]]:
        """The `top` most probable next tokens after `context`, most probable first."""
        vocabulary = self._model.vocabulary
        last = tokens(context[-_TAIL:])[1 - self._model.order :]
        ranked = self._model.rank(vocabulary.encode(last), top)
        return [
            {"token": vocabulary.tokens[token], "probability": round(probability, 6)}
            for token, probability in ranked
        ]
