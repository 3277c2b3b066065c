"""Puts figures into words, one way everywhere. For the report only."""

from __future__ import annotations

from datetime import datetime, timedelta

SPACE = "\N{NO-BREAK SPACE}"
NOTHING = "\N{EN DASH}"  # in place of a figure or a name that there isn't


def percent(value: float) -> str:
    """A percentage to three figures, more or less: 0 %, 0.42 %, 5 %, 25.4 %."""
    digits = 2 if 0 < value < 1 else 1
    return f"{value:.{digits}f}".removesuffix(".0") + f"{SPACE}%"


def count(value: int) -> str:
    """A whole number with thousands set apart."""
    return f"{value:,}"


def milliseconds(value: float | None) -> str:
    """A latency, or a dash where none was measured."""
    return NOTHING if value is None else f"{value:.1f}{SPACE}ms"


def duration(value: timedelta) -> str:
    """How long: 45 s, 3 min 10 s, 24 min, 1 h 5 min."""
    seconds = round(value.total_seconds())
    hours, minutes = divmod(seconds // 60, 60)
    if hours:
        parts = [f"{hours}{SPACE}h", f"{minutes}{SPACE}min" if minutes else ""]
    else:
        rest = seconds % 60
        left = f"{rest}{SPACE}s" if (rest and minutes < 10) or not minutes else ""
        parts = [f"{minutes}{SPACE}min" if minutes else "", left]
    return SPACE.join(part for part in parts if part)


def clock(at: datetime) -> str:
    """A time of day."""
    return f"{at:%H:%M:%S}"


def plain(name: str | None) -> str:
    """A phase or a decision as people say it: rolled back."""
    return NOTHING if name is None else name.lower().replace("_", " ")


def counted(number: int, noun: str) -> str:
    """`1 request`, `2 requests`."""
    return f"{count(number)}{SPACE}{noun}" + ("" if number == 1 else "s")
