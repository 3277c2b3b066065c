"""`steelyard why` tells what was decided, from what, and what would have changed it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cli.problems import Problem
from steelyard.aws.ledger import Entry
from steelyard.rollout.golden import Answer
from steelyard.rollout.observation import Command, CommandName
from tests.unit.cli.told import ID, WEIGHED, Told, arm, at
from tests.unit.rollout.scenes import (
    BOOTSTRAP,
    CANARY,
    CANDIDATE,
    MINUTE,
    POLICY,
    STABLE,
    alarm,
    live,
)

WRONG = Answer("hello", "wrong", "no completions", 0.1)


def order(name: CommandName) -> Command:
    return Command(name, ID, actor="ada", reason="says so", key=name)


def quiet(told: Told, canary: int = 60) -> Entry:
    """A minute in which nothing failed in the canary."""
    return told.look(told.counts(arm(canary), arm(9 * canary, 1)))


def test_rollback_for_a_segment_names_it_and_says_that_without_it_nothing_had_happened() -> None:
    told = Told(WEIGHED).ramping()
    stable = arm(900, 4, networking=(240, 60), text=(60, 15))
    canary = arm(100, 1, networking=(30, 29), text=(6, 1))
    told.look(told.counts(canary, stable))
    said = told.why()
    assert "on a tick: roll back, RAMPING at 10 % → ROLLING_BACK the canary is worse" in said
    assert "networking 60/240 25.0% 29/30 96.7%" in said
    assert "text 15/60 25.0% 1/6 16.7%" in said
    assert "WORSE, carried by labels of segment networking" in said
    assert "without labels of segment networking → RAMPING, hold: lacks evidence on" in said
    assert "without labels of segment text" not in said
    assert "without errors" not in said
    assert "of segment networking of the canary at this look, not 29 → RAMPING, hold" in said


def test_alpha_that_is_named_would_indeed_have_held() -> None:
    told = Told().ramping()
    told.look(told.counts(arm(100, 12), arm(900, 1)))
    said = told.why()
    limit = float(said.partition("with an alpha below ")[2].partition(",")[0])
    for alpha, phase in ((limit * 1.1, "ROLLING_BACK"), (limit * 0.9, "RAMPING")):
        careful = Told(replace(told.policy, alpha=alpha)).ramping()
        careful.look(careful.counts(arm(100, 12), arm(900, 1)))
        assert f", {phase} since" in careful.why()


def test_number_of_errors_that_is_named_is_where_the_decision_turns() -> None:
    told = Told().ramping()
    quiet(told, 100)
    said = told.why()
    limit = int(said.partition(" errors of the canary at this look, not 0")[0].rpartition(" ")[2])
    for errors, phase in ((limit - 1, "RAMPING"), (limit, "ROLLING_BACK")):
        other = Told().ramping()
        other.look(other.counts(arm(100, errors), arm(900, 1)))
        assert f", {phase} since" in other.why()


def test_rollback_by_an_alarm_says_what_had_come_without_it_and_with_a_shared_incident() -> None:
    told = Told().ramping()
    told.look(told.counts(arm(60, 1), arm(500, 1)), alarms=(alarm(20.0),))
    said = told.why()
    assert "alarms steelyard/completion/v2-r1/errors: canary 20, stable 0, threshold 5" in said
    assert "without the alarm → RAMPING, hold: lacks samples: 60 of 100" in said
    assert "as bad by the alarm's metric → RAMPING, hold: lacks quiet" in said
    assert "INCONCLUSIVE, carried by errors" in said


def test_promotion_by_hand_says_who_and_why_and_what_the_machine_had_done() -> None:
    told = Told().ramping()
    told.look(told.counts(arm(60), arm(540)), trigger=order(CommandName.PROMOTE), alarms=())
    told.event(at(100))
    told.event(at(100), canary_alarms_gone=True, canary_alarms=False)
    said = told.why()
    assert "PROMOTED since 03-02 09:08:00 UTC" in said
    assert "ordered by ada (promote: says so): advance, RAMPING at 10 % → FINALIZING" in said
    assert "by hand, the evidence is INCONCLUSIVE" in said
    assert "without the order → RAMPING, hold: lacks samples: 60 of 100 canary requests" in said
    assert "nothing: it is PROMOTED" in said


def test_pause_is_told_by_the_order_not_by_the_looks_behind_it() -> None:
    told = Told().ramping()
    told.event(at(10), order(CommandName.PAUSE))
    quiet(told)
    said = told.why()
    assert "PAUSED since 03-02 09:07:00 UTC" in said
    assert "entry 7, 03-02 09:07:00 UTC, ordered by ada (pause: says so)" in said
    assert "promote, resume, abort, rollback; for example: steelyard rollback" in said


def test_hold_says_what_is_lacking_the_forecast_and_what_becomes_of_it() -> None:
    told = Told().ramping()
    quiet(told)
    said = told.why()
    assert "on a tick: hold, RAMPING at 10 % lacks samples: 60 of 100 canary requests" in said
    assert "if nothing else comes until 03-02 09:35 UTC → PAUSED, pause: after 0:30:00" in said
    assert "more canary requests → the evidence suffices, at the rates seen; in about" in said
    assert "stable 540, canary 60 in 1 minute at this look" in said


def test_counts_in_all_are_those_that_were_weighed_and_no_others() -> None:
    told = Told(replace(WEIGHED, discard=2 * MINUTE)).ramping()
    quiet(told)
    assert "none weighed: the canary has had no whole minute" in told.why()
    for _ in range(3):
        quiet(told)
    # The step has its weights since minute 6; what came before minute 8 was discarded.
    assert "canary 60 in 1 minute at this look; stable 1080, canary 120 in 2 minutes" in told.why()


def test_rollout_that_never_came_up_says_what_had_been_needed() -> None:
    told = Told().opened()
    told.event(BOOTSTRAP)
    told.event(replace(BOOTSTRAP, status="Updating"))
    told.event(replace(BOOTSTRAP, failure="it did not pass the ping health check"))
    said = told.why()
    assert "PROVISIONING → ROLLING_BACK" in said
    assert "if the endpoint had been as it was meant to be → WARMING, advance" in said
    assert "none weighed: the canary has had no whole minute of traffic" in said


def test_wrong_golden_request_is_named_with_what_was_wrong() -> None:
    told = Told().opened()
    told.event(BOOTSTRAP)
    told.event(live())
    told.event(live(), golden=(WRONG, replace(WRONG, name="again", outcome="right")))
    said = told.why()
    assert "golden hello wrong: no completions right: again 0.10 s" in said
    assert "if all golden requests had been answered rightly → WARMING, hold" in said


def test_first_step_that_nothing_sizes_says_what_it_waits_for() -> None:
    told = Told(replace(POLICY, first_step="auto")).opened()
    told.event(BOOTSTRAP)
    told.event(live())
    told.event(live(), traffic=(0, 0))
    said = told.why()
    assert "waits: stable had no request in 2 minutes to size the first step by" in said
    assert "if stable had had a request → RAMPING, advance" in said
    assert "stable's latest minutes: 0, 0" in said


def test_share_below_one_percent_is_told_as_it_is() -> None:
    told = Told(replace(POLICY, first_step="auto")).opened()
    told.event(BOOTSTRAP)
    told.event(live())
    told.event(live(), traffic=(60_000, 100))
    said = told.why()
    assert "WARMING → RAMPING at 0.17 %" in said
    assert "if stable had had a request" not in said


def test_waiting_rollout_says_for_what_and_that_a_person_may_start_it() -> None:
    told = Told().opened()
    told.event(BOOTSTRAP, alarms=(alarm(1.0),))
    said = told.why()
    assert "hold, PENDING waits: in ALARM: steelyard/completion/v2-r1/errors" in said
    assert "without the alarm → PROVISIONING, advance: version 2 was approved" in said
    assert "once the endpoint is in service, quiet and readable → PROVISIONING" in said
    assert "if stable had been as bad" not in said
    assert "start, abort; for example: steelyard abort completion-r1" in said


def test_aborted_before_it_began_is_told_by_the_abort() -> None:
    told = Told().opened()
    told.event(BOOTSTRAP, order(CommandName.ABORT), alarms=(alarm(1.0),))
    told.event(BOOTSTRAP, canary_alarms_gone=True, canary_alarms=False)
    assert "ordered by ada (abort: says so): roll back, PENDING → ROLLED_BACK" in told.why()


def test_change_from_outside_says_that_untouched_it_had_gone_on() -> None:
    told = Told().ramping()
    told.event(live(weights={"v1": 50, CANARY: 50}))
    said = told.why()
    assert "hand over, RAMPING at 10 % → NEEDS_HUMAN changed from outside" in said
    assert "if the endpoint had been as it was meant to be → RAMPING, hold" in said


def test_earlier_rollout_and_earlier_decision_can_still_be_told() -> None:
    told = Told().opened()
    told.event(BOOTSTRAP, order(CommandName.ABORT))
    told.event(BOOTSTRAP, serving=STABLE, canary_alarms_gone=True, canary_alarms=False)
    later = replace(CANDIDATE, version=3, approved_at=told.now)
    told.event(BOOTSTRAP, serving=STABLE, approved=(later,))
    assert "completion-r2: version 3 against version 1, PENDING" in told.why(
        rollout="completion-r2"
    )
    assert "completion-r1: version 2 against version 1, ROLLED_BACK" in told.why()
    said = told.why(entry=2)
    assert "start, PENDING version 2 was approved; version 1 is stable" in said
    assert "ROLLED_BACK since" in said


def test_what_the_ledger_does_not_have_is_refused_with_what_it_has() -> None:
    told = Told().opened()
    with pytest.raises(Problem, match="no rollout 'completion-r7'; it has completion-r1"):
        told.why(rollout="completion-r7")
    with pytest.raises(Problem, match="entry 1 is not about completion-r1; its entries are 2 to 2"):
        told.why(entry=1)
    with pytest.raises(Problem, match="it has none of this endpoint"):
        Told().why()


def test_entry_that_another_version_decided_tells_no_suppositions() -> None:
    told = Told().ramping()
    entry = quiet(told)
    changed = replace(entry, decision={**entry.decision, "kind": "pause", "phase": "PAUSED"})
    assert "this version of Steelyard would decide otherwise" in told.why(instead=changed)


def test_entry_in_another_form_is_refused_as_such() -> None:
    told = Told().ramping()
    entry = quiet(told)
    strange = replace(entry, seen={**entry.seen, "weather": "fine"})
    with pytest.raises(Problem, match=f"entry {entry.version} can't be read: .*weather"):
        told.why(instead=strange)
