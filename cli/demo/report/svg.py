"""Writes SVG elements as text. For the report only."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

Point = tuple[float, float]


def element(name: str, *children: str, **attributes: object) -> str:
    """One element; children are finished SVG, attribute values are escaped here.

    An underscore in an attribute's name stands for a hyphen; `class_` is `class`.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_plain(value))}"'
        for key, value in attributes.items()
    )
    inner = "".join(children)
    return f"<{name}{given}>{inner}</{name}>" if inner else f"<{name}{given}/>"


def label(words: str, x: float, y: float, class_: str = "", anchor: str = "start") -> str:
    """A piece of text, with its baseline at `y`."""
    return element("text", escape(words), x=x, y=y, class_=class_, text_anchor=anchor)


def line(start: Point, end: Point, class_: str) -> str:
    """A straight line."""
    return element("line", x1=start[0], y1=start[1], x2=end[0], y2=end[1], class_=class_)


def polyline(points: Iterable[Point], class_: str) -> str:
    """An open line through `points`."""
    return element("polyline", points=_coordinates(points), class_=class_)


def polygon(points: Iterable[Point], class_: str) -> str:
    """A filled shape."""
    return element("polygon", points=_coordinates(points), class_=class_)


def _coordinates(points: Iterable[Point]) -> str:
    return " ".join(f"{_plain(x)},{_plain(y)}" for x, y in points)


def _plain(value: object) -> str:
    """Numbers to a tenth of a pixel: more only makes the page bigger."""
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
