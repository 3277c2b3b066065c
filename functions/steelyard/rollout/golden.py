"""Golden requests: what any sane version must answer. Pure; anyone may import it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from steelyard.errors import InvalidGolden
from steelyard.rollout.expectation import RULES, Expectation, clipped, shown

LONGEST = 3584  # characters of one request with all about it; a parameter holds 4096
LONGEST_WHY = 200  # characters: the answers are kept in the ledger
LARGEST_ANSWER = 1024 * 1024  # bytes
_MOST_EXPECTATIONS = 20
_JSON = "application/json"
_KEYS = ("name", "request", "content_type", "expect")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")  # JSON can spell them; UTF-8 can't
_CONTENT_TYPE = re.compile(r"[a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,80}")


@dataclass(frozen=True, slots=True)
class Golden:
    """One request, and what its answer must be like.

    Attributes:
        body: what is sent.
        expect: all of them must be met.
    """

    name: str
    body: str
    content_type: str
    expect: tuple[Expectation, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """How the canary answered one golden request.

    Attributes:
        outcome: `none` is no answer in time, which says nothing about the candidate yet.
        why: what is wrong with it, or why there is none; empty when right.
        seconds: until the answer.
    """

    name: str
    outcome: Literal["right", "wrong", "none"]
    why: str
    seconds: float


def judge_answer(golden: Golden, body: bytes) -> str:
    """What was expected and what came, in at most 200 characters; empty when all is right.

    Never raises, whatever the body is.
    """
    if len(body) > LARGEST_ANSWER:
        return f"expected an answer of at most {LARGEST_ANSWER} bytes, got more"
    try:
        answer = json.loads(body.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        got = shown(body[:LONGEST_WHY].decode("utf-8", "replace"))
        return f"expected JSON in UTF-8, got {got}"
    unmet = (expectation.unmet_by(answer) for expectation in golden.expect)
    return clipped(next(filter(None, unmet), ""), LONGEST_WHY)


def read_golden(text: str) -> Golden:
    """A golden request as the model's folder and its parameter hold it: one JSON object.

    Raises:
        InvalidGolden: anything else; says the key, the value and what is accepted.
    """
    if len(text) > LONGEST:
        raise InvalidGolden(f"got {len(text)} characters, accepted: at most {LONGEST}")
    try:
        data = json.loads(text, parse_constant=_no_number, object_pairs_hook=_without_doubles)
        return _golden(data)
    except RecursionError as error:
        raise InvalidGolden("nested too deep, accepted: a few levels") from error
    except json.JSONDecodeError as error:
        raise InvalidGolden(f"not JSON: {error.msg} (column {error.colno})") from error


def _golden(data: Any) -> Golden:
    _check_keys(data, _KEYS, required=("name", "request", "expect"))
    name, kind = data["name"], data.get("content_type", _JSON)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        accepted = "lower-case letters, digits and hyphens, at most 40 characters"
        raise InvalidGolden(f"name: got {shown(name)}, accepted: {accepted}")
    if not isinstance(kind, str) or not _CONTENT_TYPE.fullmatch(kind):
        raise InvalidGolden(f"content_type: got {shown(kind)}, accepted: such as text/csv")
    return Golden(name, _body(data["request"], kind), kind, _expectations(data["expect"]))


def _body(request: Any, content_type: str) -> str:
    if content_type == _JSON:
        return json.dumps(request)
    if not isinstance(request, str) or _LONE_SURROGATE.search(request):
        raise InvalidGolden(f"request: got {shown(request)}, accepted: text, as {content_type} is")
    return request


def _expectations(data: Any) -> tuple[Expectation, ...]:
    if not isinstance(data, list) or not 1 <= len(data) <= _MOST_EXPECTATIONS:
        accepted = f"a list of 1 to {_MOST_EXPECTATIONS} expectations"
        raise InvalidGolden(f"expect: got {shown(data)}, accepted: {accepted}")
    return tuple(_expectation(one, f"expect[{number}]") for number, one in enumerate(data))


def _expectation(data: Any, key: str) -> Expectation:
    try:
        return _one_rule(data)
    except InvalidGolden as error:
        separator = ": " if str(error).startswith("got ") else "."
        raise InvalidGolden(f"{key}{separator}{error}") from error


def _one_rule(data: Any) -> Expectation:
    _check_keys(data, ("at", *RULES), required=("at",))
    rules = [rule for rule in data if rule != "at"]
    if len(rules) != 1:
        found = " and ".join(rules) or "no rule"
        raise InvalidGolden(f"got {found}, accepted: one of {', '.join(RULES)}")
    return Expectation(data["at"], rules[0], data[rules[0]])


def _check_keys(data: Any, known: tuple[str, ...], *, required: tuple[str, ...]) -> None:
    if not isinstance(data, dict):
        raise InvalidGolden(f"got {shown(data)}, accepted: an object with {', '.join(known)}")
    for key in data:
        if key not in known:
            raise InvalidGolden(f"{clipped(key, 40)}: unknown key, accepted: {', '.join(known)}")
    for key in required:
        if key not in data:
            raise InvalidGolden(f"{key}: missing, accepted: an object with {', '.join(required)}")


def _without_doubles(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise InvalidGolden(f"{clipped(twice, 40)}: given twice, accepted: once")
    return found


def _no_number(word: str) -> NoReturn:
    raise InvalidGolden(f"not JSON: {word} is no number")
