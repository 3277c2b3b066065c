"""Each rule holds for what it names and for nothing else; no expression can keep us busy."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.errors import InvalidGolden
from steelyard.rollout.expectation import RULES, Expectation, shown

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def expect(rule: str, wanted: Any, at: str = "") -> Expectation:
    return Expectation(at, rule, wanted)


@pytest.mark.parametrize(
    ("rule", "wanted", "met", "unmet"),
    [
        ("equals", 1, [1, 1.0], [True, "1", 2, None, [1]]),
        ("equals", True, [True], [1, 1.0, "true", False]),
        ("equals", {"a": [1, {}]}, [{"a": [1.0, {}]}], [{"a": [True, {}]}, {"a": [1]}, {}, []]),
        ("equals", [], [[]], [{}, "", None, [[]]]),
        ("one_of", ["a", 1], ["a", 1.0], ["b", True, ["a"]]),
        ("type", "number", [0, -1.5], [True, "0", None]),
        ("type", "boolean", [True, False], [0, 1, "true"]),
        ("type", "null", [None], [0, "", []]),
        ("type", "array", [[], [1]], [{}, "[]"]),
        ("type", "object", [{}], [[], "{}"]),
        ("type", "string", ["", "a"], [1, None]),
        ("between", [0, 1], [0, 0.5, 1], [-0.1, 1.1, True, "0.5", float("inf"), None]),
        ("length", [1, 2], ["a", "ab", [0], {"a": 1}], ["", "abc", [], 1, None]),
        ("contains", "b", ["abc", "b", ["a", "b"]], ["ac", ["abc"], {"b": 1}, None]),
        ("contains", 1, [[0, 1.0]], ["1", [True], []]),
        ("matches", "[a-z]+", ["abc"], ["abc1", "", " abc", "a" * 201, 5, None]),
        ("matches", "a.c", ["abc"], ["a\nc", "abc\n"]),
        ("matches", r"(yes|no)\.?", ["yes", "no."], ["maybe", "yesno"]),
    ],
)
def test_rule_holds_for_what_it_names_alone(
    rule: str, wanted: Any, met: list[Any], unmet: list[Any]
) -> None:
    assert [value for value in met if expect(rule, wanted).unmet_by(value)] == []
    assert [value for value in unmet if not expect(rule, wanted).unmet_by(value)] == []


@pytest.mark.parametrize(
    ("at", "found"),
    [("", True), ("/a", True), ("/a/1", True), ("/a/1/x~1y", True), ("/a/1/~0", True), ("/", True),
     ("/b", False), ("/a/2", False), ("/a/-1", False), ("/a/01", False), ("/a/-", False),
     ("/a/1/x", False), ("/a/0/0", False), ("/a/\u0661", False), ("/a/99999999999", False)],
)  # fmt: skip
def test_pointer_finds_the_place_as_its_standard_says(at: str, found: bool) -> None:  # noqa: FBT001
    answer = {"a": [1, {"x/y": 2, "~": 3}], "": 4}
    why = expect("one_of", [answer, answer["a"], answer["a"], 1, {"x/y": 2, "~": 3}, 2, 3, 4], at)
    said = why.unmet_by(answer)
    assert said.endswith(", got nothing") is not found


@pytest.mark.parametrize(
    ("at", "rule", "wanted", "said"),
    [
        ("a", "equals", 1, 'at: got "a", accepted: the empty text ""'),
        ("/a~2", "equals", 1, 'at: got "/a~2"'),
        ("/" + "a" * 100, "equals", 1, 'at: got "/aaa'),
        (7, "equals", 1, "at: got 7"),
        ("", "one_of", [], "one_of: got [], accepted: a list of 1 to 20 JSON values"),
        ("", "type", "int", 'type: got "int", accepted: object, array, string, boolean, number'),
        ("", "type", ["null"], 'type: got ["null"]'),
        ("", "between", [2, 1], "between: got [2, 1], accepted: two numbers, the lower one first"),
        ("", "between", [0, True], "between: got [0, true]"),
        ("", "between", 5, "between: got 5"),
        ("", "length", [-1, 2], "length: got [-1, 2], accepted: two whole numbers, 0 or more"),
        ("", "length", [1.5, 2], "length: got [1.5, 2]"),
        ("", "length", [1, 2, 3], "length: got [1, 2, 3]"),
        ("", "matches", "[a", 'matches: got "[a", accepted: a regular expression of at most 200'),
    ],
)
def test_what_no_rule_can_be_about_is_refused_by_name(
    at: Any, rule: str, wanted: Any, said: str
) -> None:
    with pytest.raises(InvalidGolden) as refused:
        Expectation(at, rule, wanted)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+", "(a|a)*", "(?:a?){9}", r"(a)\1", "(?=a)a", "(?i)a", "(?P<n>a)", "a*a*a*a*",
     "a?b?c?d?", "a*?b", "a**", "a|b|c|d|e", "a" * 201, "a{99999999999}", 5, None],
)  # fmt: skip
def test_expression_that_may_take_long_or_is_none_is_refused(pattern: object) -> None:
    with pytest.raises(InvalidGolden, match=r"^matches: got "):
        expect("matches", pattern)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"[0-9]{4}-[0-9]{2}", "2026-03"),
        (r"\{[^]\\]*\}", "{abc}"),
        (r"[]a]+", "]a]"),
        ("(?:a|b)c{1,3}", "bcc"),
        (r"\w+ \w+\.?", "Hello there."),
        ("", ""),
    ],
)
def test_ordinary_expressions_are_taken(pattern: str, text: str) -> None:
    assert expect("matches", pattern).unmet_by(text) == ""


@pytest.mark.timeout(20)
@pytest.mark.parametrize("pattern", [".*.*.*[xy]", "a{0,200}a{0,200}a*[xy]", "[ab]*a*(a|a)x"])
def test_worst_accepted_expressions_come_to_an_end(pattern: str) -> None:
    assert expect("matches", pattern).unmet_by("a" * 200) != ""


@given(JSON)
def test_any_value_equals_itself_and_is_shown_in_few_plain_characters(value: Any) -> None:
    copy = json.loads(json.dumps(value))
    assert expect("equals", value).unmet_by(copy) == ""
    assert len(shown(value)) <= 60
    assert shown(value).isascii()
    assert shown(value).isprintable()


@given(JSON, JSON, st.sampled_from(sorted(RULES)))
def test_rule_takes_a_value_or_refuses_it_and_then_says_right_or_wrong(
    wanted: Any, answer: Any, rule: str
) -> None:
    try:
        expectation = expect(rule, wanted)
    except InvalidGolden as refused:
        assert ", accepted: " in str(refused)  # noqa: PT017
        return
    assert expectation.unmet_by(answer) == "" or ", got " in expectation.unmet_by(answer)
