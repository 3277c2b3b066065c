"""A game day's summary: one table for people, one JSON file for whoever compares days."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.local.gameday.day import Found
from tests.local.gameday.rollbacks import summed_up

MISHAPS: Mapping[str, str] = {
    "kill": "Lambda processes killed at work",
    "drop_answer": "answers of Lambdas lost",
    "lose_request": "calls that never arrived",
    "lose_response": "calls whose answer never arrived",
    "cut_off": "calls whose answer was cut off",
    "throttle": "calls throttled",
    "restart": "restarts of SageMaker in the middle of an update",
    "change begun again": "changes of endpoints that a restart took back to their beginning",
    "call in an outage": "calls while SageMaker was away",
    "duplicate": "events delivered twice",
    "delay": "deliveries that later events could overtake",
}


def summary(found: Found) -> dict[str, Any]:
    """All figures, as JSON has them."""
    return {
        "plan": asdict(found.plan),
        "problems": found.problems,
        "user_visible_failures": {name: list(many) for name, many in found.failures.items()},
        "decisions": found.decisions,
        "decisions_lost": list(found.lost),
        "quarantined": dict(Counter(found.quarantined)),
        "dead_letters": found.dead,
        "ledger_entries": found.entries,
        "ledger_broken": {name: list(many) for name, many in found.broken.items()},
        "clients": {name: asdict(totals) for name, totals in found.clients.items()},
        "struck": {name: found.struck.get(name, 0) for name in MISHAPS},
        "alarm_to_zero": summed_up(found.rollbacks),
    }


def write(found: Found, folder: Path) -> Path:
    """Write the summary as JSON; its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "summary.json"
    path.write_text(json.dumps(summary(found), indent=1) + "\n", encoding="utf-8")
    return path


def show(found: Found, console: Console) -> None:
    """Print what struck, what came of it, and how long rollbacks took."""
    struck = Table("mishap", "struck", title="What struck")
    for name, words in MISHAPS.items():
        struck.add_row(words, str(found.struck.get(name, 0)))
    came = Table("what came of it", "count", title="What came of it")
    requests = sum(totals.requests for totals in found.clients.values())
    came.add_row("requests of clients", str(requests))
    came.add_row("of them failed other than inside a bad version", _count(found.failures))
    came.add_row("commands and approvals", str(found.decisions))
    came.add_row("of them lost", str(len(found.lost)))
    came.add_row("messages in quarantine", str(len(found.quarantined)))
    came.add_row("messages in the dead-letter queue", str(found.dead))
    came.add_row("ledger entries, verified by replay", str(found.entries))
    came.add_row("of them broken", _count(found.broken))
    for table in (struck, came, _zero(found)):
        console.print(table)
    for problem in found.problems:
        console.print(f"[bold red]problem[/] {problem}", highlight=False)


def _count(by_endpoint: Mapping[str, Any]) -> str:
    return str(sum(len(many) for many in by_endpoint.values()))


def _zero(found: Found) -> Table:
    table = Table("sign", "rollbacks", title="From the sign of harm to weights at 0: p50 / p99")
    columns = {
        "seconds": "virtual seconds",
        "decided": "of them until the ledger",
        "ticks": "ticks",
        "mutating": "mutating calls",
        "reading": "reading calls",
    }
    for words in columns.values():
        table.add_column(words)
    for sign, figures in summed_up(found.rollbacks)["by_sign"].items():
        cells = (f"{figures[n]['p50']:g} / {figures[n]['p99']:g}" for n in columns)
        table.add_row(sign, str(figures["rollbacks"]), *cells)
    return table
