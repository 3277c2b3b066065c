"""Writes HTML tables as text. For the report only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], class_: str = "plain"
) -> str:
    """A table of plain words.

    Its roles are spelled out: phones show rows as blocks, and browsers then forget that they
    are rows.
    """
    head = "".join(f'<th scope="col" role="columnheader">{escape(name)}</th>' for name in heads)
    body = "".join(f'<tr role="row">{_cells(heads, row)}</tr>' for row in rows)
    return (
        f'<div class="scroll"><table class="{class_}" role="table">'
        f"<caption>{escape(caption)}</caption>"
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody></table></div>'
    )


def details(summary: str, content: str) -> str:
    """Something to open when wanted."""
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


def _cells(heads: Sequence[str], row: Sequence[str]) -> str:
    return "".join(
        f'<td role="cell" data-head="{escape(head)}">{escape(cell)}</td>'
        for head, cell in zip(heads, row, strict=True)
    )
