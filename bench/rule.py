"""What a rule is: it looks at batch after batch and asks for a rollback; for bench and cli."""

from __future__ import annotations

from typing import Protocol

from bench.counts import Bools, Look


class Watch(Protocol):
    """One rule at work on many independent runs."""

    def rolls_back(self, look: Look) -> Bools:
        """Whether the rule asks for a rollback at this look, (runs,)."""
        ...

    def keep(self, which: Bools) -> None:
        """Go on with these runs only: the others are settled."""
        ...


class Rule(Protocol):
    """A way to tell whether a canary is worse than stable, with its settings."""

    @property
    def name(self) -> str:
        """As the tables show it."""
        ...

    def begin(self, runs: int) -> Watch:
        """A fresh watch over so many independent runs."""
        ...
