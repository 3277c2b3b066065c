"""Calls that never arrive, and calls that arrive after they were superseded."""

from __future__ import annotations

from steelyard.rollout.actions import SetWeights
from steelyard.rollout.model import Candidate, Phase
from steelyard.rollout.observation import Command, CommandName, Hint
from tests.unit.rollout.rehearsal import MINUTE, Fate, Rehearsal
from tests.unit.rollout.scenes import POLICY, batch


def test_good_update_is_promoted_and_a_lost_call_costs_a_minute() -> None:
    play = Rehearsal()
    play.handle(Hint("tick"))
    play.approved.append(Candidate(2, "arn:2", play.endpoint.now))
    for minute in range(40):
        play.endpoint.fate = Fate.LOST if minute % 3 == 0 else Fate.DONE
        play.endpoint.advance(MINUTE)
        play.handle(Hint("tick"), (batch(play.endpoint.now),))
    assert play.state.rollout is not None
    assert play.state.rollout.phase is Phase.PROMOTED
    assert play.endpoint.weights == {"v1": 0, "v2-r1": 100}
    assert play.endpoint.alarms == set()


def test_call_that_lands_after_the_rollback_is_taken_back_before_it_is_confirmed() -> None:
    play = Rehearsal()
    play.handle(Hint("tick"))
    play.approved.append(Candidate(2, "arn:2", play.endpoint.now))
    while play.endpoint.share("v2-r1") < POLICY.steps[0]:
        play.endpoint.advance(MINUTE)
        play.handle(Hint("tick"), (batch(play.endpoint.now),))
    for _ in range(2):
        play.endpoint.advance(MINUTE)
        play.handle(Hint("tick"))
    play.handle(Command(CommandName.ROLLBACK, "completion-r1", "ada", "late call", "k1"))
    play.endpoint.late.append(SetWeights({"v1": 90, "v2-r1": 10}))
    for _ in range(12):
        play.endpoint.advance(MINUTE)
        play.handle(Hint("tick"))
    assert any("weights moved again" in decision.reason for decision in play.ledger)
    assert play.state.rollout is not None
    assert play.state.rollout.phase is Phase.ROLLED_BACK
    assert play.endpoint.share("v2-r1") == 0


def test_traffic_moved_to_an_old_loser_during_a_rollback_is_not_called_rolled_back() -> None:
    play = Rehearsal()
    play.handle(Hint("tick"))
    play.approved.append(Candidate(2, "arn:2", play.endpoint.now))
    while play.state.stable is None or play.state.stable.version != 2:
        play.endpoint.advance(MINUTE)
        play.handle(Hint("tick"), (batch(play.endpoint.now),))
    play.approved.append(Candidate(3, "arn:3", play.endpoint.now))
    play.endpoint.fate = Fate.LOST
    while play.state.rollout is None or play.state.rollout.phase is not Phase.PROVISIONING:
        play.endpoint.advance(MINUTE)
        play.handle(Hint("tick"))
    play.endpoint.fate = Fate.DONE
    play.handle(Command(CommandName.ABORT, "completion-r2", "ada", "no canary yet", "k1"))
    assert play.endpoint.weights == {"v1": 0, "v2-r1": 100}
    play.endpoint.weights = {"v1": 2.0, "v2-r1": 1.0}
    for _ in range(5):
        play.endpoint.advance(MINUTE)
        decision = play.handle(Hint("tick"))
    assert decision.phase is Phase.NEEDS_HUMAN
    assert any("changed from outside" in entry.reason for entry in play.ledger)
