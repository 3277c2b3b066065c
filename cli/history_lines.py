"""Entries of a ledger as lines: for people, and as JSON for programs. For `cli` alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from cli.past import rollout_id
from cli.watch import STYLES, evidence_told
from steelyard.aws.ledger import Entry
from steelyard.codec import decode, encode
from steelyard.evidence import Verdict
from steelyard.rollout.model import Phase


def history_table(entries: Iterable[Entry], *, everything: bool) -> Table:
    """Decisions, oldest first; without `everything` only those that moved something."""
    table = Table(box=None, pad_edge=False)
    for column in ("no.", "at (UTC)", "came", "phase", "decision"):
        table.add_column(column, no_wrap=True)
    table.add_column("because", overflow="fold")
    for entry in entries:
        decision = entry.decision
        if decision["kind"] == "hold" and not everything:
            continue
        table.add_row(
            str(entry.version),
            f"{entry.at:%m-%d %H:%M:%S}",
            entry.trigger["kind"],
            _phases(decision),
            decision["kind"],
            Text(_because(decision)),  # holds what people typed, which may look like markup
        )
    return table


def history_json(entry: Entry) -> str:
    """One entry as one line of JSON."""
    decision = entry.decision
    return json.dumps(
        {
            "version": entry.version,
            "at": encode(entry.at),
            "rollout": rollout_id(entry) or None,
            "trigger": entry.trigger,
            "phase_before": decision["phase_before"],
            "phase": decision["phase"],
            "decision": decision["kind"],
            "reason": decision["reason"],
            "hash": entry.hash,
        }
    )


def _phases(decision: Mapping[str, Any]) -> Text:
    before, phase = decision["phase_before"], decision["phase"] or ""
    text = Text(f"{before} → " if before and before != phase else "")
    return text.append(phase, style=STYLES.get(Phase(phase), "") if phase else "")


def _because(decision: Mapping[str, Any]) -> str:
    """The reason; for a hold also what the evidence against the canary comes from."""
    reason, verdict = str(decision["reason"]), decision["verdict"]
    if decision["kind"] != "hold" or verdict is None or verdict["carried_by"] is None:
        return reason
    return f"{reason}; {evidence_told(decode(Verdict, verdict))}"
