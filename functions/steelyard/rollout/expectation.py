"""What an answer must be like: a place in it, and one rule about what is there. Pure.

Used by `golden.py`, which reads and judges whole golden requests, and by `aws/golden.py`, which
clips what it says of an answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from steelyard.errors import InvalidGolden

_SHOWN = 60  # characters of one value in a message
_MOST_ITEMS = 20
_NO_POINTER = 'the empty text "" (the whole answer) or a JSON pointer such as /completions/0/token'
_POINTER = re.compile(r"(?=.{0,100}\Z)(?:/(?:[^/~]|~[01])*)*", re.DOTALL)
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "number": (int, float),
    "null": type(None),
}
# `re` backtracks. A text of 200 characters has about 1.4 million ways to be split at three
# places, which takes it 0.03 s; one more repetition takes a second, a repeated group years, and
# no expression with an unlucky answer may keep the reconciler from a rollback.
_LONGEST_MATCHED = 200
_MOST_CHOICES = 3
_PIECE = re.compile(
    r"""
      (?: \\[^1-9] | \[\^?\]?(?:\\.|[^\\\]])*\] | [^\\\[*+?{}|()] )   # one character's place,
      (?: \{\d+\} | (?P<choice>[*+?]|\{\d*,\d*\}) )?                  # and how often
    | \((?:\?:)? | \)
    | (?P<either>\|)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to say what is expected.

    Attributes:
        accepted: what the model's file may give the rule, in words.
        fits: whether it does.
        holds: whether what was found is as wanted; arguments: wanted, found.
        words: what is expected.
    """

    accepted: str
    fits: Callable[[Any], bool]
    holds: Callable[[Any, Any], bool]
    words: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must be at one place of an answer.

    Attributes:
        at: a JSON pointer (RFC 6901); empty for the whole answer.
        rule: a key of `RULES`.
        wanted: what the rule is about, such as the value that equals.

    Raises:
        InvalidGolden: a place or a value that the rule can't be about.
    """

    at: str
    rule: str
    wanted: Any

    def __post_init__(self) -> None:
        if not isinstance(self.at, str) or not _POINTER.fullmatch(self.at):
            raise InvalidGolden(f"at: got {shown(self.at)}, accepted: {_NO_POINTER}")
        if not RULES[self.rule].fits(self.wanted):
            accepted = RULES[self.rule].accepted
            raise InvalidGolden(f"{self.rule}: got {shown(self.wanted)}, accepted: {accepted}")

    def unmet_by(self, answer: Any) -> str:
        """What was expected where, and what came; empty when the expectation is met."""
        rule = RULES[self.rule]
        found, value = _resolve(answer, self.at)
        if found and rule.holds(self.wanted, value):
            return ""
        where = f" at {clipped(self.at, 40)}" if self.at else ""
        got = shown(value) if found else "nothing"
        return f"expected {rule.words(self.wanted)}{where}, got {got}"


def shown(value: Any) -> str:
    """A JSON value in at most 60 ASCII characters, however large or deep it is."""
    parts = json.JSONEncoder().iterencode(value)
    return clipped("".join(islice(parts, _SHOWN)), _SHOWN)


def clipped(text: str, length: int) -> str:
    """The text, or its beginning and three dots."""
    return text if len(text) <= length else f"{text[: length - 3]}..."


def _resolve(answer: Any, at: str) -> tuple[bool, Any]:
    """Whether there is such a place in the answer, and what is there."""
    value = answer
    for step in at.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and _INDEX.fullmatch(key) and int(key) < len(value):
            value = value[int(key)]
        else:
            return False, None
    return True, value


def _is(name: str, value: Any) -> bool:
    """Whether a value is of one of JSON's types; Python counts booleans among the numbers."""
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _same(wanted: Any, found: Any) -> bool:
    """Equality of JSON values, where 1 is 1.0 but not true; not recursive, as answers are deep."""
    pairs = [(wanted, found)]
    while pairs:
        a, b = pairs.pop()
        if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
            pairs += [(a[key], b[key]) for key in a]
        elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
            pairs += zip(a, b, strict=True)
        elif isinstance(a, dict | list) or isinstance(a, bool) is not isinstance(b, bool) or a != b:
            return False
    return True


def _contains(wanted: Any, found: Any) -> bool:
    if isinstance(found, str):
        return isinstance(wanted, str) and wanted in found
    return isinstance(found, list) and any(_same(wanted, item) for item in found)


def _matches(wanted: str, found: Any) -> bool:
    if not isinstance(found, str) or len(found) > _LONGEST_MATCHED:
        return False
    return re.fullmatch(wanted, found) is not None


def _is_range(value: Any, kind: type | tuple[type, ...]) -> bool:
    if not isinstance(value, list) or len(value) != 2:
        return False
    low, high = value
    numbers = all(isinstance(n, kind) and not isinstance(n, bool) for n in value)
    return numbers and bool(low <= high)


def _is_quick_pattern(pattern: Any) -> bool:
    """Whether an expression matches quickly whatever the text is; see `_MOST_CHOICES`."""
    if not isinstance(pattern, str) or len(pattern) > _LONGEST_MATCHED:
        return False
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    pieces = list(_PIECE.finditer(pattern))
    choices = sum(bool(piece["choice"] or piece["either"]) for piece in pieces)
    return sum(len(piece[0]) for piece in pieces) == len(pattern) and choices <= _MOST_CHOICES


RULES: Mapping[str, Rule] = {
    "equals": Rule("any JSON value", lambda _: True, _same, shown),
    "one_of": Rule(
        f"a list of 1 to {_MOST_ITEMS} JSON values",
        lambda value: isinstance(value, list) and 1 <= len(value) <= _MOST_ITEMS,
        lambda wanted, found: any(_same(one, found) for one in wanted),
        lambda wanted: f"one of {shown(wanted)}",
    ),
    "type": Rule(
        ", ".join(_TYPES),
        lambda value: isinstance(value, str) and value in _TYPES,
        _is,
        lambda wanted: f"a value of type {wanted}",
    ),
    "between": Rule(
        "two numbers, the lower one first",
        lambda value: _is_range(value, (int, float)),
        lambda wanted, found: _is("number", found) and bool(wanted[0] <= found <= wanted[1]),
        lambda wanted: f"a number from {shown(wanted[0])} to {shown(wanted[1])}",
    ),
    "length": Rule(
        "two whole numbers, 0 or more, the lower one first",
        lambda value: _is_range(value, int) and value[0] >= 0,
        lambda wanted, found: (
            isinstance(found, str | list | dict) and bool(wanted[0] <= len(found) <= wanted[1])
        ),
        lambda wanted: f"a length from {shown(wanted[0])} to {shown(wanted[1])}",
    ),
    "contains": Rule(
        "a part of a text, or an item of an array",
        lambda _: True,
        _contains,
        lambda wanted: f"what contains {shown(wanted)}",
    ),
    "matches": Rule(
        f"a regular expression of at most {_LONGEST_MATCHED} characters, with at most "
        f"{_MOST_CHOICES} of * + ? | {{m,n}}, no repeated group, lookaround or backreference",
        _is_quick_pattern,
        _matches,
        lambda wanted: f"text of at most {_LONGEST_MATCHED} characters like {shown(wanted)}",
    ),
}
