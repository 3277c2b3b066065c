"""Traffic as it was: a CSV file of requests, and errors, by interval. For `cli.simulate`."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path

from cli.problems import Problem

_COLUMNS = "columns t and requests, and one of errors and error_rate if they are known"
_JITTER = 1e-3  # seconds; times are rounded by who writes them


@dataclass(frozen=True, slots=True)
class Day:
    """Traffic by interval, a day or however long the file is.

    Attributes:
        seconds: of an interval.
        requests: in each.
        errors: among them; None where the file has none.
    """

    seconds: float
    requests: tuple[float, ...]
    errors: tuple[float, ...] | None

    @property
    def per_second(self) -> float:
        """Requests a second, on average."""
        return sum(self.requests) / (self.seconds * len(self.requests))

    @property
    def error_rate(self) -> float | None:
        """Of all requests; None where the file has none."""
        return None if self.errors is None else sum(self.errors) / sum(self.requests)


@dataclass(frozen=True, slots=True)
class _Row:
    """A line, and where it stands."""

    path: Path
    line: int
    cells: Mapping[str | None, str | list[str] | None]

    def problem(self, column: str, got: object, accepted: str) -> Problem:
        """That a cell is not as it may be."""
        return Problem(f"{self.path}:{self.line}: {column}: got {got!r}", f"accepted: {accepted}")

    def number(self, column: str, most: float, accepted: str) -> float:
        """A cell's number, from 0 to `most`."""
        text = self.cells[column]
        try:
            value = float(text) if isinstance(text, str) else float("nan")
        except ValueError:
            value = float("nan")
        if not (isfinite(value) and 0 <= value <= most):
            raise self.problem(column, text, accepted)
        return value

    def time(self) -> float:
        """Seconds since 1970, or since whenever the file counts from."""
        text = str(self.cells["t"])
        try:
            return _seconds(text)
        except ValueError:
            accepted = "seconds, or ISO 8601 such as 2026-01-31T23:59:00Z"
            raise self.problem("t", text, accepted) from None


def read_trace(path: Path) -> Day:
    """The traffic in a file.

    Raises:
        Problem: with file and line: what is wrong with it, and what is accepted.
    """
    rows = list(_rows(path))
    if len(rows) < 2:
        what = f"{path}: got {len(rows)} intervals"
        raise Problem(what, f"accepted: two lines or more below the heading, {_COLUMNS}")
    every = _every(rows)
    counts = [_counts(row) for row in rows]
    requests = tuple(requests for requests, _ in counts)
    if not sum(requests):
        raise Problem(f"{path}: no interval has a request", "name a file with traffic")
    known = "errors" in rows[0].cells or "error_rate" in rows[0].cells
    return Day(every, requests, tuple(errors for _, errors in counts) if known else None)


def _rows(path: Path) -> Iterator[_Row]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            _check_heading(path, tuple(reader.fieldnames or ()))
            for cells in reader:
                row = _Row(path, reader.line_num, cells)
                if None in cells or None in cells.values():
                    raise row.problem("columns", _joined(cells), "as many as the heading has")
                yield row
    except (csv.Error, UnicodeDecodeError) as error:
        raise Problem(f"{path}: {error}", "accepted: comma-separated values in UTF-8") from error


def _joined(cells: Mapping[str | None, str | list[str] | None]) -> str:
    there = (cell for cell in cells.values() if cell is not None)
    return ",".join(",".join(cell) if isinstance(cell, list) else cell for cell in there)


def _check_heading(path: Path, columns: tuple[str, ...]) -> None:
    known = {"t", "requests", "errors", "error_rate"}
    right = {"t", "requests"} <= set(columns) <= known and len(set(columns)) == len(columns)
    if not right or {"errors", "error_rate"} <= set(columns):
        raise Problem(f"{path}:1: got {','.join(columns)!r}", f"accepted: {_COLUMNS}")


def _every(rows: list[_Row]) -> float:
    """Seconds between two lines, which must be the same throughout."""
    times = [row.time() for row in rows]
    every = times[1] - times[0]
    for row, before, time in zip(rows[1:], times, times[1:], strict=False):
        if time <= before:
            raise row.problem("t", row.cells["t"], "a time after that of the line before")
        if abs(time - before - every) > _JITTER:
            accepted = (
                f"{every:g} s after the line before, as between the first two; "
                "write an interval without requests as 0"
            )
            raise row.problem("t", row.cells["t"], accepted)
    return every


def _counts(row: _Row) -> tuple[float, float]:
    """Requests and errors of a line."""
    requests = row.number("requests", 1e12, "a number, 0 or more")
    if "error_rate" in row.cells:
        return requests, requests * row.number("error_rate", 1.0, "a share, 0 to 1")
    if "errors" in row.cells:
        return requests, row.number("errors", requests, f"0 to the line's requests, {requests:g}")
    return requests, 0.0


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        when = datetime.fromisoformat(text.strip())
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    if not isfinite(value):
        raise ValueError(text)
    return value
