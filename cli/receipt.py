"""One decision about a rollout, and everything that led to it, from the ledger alone.

`why.py` shows it, `whatif.py` asks what would have changed it. For `cli` alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cli.past import Past, event_of, past_of, phase_of, rollout_id, told_if_unreadable
from cli.problems import Problem
from steelyard.aws.ledger import Entry
from steelyard.codec import decode
from steelyard.evidence import Batch, Verdict
from steelyard.rollout.counting import weighed
from steelyard.rollout.model import DecisionKind, EndpointState, Phase, Rollout
from steelyard.rollout.observation import Event

_GOING_BACK = (Phase.ROLLING_BACK, Phase.ROLLED_BACK)
_TAKING_OVER = (Phase.FINALIZING, Phase.PROMOTED)
_WAITING = (Phase.PAUSED, Phase.NEEDS_HUMAN)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One decision.

    Attributes:
        entry: where the ledger has it.
        before: what the ledger said until then.
        event: why the machine was asked, and what it saw.
        after: the rollout as the decision left it.
        verdict: what the evidence said; None before the first step.
        earlier: the batches of this rollout that were weighed before this look, oldest first.
        latest: the rollout as it is now, or was when the next one began.
        ended: the entry that brought it to the phase that it is in now.
    """

    entry: Entry
    before: EndpointState
    event: Event
    after: Rollout
    verdict: Verdict | None
    earlier: tuple[Batch, ...]
    latest: Rollout
    ended: Entry

    @property
    def counted(self) -> tuple[Batch, ...]:
        """The batches that were weighed at this very look."""
        rollout = self.before.rollout
        same = rollout is not None and rollout.id == self.after.id
        return weighed(rollout, self.event.seen) if same and rollout is not None else ()


def receipt_of(entries: Iterable[Entry], rollout: str, version: int | None = None) -> Receipt:
    """The receipt of the decision that made a rollout what it is, or of another one.

    Args:
        entries: of the rollout's endpoint, oldest first, from the very first one.
        version: of the entry; None: the decision that counts.

    Raises:
        Problem: the ledger has no such rollout or entry, or it was written in another form.
    """
    past = past_of(entries, rollout)
    own = past.own
    at = _deciding(own) if version is None else _index(own, version)
    with told_if_unreadable(own[at]):
        return _receipt(past, at)


def moves(entries: Iterable[Entry], rollout: str) -> tuple[int, ...]:
    """The versions of a rollout's entries that did more than hold, oldest first.

    Raises:
        Problem: the ledger has no such rollout.
    """
    own = past_of(entries, rollout).own
    return tuple(entry.version for entry in own if entry.decision["kind"] != DecisionKind.HOLD)


def _receipt(past: Past, at: int) -> Receipt:
    own, entry = past.own, past.own[at]
    verdict = entry.decision["verdict"]
    return Receipt(
        entry=entry,
        before=past.before(entry),
        event=event_of(entry),
        after=decode(Rollout, entry.state["rollout"]),
        verdict=None if verdict is None else decode(Verdict, verdict),
        earlier=tuple(batch for one in own[:at] for batch in past.weighed(one)),
        latest=decode(Rollout, own[-1].state["rollout"]),
        ended=own[_entered(own)],
    )


def _deciding(own: Sequence[Entry]) -> int:
    """Which decision counts: what came after it only carried it out."""
    phase = phase_of(own[-1])
    for phases in (_GOING_BACK, _TAKING_OVER):
        if phase in phases:
            return next(i for i, entry in enumerate(own) if phase_of(entry) in phases)
    return _entered(own) if phase in _WAITING else len(own) - 1


def _entered(own: Sequence[Entry]) -> int:
    """Where the rollout came to the phase that it is in now."""
    phase = phase_of(own[-1])
    others = (i for i in reversed(range(len(own))) if phase_of(own[i]) is not phase)
    return next(others, -1) + 1


def _index(own: Sequence[Entry], version: int) -> int:
    found = next((i for i, entry in enumerate(own) if entry.version == version), None)
    if found is None:
        raise Problem(
            f"entry {version} is not about {rollout_id(own[0])}",
            f"its entries are {own[0].version} to {own[-1].version}",
        )
    return found
