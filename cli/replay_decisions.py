"""The decisions of a past rollout beside another policy's, until they part. For `cli` alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.past import Past, Standing, Turn
from cli.replay_path import Asked
from steelyard.evidence import VerdictKind
from steelyard.rollout.model import Decision, DecisionKind

_MINUTE = timedelta(minutes=1)
_TICKS = 2 * _MINUTE  # looks follow one another by a minute, and messages may be late
_VERBS: Mapping[str, str] = {
    DecisionKind.HOLD: "stayed {}",
    DecisionKind.ADVANCE: "moved to {}",
    DecisionKind.RESUME: "resumed {}",
    DecisionKind.ROLL_BACK: "rolled back",
    DecisionKind.PAUSE: "paused",
    DecisionKind.HAND_OVER: "called a person",
    DecisionKind.PROMOTE: "ended as {}",
    DecisionKind.ADOPT: "adopted what serves",
    DecisionKind.START: "began",
    DecisionKind.TIDY: "removed the loser",
}


def decisions(past: Past, asked: Sequence[Asked], name: str) -> RenderableType:
    """What moved, up to where the two part, and what each did there."""
    if not asked:
        return Text("none yet")
    table = Table(box=None, pad_edge=False)
    for column in ("no.", "at (UTC)", "canary requests", "the rollout", name):
        table.add_column(column, justify="right" if column.startswith("can") else "left")
    requests = 0
    for one in asked:
        requests += sum(batch.canary.requests for batch in one.batches)
        entry, did, would = one.turn.entry, _did(one.turn), _would(one)
        if entry.decision["kind"] != DecisionKind.HOLD or did != would:
            both = (Text(did), Text("the same" if did == would else would))
            table.add_row(str(entry.version), _time(entry.at), str(requests), *both)
    return Group(table, _end(past, asked[-1], requests, name))


def _end(past: Past, last: Asked, requests: int, name: str) -> RenderableType:
    if not last.parts:
        until = "to the end" if last.turn.did.phase.is_over else "so far"
        return Text(f"They do not part: {name} would have decided the same {until}.")
    left = _left(past, last)
    would = f"would have {_would(last)}{_earlier(last, left)}{_carried(last.decision)}"
    both = Table.grid(padding=(0, 2))
    both.add_row(Text(name), Text(f"{would}: {last.decision.reason}"))
    both.add_row(Text("the rollout"), Text(_instead(last, left)))
    return Group(
        Text(f"They part at {_when(past, last)}, after {requests} canary requests:"),
        Padding(both, (0, 0, 0, 2)),
        Text(
            f"From here on {_otherwise(last)}: what {name} would have decided next can't be known. "
            "The evidence below is what it would have said of the counts that there are."
        ),
    )


def _when(past: Past, asked: Asked) -> str:
    """When it was, or could have been: a look that changed nothing is not in the ledger."""
    entry = asked.turn.entry
    before = next(one.at for one in reversed(past.own) if one.version < entry.version)
    if entry.at - before <= _TICKS:
        return _time(entry.at)
    return f"{_time(entry.at)}, or earlier since {_time(before)} by a look that changed nothing"


def _otherwise(asked: Asked) -> str:
    if asked.would.percent != asked.turn.did.percent:
        return "the canary would have had another share, and other counts"
    return "it would have been another rollout, at the same share of traffic at first"


def _would(asked: Asked) -> str:
    return _verb(asked.decision.kind, asked.would)


def _did(turn: Turn) -> str:
    return _verb(turn.entry.decision["kind"], turn.did)


def _verb(kind: str, stands: Standing) -> str:
    return _VERBS[kind].format(stands)


def _left(past: Past, asked: Asked) -> Turn | None:
    """Where the rollout itself left what it held to when the two parted."""
    held = asked.turn
    if held.entry.decision["kind"] != DecisionKind.HOLD:
        return None
    later = (turn for turn in past.turns if turn.entry.version > held.entry.version)
    return next((turn for turn in later if turn.did != held.did), None)


def _earlier(asked: Asked, left: Turn | None) -> str:
    """How much earlier it came to what the rollout itself came to next."""
    if left is None or asked.would != left.did:
        return ""
    return f" {_duration(left.entry.at - asked.turn.entry.at)} earlier"


def _carried(decision: Decision) -> str:
    verdict = decision.verdict
    if verdict is None or verdict.carried_by is None:
        return ""
    worse = verdict.kind is VerdictKind.WORSE and decision.kind is DecisionKind.ROLL_BACK
    return f", carried by {verdict.carried_by}" if worse else ""


def _instead(asked: Asked, left: Turn | None) -> str:
    did, decision = _did(asked.turn), asked.turn.entry.decision
    if decision["kind"] != DecisionKind.HOLD:
        return f"{did}: {decision['reason']}"
    if left is None:
        return f"{did}, and has not left it since"
    until, then = _time(left.entry.at), left.entry.decision["reason"]
    return f"{did} until {until}, then {_did(left)}: {then}"


def _duration(time: timedelta) -> str:
    return f"{time / _MINUTE:.0f} min" if time >= _MINUTE else f"{time.total_seconds():.0f} s"


def _time(at: datetime) -> str:
    return f"{at:%m-%d %H:%M:%S}"
