"""The tokens that the model knows, numbered; all others are known by their kind only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ngram.lexer import KINDS, kind


class Vocabulary:
    """Token to number and back; the first numbers are the kinds of unknown tokens."""

    def __init__(self, tokens: Sequence[str]) -> None:
        """Take all tokens in the order of their numbers, the kinds first."""
        self.tokens = tuple(tokens)
        self.ids = {token: number for number, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """The numbers of `tokens`, that of its kind for a token never seen in training."""
        ids = self.ids
        return [ids[token] if token in ids else ids[kind(token)] for token in tokens]


def learn(streams: Iterable[Sequence[str]], min_count: int) -> Vocabulary:
    """The vocabulary of all tokens that occur `min_count` times or more, frequent ones first."""
    counts: Counter[str] = Counter()
    for stream in streams:
        counts.update(stream)
    kept = [token for token, count in counts.items() if count >= min_count]
    return Vocabulary([*KINDS, *sorted(kept, key=lambda token: (-counts[token], token))])
