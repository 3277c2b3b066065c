"""DESIGN's invariants, whatever happens in whatever order to a simulated endpoint."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import isfinite
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from steelyard.errors import IllegalTransition
from steelyard.rollout.actions import SetWeights
from steelyard.rollout.model import Candidate, DecisionKind, Phase, Rollout
from steelyard.rollout.observation import Command, CommandName, Hint
from tests.unit.rollout.rehearsal import MINUTE, Fate, Rehearsal
from tests.unit.rollout.scenes import POLICY, alarm, batch

ENDS = (Phase.PROMOTED, Phase.ROLLED_BACK)
WAITS = (Phase.PAUSED, Phase.NEEDS_HUMAN)
RESTS = (*ENDS, *WAITS)
TOLD = (DecisionKind.WARN, DecisionKind.ADOPT)
SIZED, BUSY = replace(POLICY, first_step="auto"), (59_000, 60_000)
GOOD, BAD, NONE = (500, 0), (500, 100), (0, 0)
BOUND = 200  # minutes in which a rollout comes to rest once faults stop


class EveryOrder(RuleBasedStateMachine):
    """Ticks, commands, faults and changes from outside in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.play = Rehearsal()
        self.changed_from_outside = False
        self.keys = 0
        self.ends: dict[str, Phase] = {}
        self.version = 0

    @initialize(minutes=st.integers(0, 16), traffic=st.sampled_from([None, BUSY, (5,)]))
    def begin(self, *, minutes: int, traffic: tuple[int, ...] | None) -> None:
        """Somewhere in a rollout that goes well; its first step sized to the traffic, if any."""
        self.play.policy = SIZED if traffic else POLICY
        self.play.traffic = traffic
        self.play.handle(Hint("tick"))
        self.approve()
        for _ in range(minutes):
            self.tick(counts=GOOD, readable=True)

    @rule(
        counts=st.sampled_from([GOOD, GOOD, GOOD, BAD, NONE]),
        readable=st.sampled_from([True] * 4 + [False]),
    )
    def tick(self, *, counts: tuple[int, int], readable: bool) -> None:
        self.play.endpoint.advance(MINUTE)
        before = self.rollout
        self.play.handle(Hint("tick"), self.minute(counts), readable=readable)
        if before is not None and (counts == NONE or not readable):
            self.check_nothing_was_raised(before)

    @rule(kind=st.sampled_from(["endpoint", "alarm", "approval", "tick"]))
    def duplicate(self, kind: Any) -> None:
        """The same again within the minute, with nothing new to read."""
        self.play.endpoint.advance(timedelta(seconds=1))
        self.play.handle(Hint(kind))

    @rule()
    def approve(self) -> None:
        self.play.endpoint.advance(timedelta(seconds=1))
        version = len(self.play.approved) + 2
        self.play.approved.append(Candidate(version, f"arn:{version}", self.play.endpoint.now))

    @rule(name=st.sampled_from(CommandName), again=st.booleans())
    def order(self, *, name: CommandName, again: bool) -> None:
        self.keys += not again
        rollout = self.rollout.id if self.rollout else "completion-r1"
        command = Command(name, rollout, "ada", "says so", key=f"k{self.keys}")
        length, state = len(self.play.ledger), self.play.state
        try:
            self.play.handle(command)
        except IllegalTransition:
            assert (len(self.play.ledger), self.play.state) == (length, state)

    @rule(fate=st.sampled_from(Fate))
    def next_calls(self, fate: Fate) -> None:
        self.play.endpoint.fate = fate

    @rule()
    def next_update_fails_silently(self) -> None:
        self.play.endpoint.fails_silently = True

    @rule(canary=st.sampled_from([None, 0.0, 22.0]), stable=st.sampled_from([None, 0.0, 22.0]))
    def alarm_fires(self, canary: float | None, stable: float | None) -> None:
        self.play.alarms = (alarm(canary, stable),)

    @rule(traffic=st.sampled_from([BUSY, (10**9,), (5,), (0, 0), None]))
    def traffic_changes(self, traffic: tuple[int, ...] | None) -> None:
        self.play.traffic = traffic

    @rule()
    def alarms_end(self) -> None:
        self.play.alarms = ()

    @rule()
    @precondition(lambda self: self.at_rest and not self.changed_from_outside)
    def somebody_moves_weights(self) -> None:
        """Seen at the next tick, and left as it is, unless a rollback is under way."""
        endpoint, rollout = self.play.endpoint, self.rollout
        names = list(endpoint.weights)
        if len(names) == 1:
            return
        self.changed_from_outside = True
        endpoint.weights = dict.fromkeys(names, 1.0) | {names[0]: 2.0}
        moved, pages, calls = dict(endpoint.weights), self.play.pages, len(self.play.acted)
        decision = self.play.handle(Hint("tick"))
        if rollout is not None and rollout.phase is Phase.ROLLING_BACK:
            assert decision.phase in (Phase.ROLLING_BACK, Phase.NEEDS_HUMAN)
        elif rollout is not None and rollout.phase is not Phase.NEEDS_HUMAN:
            assert decision.phase in RESTS or decision.kind in TOLD
            assert self.play.pages == pages + 1
            assert (endpoint.weights, len(self.play.acted)) == (moved, calls)

    @property
    def rollout(self) -> Rollout | None:
        return self.play.state.rollout

    @property
    def at_rest(self) -> bool:
        """In service, nothing open, nothing on its way, and no alarm that would explain more."""
        endpoint, rollout = self.play.endpoint, self.rollout
        quiet = endpoint.change is None and not endpoint.late and not self.play.alarms
        return quiet and (rollout is None or rollout.intent is None)

    def minute(self, counts: tuple[int, int]) -> tuple[Any, ...]:
        percent = self.rollout.canary_percent if self.rollout else 0
        return (batch(self.play.endpoint.now, canary=counts, percent=percent),)

    def check_nothing_was_raised(self, before: Rollout) -> None:
        """14. From the first percent on, a raise takes fresh counts and a readable endpoint."""
        after = self.rollout
        if (
            after is not None
            and after.id == before.id
            and before.phase in (Phase.RAMPING, Phase.HOLDBACK)
        ):
            assert after.canary_percent <= before.canary_percent

    @invariant()
    def weights_are_finite_with_a_positive_sum(self) -> None:
        """1, 7, 8. An intent is recorded before it is acted on, and there is one at a time."""
        for recorded, intent in self.play.acted:
            state = self.play.ledger[recorded - 1].state
            assert state.rollout is not None
            assert state.rollout.intent == intent
            for action in intent.actions:
                if isinstance(action, SetWeights):
                    assert all(isfinite(w) and w >= 0 for w in action.weights.values())
                    assert sum(action.weights.values()) > 0
        self.play.acted.clear()

    @invariant()
    def canary_has_no_more_than_the_approved_step(self) -> None:
        """2. While a late call of an older intent may land, up to the step that it was for."""
        rollout = self.rollout
        if rollout is None or self.changed_from_outside or rollout.phase in ENDS:
            return
        own = [d.state.rollout for d in self.play.ledger if d.state.rollout]
        highest = max(r.canary_percent for r in own if r.id == rollout.id)
        if rollout.phase is Phase.RAMPING:
            assert 0 < rollout.canary_percent <= rollout.policy.steps[rollout.step]
        assert self.play.endpoint.share(rollout.canary) <= highest + 1e-9

    @invariant()
    def nothing_is_raised_after_the_latch(self) -> None:
        """3."""
        rollout = self.rollout
        if rollout is not None and rollout.latched:
            assert rollout.canary_percent == 0
            assert rollout.intent is None or not rollout.intent.weights.get(rollout.canary)

    @invariant()
    def canary_stays_without_traffic_after_a_rollback(self) -> None:
        """4. Whatever calls were still in flight."""
        rollout = self.rollout
        if rollout is not None and rollout.phase is Phase.ROLLED_BACK:
            assert self.changed_from_outside or self.play.endpoint.share(rollout.canary) == 0

    @invariant()
    def rollout_ends_once(self) -> None:
        """6, 18. A terminal phase is final, and neither version nor epoch ever falls."""
        epochs = [decision.state.epoch for decision in self.play.ledger[self.version :]]
        assert epochs == sorted(epochs)
        self.version = max(0, len(self.play.ledger) - 1)
        rollout = self.rollout
        if rollout is not None and rollout.phase in ENDS:
            assert self.ends.setdefault(rollout.id, rollout.phase) is rollout.phase
        elif rollout is not None:
            assert rollout.id not in self.ends

    def teardown(self) -> None:
        """13. Faults stop: the rollout ends, or waits for a person, within a stated bound."""
        self.play.alarms, self.play.endpoint.fate = (), Fate.DONE
        self.play.endpoint.fails_silently = False
        for _ in range(BOUND):
            self.tick(counts=GOOD, readable=True)
            rollout = self.rollout
            over = rollout is None or (rollout.phase in ENDS and rollout.intent is None)
            if over or (rollout is not None and rollout.phase in WAITS):
                break
        else:
            raise AssertionError(f"no rest within {BOUND} minutes: {self.rollout}")
        self.rollout_ends_once()


def patient(*, max_examples: int, steps: int) -> settings:
    """Settings under which a busy machine is no failure."""
    return settings(
        max_examples=max_examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


def test_invariants_hold_in_every_order() -> None:
    run_state_machine_as_test(EveryOrder, settings=patient(max_examples=100, steps=30))


@pytest.mark.long
def test_invariants_hold_in_many_more_orders() -> None:
    run_state_machine_as_test(EveryOrder, settings=patient(max_examples=2000, steps=60))
