"""Cuts source text into tokens, complete or not. For training, evaluation and serving alike.

No token depends on what stands far before it: quote marks and `#` are tokens of their own and
what they enclose is cut like anything else. So a context that begins in the middle of a
docstring is cut as the whole file would be, but for its first token.
"""

from __future__ import annotations

import re

NAME, NUMBER, SIGN = "<name>", "<number>", "<sign>"
KINDS = (NAME, NUMBER, SIGN)

# A line's end takes blank lines and the next line's indentation along. The last alternative
# takes any other character there is, so that nothing is ever dropped but blanks.
_TOKEN = re.compile(
    r"""
      \n\s*
    | [^\W\d]\w*
    | \d(?:[\w.]|(?<=[eE])[+-])*
    | \.\.\. | \*\*= | //= | >>= | <<=
    | -> | := | [-+*/%&|^=!<>@]= | \*\* | // | << | >>
    | \"\"\" | '''
    | \S
    """,
    re.VERBOSE,
)


def tokens(text: str) -> list[str]:
    """The tokens of `text`, in order; a line's end is a bare newline whatever follows it."""
    return ["\n" if token[0] == "\n" else token for token in _TOKEN.findall(text)]


def kind(token: str) -> str:
    """The class that stands for `token` where the vocabulary hasn't got it."""
    if token[0].isdecimal():
        return NUMBER
    return NAME if token[0] == "_" or token[0].isalpha() else SIGN
