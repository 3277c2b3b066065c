"""Where invariants are listed, and what they may look at. For `tests/faults/invariants`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tests.faults.history import Change, Entry
    from tests.faults.invariants.checks import Checks

Occasion = Literal["entry", "change", "fleet", "end"]


@dataclass(frozen=True, slots=True)
class Moment:
    """What just happened; the run so far is `checks.run`.

    Attributes:
        entry, change: the newest, where the moment is one.
        before: the entry before the newest.
    """

    checks: Checks
    entry: Entry | None = None
    before: Entry | None = None
    change: Change | None = None


Rule = Callable[[Moment], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Invariant:
    """A promise: its number in the design, its name, when it is asked, and how."""

    number: int
    name: str
    at: Occasion
    rule: Rule


INVARIANTS: list[Invariant] = []


def invariant(number: int, at: Occasion) -> Callable[[Rule], Rule]:
    """List a function as an invariant; what it yields is what is broken, in words."""

    def listed(rule: Rule) -> Rule:
        INVARIANTS.append(Invariant(number, rule.__name__.replace("_", " "), at, rule))
        return rule

    return listed
