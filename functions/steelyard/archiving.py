"""Copies each entry of the ledger into the archive, and tells people of what was tampered with.

`handlers/archive.py` calls it, a change of the table at a time. Level-triggered: an entry brings
along those before it that the archive lacks, so that a lost change costs nothing but delay.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from steelyard.aws.archive import Archive, Item
from steelyard.aws.ledger import FORM, GENESIS, Ledger, entry_of
from steelyard.aws.outlets import Alert

APPENDED = "INSERT"
_ENDINGS = {"MODIFY": "was changed in the table", "REMOVE": "was removed from the table"}
_ENDPOINT = re.compile(r"[A-Za-z0-9-]{1,63}")  # SageMaker's names
_VERSION = re.compile(r"[0-9]{12}")
_UNREADABLE = (KeyError, ValueError, TypeError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True)
class Change:
    """One record of the table's stream.

    Attributes:
        kind: INSERT, MODIFY or REMOVE.
        keys: the item's.
        before, after: the item; None where there was none.
    """

    kind: str
    keys: Item
    before: Item | None
    after: Item | None

    @classmethod
    def of(cls, record: dict[str, Any]) -> Change:
        """From the record as Lambda hands it over."""
        data = record["dynamodb"]
        return cls(record["eventName"], data["Keys"], data.get("OldImage"), data.get("NewImage"))


@dataclass(frozen=True, slots=True)
class Archiver:
    """Keeps the archive up with one table."""

    ledger: Ledger
    archive: Archive
    alert: Alert

    def take(self, change: Change) -> None:
        """Archive what was appended; of what was changed or removed, what it had been before.

        Raises:
            EndpointBusy, NeedsHuman: it could not be archived, or nobody could be told; the
                record must come again.
        """
        if problems := self._problems(change):
            self.alert.tell(problems)

    def _problems(self, change: Change) -> list[str]:
        item = change.after if change.kind == APPENDED else change.before
        endpoint, number = change.keys["endpoint"]["S"], change.keys["version"]["S"]
        found = []
        if ending := _ENDINGS.get(change.kind):
            found.append(f"version {number} of {endpoint!r} {ending}")
        if item is None or not _is_key(change.keys):
            return [*found, f"{endpoint!r} has an item that is no entry, under version {number!r}"]
        return [*self._fill_up(endpoint, int(number)), *self._keep(item), *found]

    def _fill_up(self, endpoint: str, version: int) -> list[str]:
        """Archive what is missing before a version; which entries can't be had any more.

        Oldest first, and before the version itself: so whatever the archive has, it also has what
        came before, wherever this is interrupted.
        """
        found: list[str] = []
        due = self._archived_before(endpoint, version) + 1
        if due == version:
            return found
        for item in filter(_is_key, self.ledger.items(endpoint, after=due - 1)):
            reached = min(int(item["version"]["S"]), version)
            found += [_lost(endpoint, number) for number in range(due, reached)]
            due = reached + 1
            if reached == version:
                return found
            found += self._keep(item)
        return found + [_lost(endpoint, number) for number in range(due, version)]

    def _archived_before(self, endpoint: str, version: int) -> int:
        """The last version that is archived before the first that isn't; 0 for none.

        By halves: a table may have had thousands of entries before it had an archive.
        """
        there, missing = 0, version
        look = version - 1
        while there < missing - 1:
            if self.archive.read(endpoint, look) is None:
                missing = look
            else:
                there = look
            look = (there + missing) // 2
        return there

    def _keep(self, item: Item) -> list[str]:
        """Archive one item behind its predecessor; what doesn't fit."""
        name = f"version {item['version']['S']} of {item['endpoint']['S']!r}"
        found = []
        if not self._is_next(item):
            found.append(f"{name} does not continue the one before it")
        if not _is_whole(item):
            found.append(f"{name} has a hash that is not its own")
        there = self.archive.put(item)
        if there is not None and there != item:
            keys = sorted(key for key in {*there, *item} if there.get(key) != item.get(key))
            found.append(f"{name} differs from its archived copy in {', '.join(keys)}")
        return found

    def _is_next(self, item: Item) -> bool:
        version = int(item["version"]["S"])
        if version == 1:
            return item.get("previous") == {"S": GENESIS}
        before = self.archive.read(item["endpoint"]["S"], version - 1)
        return before is None or item.get("previous") == before.get("hash")


def _is_key(item: Item) -> bool:
    """Whether an item is where an entry may be. Anybody who may write can put it elsewhere."""
    return bool(
        _ENDPOINT.fullmatch(item["endpoint"]["S"]) and _VERSION.fullmatch(item["version"]["S"])
    )


def _is_whole(item: Item) -> bool:
    """Whether the hash is the item's own, as far as this code knows what it is over."""
    with suppress(*_UNREADABLE):  # not written by us, in any form
        entry = entry_of(item)
        return entry.form > FORM or entry.is_whole
    return False


def _lost(endpoint: str, version: int) -> str:
    return f"version {version} of {endpoint!r} is neither in the table nor in the archive"
