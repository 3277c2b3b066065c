"""cli/simulating/trace.py: traffic from a CSV file, and what is told of a line that is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.problems import Problem
from cli.simulating.trace import Day, read_trace


def read(folder: Path, text: str) -> Day:
    """A file that a user wrote."""
    path = folder / "day.csv"
    path.write_text(text)
    return read_trace(path)


def test_seconds_and_iso_times_say_the_same(tmp_path: Path) -> None:
    seconds = read(tmp_path, "t,requests\n1767225600,30\n1767225660,90\n")
    iso = read(tmp_path, "t,requests\n2026-01-01T00:00:00Z,30\n2026-01-01T01:01:00+01:00,90\n")
    assert seconds == iso == Day(60.0, (30.0, 90.0), None)
    assert (seconds.per_second, seconds.error_rate) == (1.0, None)


def test_errors_and_error_rate_say_the_same(tmp_path: Path) -> None:
    counted = read(tmp_path, "errors,t,requests\n3,0,30\n0,60,90\n")
    rated = read(tmp_path, "t,requests,error_rate\n0,30,0.1\n60,90,0\n")
    assert counted == rated
    assert counted.error_rate == 3 / 120


def test_byte_order_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufefft,requests\r\n0,1\r\n10,2\r\n").requests == (1.0, 2.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "day.csv:1: got ''; accepted: columns t and requests"),
        ("t,request\n0,1\n", "day.csv:1: got 't,request'; accepted: columns t and requests"),
        ("t,requests,errors,error_rate\n", "and one of errors and error_rate"),
        ("t,requests\n0,1\n", "got 1 intervals; accepted: two lines or more"),
        ("t,requests\n0,1\n60\n", "day.csv:3: columns: got '60'; accepted: as many as"),
        ("t,requests\n0,1\n60,1,2\n", "day.csv:3: columns: got '60,1,2'; accepted: as many"),
        ("t,requests\n0,1\nnoon,1\n", "day.csv:3: t: got 'noon'; accepted: seconds, or ISO 8601"),
        ("t,requests\n0,1\nnan,1\n", "day.csv:3: t: got 'nan'"),
        ("t,requests\n0,1\n0,1\n", "day.csv:3: t: got '0'; accepted: a time after that of"),
        ("t,requests\n0,1\n60,1\n180,1\n", "day.csv:4: t: got '180'; accepted: 60 s after"),
        ("t,requests\n0,1\n60,-1\n", "day.csv:3: requests: got '-1'; accepted: a number, 0 or"),
        ("t,requests\n0,1\n60,many\n", "day.csv:3: requests: got 'many'"),
        ("t,requests\n0,0\n60,0\n", "no interval has a request"),
        ("t,requests,errors\n0,1,0\n60,1,2\n", "day.csv:3: errors: got '2'; accepted: 0 to"),
        ("t,requests,error_rate\n0,1,0\n60,1,2\n", "day.csv:3: error_rate: got '2'; accepted: a"),
    ],
)
def test_mistake_names_line_column_value_and_what_is_accepted(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(Problem) as raised:
        read(tmp_path, text)
    assert said in str(raised.value)


def test_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_bytes(b"t,requests\n0,\xff\n")
    with pytest.raises(Problem, match="accepted: comma-separated values in UTF-8"):
        read_trace(path)
