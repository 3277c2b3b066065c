"""A rollout's past decided again, entry by entry, under one policy. For `cli` alone.

Nothing here knows a rule of its own: the machine is asked, of what was seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isclose

from cli.past import Past, Standing, Turn, rollout_of, standing
from cli.problems import Problem
from steelyard.aws.ledger import Entry
from steelyard.errors import IllegalTransition
from steelyard.evidence import Batch, begin
from steelyard.rollout.counting import weighed
from steelyard.rollout.machine import step
from steelyard.rollout.model import Decision, EndpointState
from steelyard.rollout.observation import Event
from steelyard.rollout.policy import Policy

_ROUNDING = 1e-6  # evidence is added up in another order by another Python


@dataclass(frozen=True, slots=True)
class Asked:
    """What the ledger decided at one entry, and what the machine decides of the same.

    Attributes:
        turn: the entry, what was seen, and where the rollout stood after it.
        decision: the machine's.
        would: where the rollout would stand after it.
        batches: what it weighed.
    """

    turn: Turn
    decision: Decision
    would: Standing
    batches: tuple[Batch, ...]

    @property
    def parts(self) -> bool:
        """Whether the two stand apart: from there on, the past is not what would have been."""
        return self.would != self.turn.did


def follow(past: Past, policy: Policy) -> Iterator[Asked]:
    """What the machine decides under a policy, from the rollout's first look on until they part.

    Until then, what was seen is what would have been seen. The last one is where they part, or the
    rollout's end, or its latest entry.

    Raises:
        Problem: an entry can't be read, or is an order that this version refuses.
    """
    state, same = _begun(past, policy), policy.promise == past.policy.promise
    for turn in past.turns:
        event = turn.event if same else _without_its_alarm(turn.event)
        batches = weighed(rollout_of(state), event.seen)
        decision = _decided(state, event, turn.entry)
        state = decision.state
        yield (asked := Asked(turn, decision, standing(rollout_of(state)), batches))
        if asked.parts or turn.did.phase.is_over:
            return


def differs(asked: Asked) -> bool:
    """Whether the machine decides otherwise than the ledger says, or weighs otherwise."""
    made, decision = asked.turn.entry.decision, asked.decision
    if asked.parts or decision.kind != made["kind"]:
        return True
    if decision.verdict is None or made["verdict"] is None:
        return (decision.verdict is None) != (made["verdict"] is None)
    before = made["verdict"]["log_evidence"]
    now = decision.verdict.log_evidence
    return before.keys() != now.keys() or not all(
        isclose(before[key], now[key], abs_tol=_ROUNDING) for key in now
    )


def _begun(past: Past, policy: Policy) -> EndpointState:
    """As the rollout began: nothing but the policy is another one."""
    begun = rollout_of(past.begun)
    changed = replace(begun, policy=policy, evidence=begin(policy.promise))
    return replace(past.begun, rollout=changed)


def _without_its_alarm(event: Event) -> Event:
    """Without the alarm on the evidence, whose threshold was another promise's."""
    alarms = tuple(alarm for alarm in event.seen.alarms if alarm.metric != "evidence")
    return replace(event, seen=replace(event.seen, alarms=alarms))


def _decided(state: EndpointState, event: Event, entry: Entry) -> Decision:
    try:
        return step(state, event, entry.at)
    except IllegalTransition as error:
        raise Problem(
            f"entry {entry.version} is an order that this version of Steelyard refuses: {error}",
            "it was written by another version",
        ) from error
