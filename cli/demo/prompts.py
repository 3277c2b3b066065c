"""What the demo's clients send, and what their users really typed next. For the demo and tests."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from cli.demo.corpus import Modules, by_subject

_MOST_CHARACTERS = 400
_LONG_CHARACTERS = 20_000
_LONG_SHARE = 0.15  # of requests: editors that send the whole file
_FAVOUR = 2
_NEXT_CHARACTERS = 200  # of what comes next; no suggestion is longer


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request of a user.

    Attributes:
        segment: the subject of what the user is writing.
        context: the text before the cursor.
        after: the text that the user typed next.
    """

    segment: str
    context: str
    after: str = ""

    def goes_on_with(self, token: str) -> bool:
        """Whether `token` is what the user typed next: a word, a sign, or a newline.

        Blanks before it don't count, and no part of a word is a word.
        """
        rest = self.after.lstrip(" \t")
        if not token or not rest.startswith(token):
            return False
        behind = rest[len(token) : len(token) + 1]
        return not (_in_word(token[-1]) and _in_word(behind))


def prompts(holdout: Modules, seed: int, favoured: str = "") -> Iterator[Prompt]:
    """What clients send: endlessly, the text before a cursor somewhere in a held-out module.

    Every subject with equal probability, a favoured one with twice that; and in all of its
    text every place behind a word, a sign, or a line's indentation. Some send far more of the
    text than a model needs. The same arguments give the same prompts.
    """
    chooser = random.Random(seed)  # noqa: S311 - a choice of places, not of secrets
    subjects = [
        (subject, list(modules.values()), [len(text) for text in modules.values()])
        for subject, modules in by_subject(holdout).items()
        if modules
    ]
    shares = [_FAVOUR if subject == favoured else 1 for subject, _, _ in subjects]
    while True:
        subject, texts, sizes = chooser.choices(subjects, shares)[0]
        text = chooser.choices(texts, sizes)[0]
        cursor = chooser.randrange(1, len(text))
        if _is_between_tokens(text, cursor):
            long = chooser.random() < _LONG_SHARE
            start = max(0, cursor - (_LONG_CHARACTERS if long else _MOST_CHARACTERS))
            yield Prompt(subject, text[start:cursor], text[cursor : cursor + _NEXT_CHARACTERS])


def _is_between_tokens(text: str, cursor: int) -> bool:
    """Behind a word or a sign, or where a line's first one is to come."""
    before, after = text[cursor - 1], text[cursor]
    if before.isspace():
        line = text[:cursor].rpartition("\n")[2]
        return not line.strip() and not after.isspace()
    return not (_in_word(before) and _in_word(after))


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"
