"""models/completion/ngram/lexer.py and vocabulary.py: any text at all becomes tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngram.lexer import KINDS, NAME, NUMBER, SIGN, kind, tokens
from ngram.vocabulary import learn

PIECES = [*"a1  _.='#(é→", '"', "\n  ", '"""', "'''", "b = "]


def test_code_becomes_names_numbers_signs_and_line_ends() -> None:
    found = tokens("def f(x: int=1_0) -> None:\n\n    x **= 2.5e-3  # why\n    return x!=y")

    assert found == [
        *("def", "f", "(", "x", ":", "int", "=", "1_0", ")", "->", "None", ":", "\n"),
        *("x", "**=", "2.5e-3", "#", "why", "\n", "return", "x", "!=", "y"),
    ]


@given(st.text())
def test_any_text_keeps_every_character_but_blanks(text: str) -> None:
    kept = "".join(tokens(text)).replace("\n", "")

    assert kept == "".join(character for character in text if not character.isspace())


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_text_that_begins_at_any_blank_is_cut_as_the_whole_is(text: str) -> None:
    whole = tokens(text)
    for start, character in enumerate(text):
        if character.isspace():
            rest = tokens(text[start:])
            assert rest == whole[len(whole) - len(rest) :]


@pytest.mark.parametrize("text", ['x = """half a doc', "f(", "'", "naïve_ß = 'π", "\ud800", "a\0b"])
def test_unfinished_or_odd_text_still_gives_tokens(text: str) -> None:
    assert tokens(text)


@pytest.mark.parametrize(
    ("token", "expected"),
    [("name", NAME), ("_x", NAME), ("λ", NAME), ("3.5", NUMBER), ("٣", NUMBER), ("→", SIGN)],
)
def test_unknown_token_is_known_by_its_kind(token: str, expected: str) -> None:
    vocabulary = learn([["a", "a"]], min_count=2)

    assert kind(token) == expected
    assert vocabulary.encode([token]) == [KINDS.index(expected)]


def test_rare_tokens_are_left_out_and_frequent_ones_numbered_first() -> None:
    vocabulary = learn([["b", "a", "once"], ["a", "b", "a"]], min_count=2)

    assert vocabulary.tokens == (*KINDS, "a", "b")
