"""cli/judging/reading.py: lines of whoever wrote them, one at a time, however large."""

from __future__ import annotations

import io
from typing import Any

import pytest

from cli.judging.reading import LONGEST, BadLine, lines, read_object


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\n", "got an empty line, accepted: one JSON object"),
        (b"{nope\n", 'got "{nope", accepted: one JSON object'),
        (b"[1]\n", "got an array, accepted: one JSON object"),
        (b'{"t": 1, "t": 2}\n', "t: got it twice, accepted: each key once"),
        (b'{"t": NaN}\n', "got NaN, accepted: numbers as JSON has them"),
        (b'{"t": -Infinity}\n', "got -Infinity, accepted: numbers"),
        (b'{"t": "\xff"}\n', "got byte 0xff at 8, accepted: UTF-8"),
        (b'\xef\xbb\xbf{"t": 1}\n', "accepted: one JSON object"),
        (b'{"t": ' + b"9" * 5000 + b"}\n", "accepted: one JSON object"),
        (b"[" * 100_000, "accepted: one JSON object"),
        (b" " * LONGEST + b"{}\n", f"got more than {LONGEST} bytes, accepted: one JSON object"),
    ],
)
def test_text_that_is_no_object_is_refused(raw: bytes, said: str) -> None:
    with pytest.raises(BadLine) as refused:
        read_object(raw)
    assert said in str(refused.value)
    assert len(str(refused.value)) < 300


def test_giant_line_is_cut_off_and_the_next_one_keeps_its_number() -> None:
    stream = io.BytesIO(b"a" * (3 * LONGEST) + b"\n{}\n" + b"b" * LONGEST)
    found = [(number, len(raw)) for number, raw in lines(stream)]
    assert found == [(1, LONGEST + 1), (2, 3), (3, LONGEST)]


def test_giant_line_is_refused_before_its_end_comes() -> None:
    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            buffer[:] = b"a" * len(buffer)
            return len(buffer)

    number, raw = next(lines(io.BufferedReader(Endless())))
    assert (number, len(raw)) == (1, LONGEST + 1)
