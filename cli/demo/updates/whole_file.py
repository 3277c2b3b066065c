"""Completions for one piece of source text. What `serve.py` answers with; not used in training.

An update: of the suggestions, people want those first that their file uses most.
"""

from __future__ import annotations

from collections.abc import Mapping

from ngram.lexer import tokens
from ngram.model import Model

# Far longer than a model's order of tokens; what stands before it can't matter to the model.
_TAIL = 1_000


class Completer:
    """Answers what may come next after a context."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def complete(self, context: str, top: int) -> list[Mapping[str, object]]:
        """The `top` most probable next tokens after `context`, first those that it uses most."""
        vocabulary = self._model.vocabulary
        last = tokens(context[-_TAIL:])[1 - self._model.order :]
        ranked = self._model.rank(vocabulary.encode(last), top)
        uses = _uses(context)
        completions = [(vocabulary.tokens[token], probability) for token, probability in ranked]
        return [
            {"token": token, "probability": round(probability, 6)}
            for token, probability in sorted(completions, key=lambda one: -uses.get(one[0], 0))
        ]


def _uses(context: str) -> Mapping[str, int]:
    """How often each token stands in the whole context."""
    found = tokens(context)
    return {token: found.count(token) for token in found}
