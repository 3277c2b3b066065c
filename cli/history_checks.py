"""Whether a ledger is what was written and decided. Pure; for `cli/history*.py` alone.

Four checks of every entry: its place, its hash and that of the one before it, its archived copy,
and the machine's own decision about what was seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isclose
from typing import Any

from cli.past import event_of
from steelyard.aws.ledger import GENESIS, Entry, entry_of, state_of
from steelyard.codec import encode
from steelyard.errors import IllegalTransition, SteelyardError
from steelyard.rollout.machine import step

LATE = timedelta(hours=1)
"""After it, an entry should have been archived."""
CHECKS = ("versions", "chain", "archive", "replay")
Item = dict[str, Any]
_ROUNDING = 1e-6  # evidence is added up in another order by another Python
_UNREADABLE = (KeyError, ValueError, TypeError, OverflowError, RecursionError)
_LONGEST = 120  # characters of a value that is shown


@dataclass(frozen=True, slots=True)
class Kept:
    """What the archive has under one version.

    Attributes:
        item: the copy that was there first.
        others: how many copies or delete markers came over it; 0 unless somebody meddled.
    """

    item: Item
    others: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """One entry that is not as it should be: in which check, what differs, what it means."""

    version: int
    check: str
    what: str
    means: str


@dataclass(frozen=True, slots=True)
class Records:
    """One endpoint's ledger and archive.

    Attributes:
        items: as the table has them, oldest first.
        archive: by version; None: no archive is deployed.
        now: when they were read.
    """

    items: Sequence[Item]
    archive: Mapping[int, Kept] | None
    now: datetime

    def failures(self) -> list[Failure]:
        """All that is wrong, by version, and of one version in the order of the checks."""
        found = [*self._missing(), *(one for n in range(len(self.items)) for one in self._of(n))]
        return sorted(found, key=lambda one: (one.version, CHECKS.index(one.check)))

    def waiting(self) -> int:
        """How many of the last entries are not archived yet."""
        if self.archive is None:
            return 0
        last = max(self.archive, default=0)
        return sum(version_of(item) > last for item in self.items)

    def _missing(self) -> Iterator[Failure]:
        there = {version_of(item) for item in self.items}
        archive = self.archive or {}
        for version in range(1, max([0, *there, *archive]) + 1):
            if version not in there:
                means = "removed from the table" + (
                    "; the archive has it"
                    if version in archive
                    else ", and no copy says what it was"
                )
                yield Failure(version, "versions", "it is not in the table", means)

    def _of(self, number: int) -> Iterator[Failure]:
        item, version = self.items[number], version_of(self.items[number])
        entry = parsed(item)
        if entry is None:
            yield Failure(
                version, "chain", "it is no entry of a ledger", self._meaning(version, item)
            )
            return
        follows = number > 0 and version_of(self.items[number - 1]) == version - 1
        before = parsed(self.items[number - 1]) if follows else None
        if what := _broken(entry, before):
            yield Failure(version, "chain", what, self._meaning(version, item))
        yield from self._archived(version, item, entry.at)
        if (before is not None or version == 1) and (what := _decided_otherwise(before, entry)):
            means = "decided by another version of Steelyard, or written by somebody else"
            yield Failure(version, "replay", what, means)

    def _archived(self, version: int, item: Item, at: datetime) -> Iterator[Failure]:
        if self.archive is None:
            return
        kept = self.archive.get(version)
        if kept is None:
            if version < max(self.archive, default=0):
                yield Failure(version, "archive", "it has no copy", "removed from the archive")
            elif self.now - at > LATE:
                means = "the archive's function has failed for an hour; see its log"
                yield Failure(version, "archive", f"no copy since {at:%m-%d %H:%M}", means)
            return
        if kept.item != item:
            what = _items_differ(item, kept.item)
            yield Failure(version, "archive", what, self._meaning(version, item))
        if kept.others:
            what = f"{kept.others} more copies or delete markers lie over the first one"
            yield Failure(
                version, "archive", what, "changed in the archive; the first copy is left"
            )

    def _meaning(self, version: int, item: Item) -> str:
        """Which of table and archive was changed, as far as hashes tell."""
        kept = (self.archive or {}).get(version)
        if kept is None:
            return "changed in the table; no archived copy says what it was"
        if kept.item == item:
            return "appended like this, and not by Steelyard"
        copy, entry = parsed(kept.item), parsed(item)
        if copy is None or not copy.is_whole:
            return "changed in the archive"
        anew = entry is not None and entry.is_whole
        return "changed in the table" + ("; the chain was computed anew from here" if anew else "")


def version_of(item: Item) -> int:
    """The version under which the table has an item; 0 where it is none."""
    text = item["version"]["S"]
    return int(text) if text.isdecimal() else 0


def parsed(item: Item) -> Entry | None:
    """The entry; None where an item is none."""
    with suppress(*_UNREADABLE):
        entry = entry_of(item)
        encode(entry.at)
        return entry
    return None


def difference(one: Any, other: Any, path: str) -> str:
    """Where two values first differ, and how; empty where they don't."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            if found := difference(one.get(key), other.get(key), f"{path}.{key}"):
                return found
        return ""
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return next((d for n, (a, b) in pairs if (d := difference(a, b, f"{path}[{n}]"))), "")
    if isinstance(one, float) and isinstance(other, (int, float)):
        same = isclose(one, other, rel_tol=_ROUNDING, abs_tol=_ROUNDING)
    else:
        same = one == other
    return "" if same else f"{path} is {_short(one)}, not {_short(other)}"


def _broken(entry: Entry, before: Entry | None) -> str:
    if not entry.is_whole:
        return "its hash is not its own"
    expected = before.hash if before else GENESIS
    if (before is not None or entry.version == 1) and entry.previous != expected:
        return f"previous is {entry.previous[:12]}, not {expected[:12]} of the one before it"
    return ""


def _decided_otherwise(before: Entry | None, entry: Entry) -> str:
    """What the machine decides otherwise of what was seen; empty for nothing."""
    try:
        state = state_of(before, entry.endpoint)
        decision = encode(step(state, event_of(entry), entry.at))
    except IllegalTransition as error:
        return f"an order that would be refused: {error}"
    except (SteelyardError, *_UNREADABLE) as error:
        return f"it can't be read: {error}"
    after = decision.pop("state")
    return difference(entry.decision, decision, "decision") or difference(
        entry.state, after, "state"
    )


def _items_differ(item: Item, copy: Item) -> str:
    """What the table has, and not what the copy has."""
    one, other = parsed(item), parsed(copy)
    if one is not None and other is not None:
        ours = one.body | {"previous": one.previous, "hash": one.hash}
        theirs = other.body | {"previous": other.previous, "hash": other.hash}
        for key in ours:
            if found := difference(ours[key], theirs[key], key):
                return f"{found} as in its copy"
    keys = sorted(key for key in {*item, *copy} if item.get(key) != copy.get(key))
    return f"it differs from its copy in {', '.join(keys)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
