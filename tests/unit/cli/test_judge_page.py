"""docs/judge.md and `--help`: their examples do what they say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from cli.judging.shape import line_of
from cli.main import app
from tests.unit.cli.judged import LINE, judged, written

PAGE = (Path(__file__).parents[3] / "docs/judge.md").read_text()


def block(kind: str, number: int = 0) -> str:
    """A block of the page between fences."""
    found = re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return str(found[number])


def rounded(value: Any) -> Any:
    """As the page has figures: two digits after the point."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return round(value, 2) if isinstance(value, float) else value


def test_example_of_the_page_is_answered_as_it_says(tmp_path: Path) -> None:
    lines = block("json").splitlines()
    run = judged(list(lines), "--policy", written(tmp_path, block("yaml")))
    assert [one["verdict"] for one in run.verdicts] == ["INCONCLUSIVE", "WORSE"]
    assert rounded(run.last) == json.loads(block("json", 1))


def test_lines_of_the_page_keep_to_the_schema() -> None:
    for text in block("json").splitlines():
        LINE.validate(json.loads(text))


def test_mistake_of_the_page_is_told_as_it_says(tmp_path: Path) -> None:
    first, second = block("json").splitlines()
    mistyped = second.replace('"errors"', '"eror"', 1)
    run = judged([first, mistyped], "--policy", written(tmp_path, block("yaml")))
    assert (run.code, run.said) == (2, " ".join(block("console").split()))


def test_example_of_the_help_is_a_line() -> None:
    command = next(one for one in app.registered_commands if one.name == "judge")
    assert command.help is not None
    example = json.loads(command.help.split("\b\n")[1].split("\n\n")[0])
    line_of(example)
    LINE.validate(example)
