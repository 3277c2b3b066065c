"""One rollout's past, entry by entry, from the ledger alone.

`receipt.py` tells one decision of it, `replay_*.py` decides all of it again. For `cli` alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from cli.problems import Problem
from steelyard.aws.ledger import Entry, state_of
from steelyard.codec import decode
from steelyard.errors import EndpointBusy
from steelyard.evidence import Batch
from steelyard.rollout.counting import weighed
from steelyard.rollout.model import EndpointState, Phase, Rollout
from steelyard.rollout.observation import Command, Event, Hint, Seen, Trigger
from steelyard.rollout.policy import Policy


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a rollout stands: its phase, and the share that the canary is meant to have."""

    phase: Phase
    percent: float

    def __str__(self) -> str:
        with_traffic = self.phase in (Phase.RAMPING, Phase.HOLDBACK)
        return f"{self.phase} at {self.percent:g} %" if with_traffic else self.phase


@dataclass(frozen=True, slots=True)
class Turn:
    """One look at the world, and where the decision about it left the rollout.

    Attributes:
        before: the rollout until then.
        did: where it stood afterwards.
    """

    entry: Entry
    event: Event
    before: Rollout
    did: Standing


@dataclass(frozen=True)
class Past:
    """What the ledger has of one rollout.

    Attributes:
        own: the rollout's entries, oldest first; the first one began it.
        previous: the endpoint's entry before each of them, by version.
        newest: the endpoint's latest entry, whichever rollout it is about.
    """

    own: tuple[Entry, ...]
    previous: Mapping[int, Entry | None]
    newest: Entry

    @cached_property
    def begun(self) -> EndpointState:
        """The state with which the rollout began."""
        with told_if_unreadable(self.own[0]):
            return state_of(self.own[0], self.own[0].endpoint)

    @cached_property
    def turns(self) -> tuple[Turn, ...]:
        """All looks since the rollout began.

        Raises:
            Problem: one of them was written in another form.
        """
        return tuple(self._turns())

    @property
    def policy(self) -> Policy:
        """The rollout's own, which it keeps from its beginning to its end."""
        return rollout_of(self.begun).policy

    @property
    def deployed(self) -> Policy:
        """The policy that is deployed for the endpoint now."""
        with told_if_unreadable(self.newest):
            return decode(Policy, self.newest.seen["policy"])

    def before(self, entry: Entry) -> EndpointState:
        """What the ledger said until then."""
        return state_of(self.previous[entry.version], entry.endpoint)

    def weighed(self, entry: Entry) -> tuple[Batch, ...]:
        """The batches of this rollout that were weighed at an entry."""
        before = self.previous[entry.version]
        if before is None or not entry.seen["batches"] or rollout_id(before) != rollout_id(entry):
            return ()
        return weighed(decode(Rollout, before.state["rollout"]), decode(Seen, entry.seen))

    def _turns(self) -> Iterator[Turn]:
        before = rollout_of(self.begun)
        for entry in self.own[1:]:
            with told_if_unreadable(entry):
                after = decode(Rollout, entry.state["rollout"])
                turn = Turn(entry, event_of(entry), before, standing(after))
            yield turn
            before = after


def past_of(entries: Iterable[Entry], rollout: str) -> Past:
    """All that the ledger has of a rollout.

    Args:
        entries: of the rollout's endpoint, oldest first, from the very first one.

    Raises:
        Problem: the ledger has no such rollout.
    """
    known: list[str] = []
    own: list[Entry] = []
    previous: dict[int, Entry | None] = {}
    last: Entry | None = None
    for entry in entries:
        found = rollout_id(entry)
        if found and found not in known:
            known.append(found)
        if found == rollout:
            own.append(entry)
            previous[entry.version] = last
        last = entry
    if last is None or not own:
        there = f"it has {', '.join(known)}" if known else "it has none of this endpoint"
        raise Problem(f"the ledger has no rollout {rollout!r}", there)
    return Past(tuple(own), previous, last)


@contextmanager
def told_if_unreadable(entry: Entry) -> Iterator[None]:
    """Say which entry is not in the form that this version of Steelyard reads."""
    try:
        yield
    except (ValueError, EndpointBusy) as error:
        raise Problem(
            f"entry {entry.version} can't be read: {error}",
            "it was written by another version of Steelyard",
        ) from error


def event_of(entry: Entry) -> Event:
    """Why the machine was asked, and what it saw."""
    return Event(_trigger(entry), decode(Seen, entry.seen))


def standing(rollout: Rollout) -> Standing:
    """Where a rollout stands."""
    return Standing(rollout.phase, rollout.canary_percent)


def rollout_of(state: EndpointState) -> Rollout:
    """The rollout that a state is about."""
    if state.rollout is None:
        raise Problem(
            f"the ledger has no rollout of {state.endpoint} there", "see `steelyard history`"
        )
    return state.rollout


def phase_of(entry: Entry) -> Phase:
    """The phase in which an entry left the rollout."""
    return Phase(entry.state["rollout"]["phase"])


def rollout_id(entry: Entry) -> str:
    """The rollout that an entry is about; empty for none."""
    rollout = entry.state["rollout"]
    return str(rollout["id"]) if rollout else ""


def _trigger(entry: Entry) -> Trigger:
    if entry.trigger["kind"] == "command":
        return decode(Command, entry.trigger)
    return decode(Hint, entry.trigger)
