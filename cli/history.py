"""`steelyard history`: what was decided, and whether the ledger is what was written. For `cli`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.history_checks import Failure, Kept, Records, version_of
from cli.past import past_of
from cli.problems import Problem
from steelyard.aws.archive import Archive, NoArchive
from steelyard.aws.ledger import FORM, Entry, Ledger

_READERS = 8  # objects at a time


@dataclass(frozen=True, slots=True)
class Verified:
    """What was checked of an endpoint, and the first entry that fails."""

    endpoint: str
    records: Records
    failures: Sequence[Failure]

    @property
    def checks(self) -> dict[str, tuple[bool, str]]:
        """Of each check whether it holds, and what was looked at."""
        failed = {one.check for one in self.failures}
        return {check: (check not in failed, said) for check, said in self._said().items()}

    def _said(self) -> dict[str, str]:
        items = self.records.items
        there, waiting = len(items), self.records.waiting()
        span = f"{version_of(items[0])} to {version_of(items[-1])}"
        archive = "not compared: no archive is deployed"
        if self.records.archive is not None:
            archive = f"{there - waiting} entries compared with their copies"
            archive += f", {waiting} on their way" if waiting else ""
        return {
            "versions": f"{span}, without a gap",
            "chain": f"{there} hashes, each over the one before it",
            "archive": archive,
            "replay": f"{there} decisions and states, from what was seen",
        }


def entries_of(ledger: Ledger, name: str) -> list[Entry]:
    """The entries of an endpoint, or of one rollout, oldest first.

    Raises:
        Problem: the ledger has neither.
    """
    endpoint = endpoint_named(ledger, name)
    entries = ledger.read(endpoint)
    return list(entries if endpoint == name else past_of(entries, name).own)


def endpoint_named(ledger: Ledger, name: str) -> str:
    """The endpoint that a name means: its own, or that of the rollout with this id.

    Raises:
        Problem: the ledger has nothing about either.
    """
    candidates = [name, name.rpartition("-r")[0]]
    for endpoint in filter(None, candidates):
        if next(ledger.items(endpoint), None) is not None:
            return endpoint
    raise Problem(f"the ledger has nothing about {name!r}", "`steelyard status` lists endpoints")


def verified(ledger: Ledger, archive: Archive, endpoint: str, now: datetime) -> Verified:
    """Check an endpoint's whole ledger.

    The archive is listed first: what is appended meanwhile is then only not archived yet.
    """
    try:
        copies = archive.copies(endpoint)
    except NoArchive:
        kept = None
    else:
        with ThreadPoolExecutor(_READERS) as readers:
            items = readers.map(archive.oldest, copies.values())
            kept = {
                version: Kept(item or {}, copy.others)
                for (version, copy), item in zip(copies.items(), items, strict=True)
            }
    found = list(ledger.items(endpoint))
    newest = max(int(item.get("form", {"N": "0"})["N"]) for item in found)
    if newest > FORM:
        raise Problem(
            f"entries of form {newest}, accepted: up to {FORM}", "update this console and try again"
        )
    records = Records(found, kept, now)
    return Verified(endpoint, records, records.failures())


def verified_table(result: Verified) -> RenderableType:
    """What was checked, and the first entry that fails."""
    table = Table.grid(padding=(0, 2))
    for check, (holds, said) in result.checks.items():
        outcome = Text("ok", style="green") if holds else Text("fails", style="bold red")
        table.add_row(f"  {check}", said, outcome)
    count = len(result.records.items)
    parts: list[RenderableType] = [f"Checked {result.endpoint}: {count} entries", table]
    if result.failures:
        first = result.failures[0]
        text = Text(f"Entry {first.version} fails first, in {first.check}", style="bold red")
        text.append(f"\n  {first.what}\n  {first.means}", style="not bold default")
        parts.append(text)
    return Group(*parts)


def verified_json(result: Verified) -> str:
    """The same for programs."""
    checks = {name: {"holds": ok, "checked": said} for name, (ok, said) in result.checks.items()}
    first = asdict(result.failures[0]) if result.failures else None
    return json.dumps({"endpoint": result.endpoint, "checks": checks, "first_failure": first})
