"""Golden requests are read strictly, and no answer whatever makes judging fail."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from steelyard.errors import InvalidGolden
from steelyard.rollout.golden import (
    LARGEST_ANSWER,
    LONGEST,
    LONGEST_WHY,
    Golden,
    judge_answer,
    read_golden,
)

ASKED: dict[str, Any] = {
    "name": "adds",
    "request": {"sum": [1, 2]},
    "expect": [
        {"at": "/sum", "equals": 3},
        {"at": "/notes", "length": [0, 5]},
        {"at": "", "type": "object"},
    ],
}


def golden(**changes: Any) -> Golden:
    return read_golden(json.dumps({**ASKED, **changes}))


ADDS = golden()


def judged(answer: object) -> str:
    return judge_answer(ADDS, json.dumps(answer).encode())


def test_right_answer_leaves_nothing_to_say() -> None:
    assert judged({"sum": 3, "notes": [], "more": None}) == ""


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"sum": 4, "notes": []}, "expected 3 at /sum, got 4"),
        ({"notes": []}, "expected 3 at /sum, got nothing"),
        ({"sum": 3, "notes": [0] * 9}, "expected a length from 0 to 5 at /notes, got [0, 0, 0"),
        ("sum", "expected 3 at /sum, got nothing"),
    ],
)
def test_wrong_answer_is_told_by_what_was_expected_and_what_came(answer: object, why: str) -> None:
    assert judged(answer).startswith(why)


def test_whole_answer_is_named_by_no_place() -> None:
    only = golden(expect=[{"at": "", "equals": {"a": 1}}])
    assert judge_answer(only, b'{"a": 2}') == 'expected {"a": 1}, got {"a": 2}'


@pytest.mark.parametrize(
    ("body", "got"),
    [
        (b"", '""'),
        (b"<html>", '"<html>"'),
        (b'{"sum": 3', '"{\\"sum\\": 3"'),
        (b"\xff\xfe{}", '"\\ufffd\\ufffd{}"'),
        (b'{"sum": NaN}', '"{\\"sum\\": NaN}"'),
        (b"9" * 5000, '"9999'),
    ],
    ids=["empty", "html", "cut", "bytes", "nan", "digits"],
)
def test_what_is_no_json_is_wrong_and_shown(body: bytes, got: str) -> None:
    assert judge_answer(ADDS, body).startswith(f"expected JSON in UTF-8, got {got}")


@pytest.mark.parametrize("opening", [b"[", b'{"sum":'])
def test_answer_nested_beyond_all_measure_is_wrong(opening: bytes) -> None:
    for depth in (90, 900, 100_000):
        closing = b"]" if opening == b"[" else b"}"
        for body in (opening * depth, opening * depth + b"0" + closing * depth):
            assert judge_answer(ADDS, body).startswith("expected ")


def test_huge_answer_is_wrong_without_being_read() -> None:
    assert judge_answer(ADDS, b" " * (LARGEST_ANSWER + 1)) == (
        "expected an answer of at most 1048576 bytes, got more"
    )


def test_long_wants_and_long_answers_are_told_in_few_characters() -> None:
    place = "/" + "a" * 99
    only = golden(expect=[{"at": place, "matches": "b" * 199}])
    why = judge_answer(only, json.dumps({"a" * 99: "\u00e9\ud800" * 10_000}).encode())
    assert why.startswith('expected text of at most 200 characters like "bbb')
    assert ', got "\\u00e9\\ud800' in why
    assert len(why) == LONGEST_WHY
    assert why.isascii()


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode()))
@example(b'{"sum": 1e999, "notes": {}}')
@example(b'"\\ud800"')
def test_judging_never_raises_and_never_says_much(body: bytes) -> None:
    every = golden(
        expect=[
            {"at": "", "type": "object"},
            {"at": "/sum", "between": [0, 9]},
            {"at": "/sum", "matches": "[a-z]*"},
            {"at": "/notes", "contains": {"a": []}},
        ]
    )
    for one in (ADDS, every):
        assert len(judge_answer(one, body)) <= LONGEST_WHY


def test_request_is_read_as_written_and_sent_as_json_in_ascii() -> None:
    read = golden(request={"text": "na\u00efve \ud800"})
    assert read.name == "adds"
    assert read.body == '{"text": "na\\u00efve \\ud800"}'
    assert read.content_type == "application/json"
    assert [e.rule for e in read.expect] == ["equals", "length", "type"]


def test_request_of_another_type_is_sent_as_it_is() -> None:
    read = golden(content_type="text/csv", request="1,2\n3,\u00e9\n")
    assert (read.body, read.content_type) == ("1,2\n3,\u00e9\n", "text/csv")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "Adds"}, 'name: got "Adds", accepted: lower-case letters'),
        ({"name": "a" * 41}, 'name: got "aaa'),
        ({"name": 5}, "name: got 5"),
        ({"nmae": 5}, "nmae: unknown key, accepted: name, request, content_type, expect"),
        ({"content_type": "csv"}, 'content_type: got "csv", accepted: such as text/csv'),
        ({"content_type": "a/b\r\nc: d"}, 'content_type: got "a/b\\r\\nc: d"'),
        ({"content_type": "text/csv"}, 'request: got {"sum": [1, 2]}, accepted: text, as text/csv'),
        ({"content_type": "text/csv", "request": "\ud800"}, 'request: got "\\ud800"'),
        ({"expect": []}, "expect: got [], accepted: a list of 1 to 20 expectations"),
        ({"expect": {"at": ""}}, 'expect: got {"at": ""}'),
        ({"expect": [{"at": "", "type": "null"}] * 21}, 'expect: got [{"at": "",'),
        ({"expect": [5]}, "expect[0]: got 5, accepted: an object with at, equals"),
        ({"expect": [{"at": ""}]}, "expect[0]: got no rule, accepted: one of equals, one_of, type"),
        (
            {"expect": [{"at": "", "type": "null", "equals": 1}]},
            "expect[0]: got type and equals, accepted: one of equals",
        ),
        ({"expect": [{"equals": 1}]}, "expect[0].at: missing, accepted: an object with at"),
        ({"expect": [{"at": "", "is": 1}]}, "expect[0].is: unknown key, accepted: at, equals"),
        ({"expect": [{"at": "x", "equals": 1}]}, 'expect[0].at: got "x", accepted: the empty'),
        ({"expect": [{"at": "", "between": 1}]}, "expect[0].between: got 1, accepted: two numbers"),
    ],
)
def test_what_cant_be_asked_or_judged_is_refused_by_key_and_value(
    changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidGolden) as refused:
        golden(**changes)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON: Expecting value (column 1)"),
        ('{"name": }', "not JSON: Expecting value (column 10)"),
        ("[1]", "got [1], accepted: an object with name, request"),
        ("{}", "name: missing, accepted: an object with name, request, expect"),
        ('{"request": NaN}', "not JSON: NaN is no number"),
        ('{"request": {"a": 1, "a": 2}}', "a: given twice, accepted: once"),
        ("[" * 3000, "nested too deep"),
        (" " * (LONGEST + 1), f"got {LONGEST + 1} characters, accepted: at most {LONGEST}"),
    ],
    ids=["empty", "syntax", "array", "no-keys", "nan", "twice", "deep", "long"],
)
def test_line_that_is_no_golden_request_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidGolden) as refused:
        read_golden(text)
    assert str(refused.value).startswith(said)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(InvalidGolden):
        read_golden(text)
