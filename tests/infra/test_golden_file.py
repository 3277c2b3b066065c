"""Golden requests are checked at synth, line by line, and deployed as they were written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.errors import InvalidModelFile
from infra.model_file import ModelFile, load_model
from steelyard.rollout.golden import LONGEST, read_golden
from tests.infra.in_process import built, of_type, templates

FILE = """name: chat
description: Talks.
golden: golden.jsonl
alarms:
  p99_latency: 2s
"""
IMAGE = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/steelyard/chat@sha256:{'a' * 64}"


def request(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A golden request."""
    expect = [{"at": "/text", "equals": "Hello."}]
    return {"name": f"greets-{number}", "request": {"text": "Hi."}, "expect": expect, **changes}


def lines(*requests: dict[str, Any] | str) -> str:
    """A file with these requests, or lines, as a person would write it."""
    written = (r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in requests)
    return "".join(f"{line}\n" for line in written)


def load(folder: Path, golden: str | bytes, yaml: str = FILE) -> ModelFile:
    """A model whose golden file has this content."""
    (folder / "chat").mkdir(exist_ok=True)
    (folder / "chat/model.yaml").write_text(yaml)
    content = golden if isinstance(golden, bytes) else golden.encode()
    (folder / "chat/golden.jsonl").write_bytes(content)
    return load_model(folder / "chat")


def refusal(folder: Path, golden: str | bytes) -> list[str]:
    """The lines that it is refused with, from the line number on."""
    with pytest.raises(InvalidModelFile) as refused:
        load(folder, golden)
    file = folder / "chat/golden.jsonl"
    return [line.removeprefix(f"{file}:") for line in str(refused.value).splitlines()]


def test_requests_are_those_of_the_file_in_its_order(tmp_path: Path) -> None:
    model = load(tmp_path, lines(request(2), "", "  \r", request(1)))
    assert [json.loads(text) for text in model.golden_requests] == [request(2), request(1)]


def test_model_that_names_no_file_has_no_golden_requests(tmp_path: Path) -> None:
    assert load(tmp_path, "nonsense", FILE.replace("golden: golden.jsonl\n", "")).golden is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "2: not JSON: Expecting property name"),
        ("[]", "2: got [], accepted: an object with name, request"),
        ('{"name": "a"} {"name": "b"}', "2: not JSON: Extra data (column 15)"),
        (lines(request(expect=[])), "2: expect: got [], accepted: a list of 1 to 20 expectations"),
        ('{"name": "a", "request": 1}', "2: expect: missing, accepted: an object with name"),
        (lines(request(1)), '2: name: got "greets-1" again, accepted: each name once'),
        (lines(request(nmae=1)), "2: nmae: unknown key, accepted: name, request, content_type"),
        (
            lines(request(expect=[{"at": "/a", "between": [9, 1]}])),
            "2: expect[0].between: got [9, 1], accepted: two numbers, the lower one first",
        ),
        (
            lines(request(2, request="a" * LONGEST)),
            f"2: got {LONGEST + 84} characters, accepted: at most {LONGEST}",
        ),
    ],
)
def test_line_that_is_no_golden_request_is_named_with_what_is_accepted(
    tmp_path: Path, line: str, said: str
) -> None:
    (told,) = refusal(tmp_path, lines(request(1), line))
    assert told.startswith(said)


def test_request_that_grows_too_long_by_its_escapes_is_refused(tmp_path: Path) -> None:
    (told,) = refusal(tmp_path, lines(request(request="\u00e9" * 1000)))
    assert told == f"1: got 6076 characters, accepted: at most {LONGEST}"


def test_all_problems_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    told = refusal(tmp_path, lines("{", request(1), request(2, name="B"), request(1)))
    assert [line.split(": ")[:2] for line in told] == [
        ["1", "not JSON"],
        ["3", "name"],
        ["4", "name"],
    ]


@pytest.mark.parametrize("number", [0, 21])
def test_none_or_too_many_are_refused(tmp_path: Path, number: int) -> None:
    golden = lines(*(request(n) for n in range(number)))
    assert refusal(tmp_path, golden) == [f" got {number} golden requests, accepted: 1 to 20"]


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    load(tmp_path, lines(request()))
    (tmp_path / "chat/golden.jsonl").unlink()
    with pytest.raises(InvalidModelFile, match=r"golden\.jsonl: No such file or directory, acc"):
        load_model(tmp_path / "chat")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\n", " not UTF-8: byte 0: invalid start byte"),
        (b" " * 300_000, " got 300000 bytes, accepted: at most 262144"),
    ],
    ids=["utf-16", "huge"],
)
def test_file_that_is_no_text_or_far_too_large_is_refused(
    tmp_path: Path, content: bytes, said: str
) -> None:
    assert refusal(tmp_path, content) == [said]


@pytest.mark.parametrize("name", ["../golden.jsonl", "/etc/passwd", "a/b.jsonl", "", "."])
def test_file_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidModelFile, match=r"3: golden: got .*, accepted: the name of a file"):
        load(tmp_path, lines(request()), FILE.replace("golden.jsonl", f"'{name}'"))


def test_one_parameter_each_holds_what_the_reconciler_reads_back(tmp_path: Path) -> None:
    tricky = "a {{resolve:ssm:/x}} \u2028 {{{\u00e9 ${AWS::Region}"
    requests = [request(1), request(2, request={"a": {"text": tricky}})]
    load(tmp_path, lines(*requests))
    found = templates(built(tmp_path, environment="dev", images={"chat": IMAGE}))["rollout"]
    parameters = {
        p["Properties"]["Name"]: p["Properties"] for p in of_type(found, "AWS::SSM::Parameter")
    }
    path = "/steelyard/dev/models/dev-chat"
    assert sorted(parameters) == [path, f"{path}/golden/01", f"{path}/golden/02"]
    settings = parameters.pop(path)["Value"]
    assert {"path": f"{path}/golden", "count": 2} == json.loads(_text(settings))["golden"]
    values = [str(parameters[name]["Value"]) for name in sorted(parameters)]
    assert [json.loads(value) for value in values] == requests
    assert [read_golden(value).name for value in values] == ["greets-1", "greets-2"]
    for value in values:
        assert "{{" not in value  # SSM refuses it, CloudFormation would fill it in
        assert value.isascii()
        assert len(value) <= LONGEST


def _text(value: Any) -> str:
    """A value with its references left out."""
    if isinstance(value, str):
        return value
    return "".join(part if isinstance(part, str) else "-" for part in value["Fn::Join"][1])
