"""What the console says when something can't be done. For `cli` alone."""

from __future__ import annotations


class Problem(Exception):
    """Something that the user can mend: what is wrong, and what to do about it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy
