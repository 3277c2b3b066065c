"""`steelyard replay` decides a past rollout again, and says where that stops being the past."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from cli.problems import Problem
from cli.replay_evidence import first_proof, first_worse, weighings
from cli.replay_path import follow
from steelyard.aws.ledger import Entry
from steelyard.codec import encode
from steelyard.rollout.model import DecisionKind
from steelyard.rollout.observation import AlarmReading, Command, CommandName
from steelyard.rollout.policy import Policy
from tests.unit.cli.replayed import OTHER, minute, past, played, said
from tests.unit.cli.told import ID, Told
from tests.unit.rollout.scenes import MINUTE, POLICY, START

FINER = replace(POLICY, steps=(10, 25, 50), step_odds=(3.0, 2.0, 1.5))


def paused_and_resumed() -> Told:
    """A rollout that a person held up, and that was promoted in the end."""
    told = played(minutes=3)
    for name in (CommandName.PAUSE, CommandName.RESUME):
        order = Command(name, ID, actor="ada", reason="a demonstration", key=name)
        minute(told, 0.01, trigger=order)
        minute(told, 0.01)
    for _ in range(20):
        minute(told, 0.01)
    return told


@pytest.mark.parametrize(
    ("story", "end"),
    [
        (played, "PROMOTED"),
        (partial(played, bad=0.04), "ROLLED_BACK"),
        (paused_and_resumed, "PROMOTED"),
        (partial(played, minutes=3), "RAMPING"),
    ],
    ids=["promoted", "rolled back", "paused", "under way"],
)
def test_rollouts_own_policy_gives_every_decision_again_exactly(
    story: Callable[[], Told], end: str
) -> None:
    told = story()
    asked = tuple(follow(past(told.entries), told.policy))
    assert asked[-1].turn.did.phase == end
    assert not any(one.turn.did.phase.is_over for one in asked[:-1])
    assert [one.turn.entry.version for one in asked] == list(range(3, 3 + len(asked)))
    for one in asked:
        assert encode(one.decision.state) == one.turn.entry.state
        decided = {**encode(one.decision), "state": None}
        assert decided == {**one.turn.entry.decision, "state": None}


@pytest.mark.parametrize(
    ("other", "bad", "would"),
    [
        (replace(POLICY, alpha=0.2), 0.03, DecisionKind.ROLL_BACK),
        (replace(POLICY, alpha=1e-5), 0.03, DecisionKind.HOLD),
        (replace(POLICY, bake=9 * MINUTE), 0.01, DecisionKind.HOLD),
        (replace(POLICY, bake=MINUTE, beta=0.3), 0.01, DecisionKind.ADVANCE),
        (replace(POLICY, deadline=5 * MINUTE), 0.015, DecisionKind.PAUSE),
        (replace(POLICY, discard=3 * MINUTE), 0.03, DecisionKind.HOLD),
        (FINER, 0.01, DecisionKind.ADVANCE),
    ],
)
def test_decision_where_they_part_is_that_of_a_rollout_which_had_the_other_policy(
    other: Policy, bad: float, would: DecisionKind
) -> None:
    asked = tuple(follow(past(played(bad=bad).entries), other))
    assert asked[-1].parts
    assert asked[-1].decision.kind is would
    really = {entry.version: entry for entry in played(other, bad=bad).entries}
    for one in asked:
        assert encode(one.decision.state) == really[one.turn.entry.version].state


def test_less_patient_policy_would_have_rolled_back_earlier_by_so_many_minutes() -> None:
    told, other = played(bad=0.03), replace(POLICY, alpha=0.2)
    late = _first(told, "ROLLING_BACK")
    early = _first(played(other, bad=0.03), "ROLLING_BACK")
    earlier = (late.at - early.at) // MINUTE
    assert earlier > 0
    found = said(told, other)
    requests = 100 * (early.version - 6)  # the first minute with traffic is that of entry 7
    assert f"They part at {early.at:%m-%d %H:%M:%S}, after {requests} canary requests" in found
    would = f"{OTHER} would have rolled back {earlier} min earlier, carried by errors: the canary"
    assert would in found
    left = f"the rollout stayed RAMPING at 10 % until {late.at:%m-%d %H:%M:%S}, then rolled back:"
    assert left in found
    assert "the canary would have had another share" in found
    worse = f"WORSE at {early.at:%m-%d %H:%M}, after {requests} requests, carried by errors"
    assert f"{'█' * earlier}█ {worse}" in found  # a cell a look: full from the threshold on
    assert f"{'█' * earlier}██ {worse}" not in found
    assert f"█ WORSE at {late.at:%m-%d %H:%M}" in found
    assert f"██ WORSE at {late.at:%m-%d %H:%M}" not in found


def _first(told: Told, phase: str, step: int = 0) -> Entry:
    """The entry that brought the rollout to a phase, and step."""
    return next(
        entry
        for entry in told.entries
        if (rollout := entry.state["rollout"])
        if rollout["phase"] == phase and rollout["step"] >= step
    )


def test_more_patient_policy_would_have_stayed_and_lacked() -> None:
    told = played()
    left = _first(told, "RAMPING", step=1)
    found = said(told, replace(POLICY, bake=19 * MINUTE))
    assert "bake 0:02:00 → 0:19:00" in found
    lacks = START + 25 * MINUTE - left.at  # the first step had its traffic at minute 6
    assert f"{OTHER} would have stayed RAMPING at 10 %: lacks bake time: {lacks} to go" in found
    assert "the rollout moved to RAMPING at 50 %: not worse at 10 % over" in found


def test_pause_that_leaves_the_share_is_where_they_part_too() -> None:
    told = played(replace(POLICY, bake=9 * MINUTE))
    found = said(told, replace(POLICY, deadline=4 * MINUTE, least_requests=10**6))
    assert f"{OTHER} would have paused: after 0:04:00 the step still lacks samples" in found
    assert "the rollout stayed RAMPING at 10 % until 03-02 09:15:00, then moved to RAMPING" in found
    assert "it would have been another rollout, at the same share of traffic at first" in found


def test_look_that_changed_nothing_may_have_been_where_they_part() -> None:
    told = played(minutes=2)
    told.minute += 5  # with looks that were not recorded
    minute(told, 0.01)
    found = said(told, replace(POLICY, deadline=6 * MINUTE, least_requests=10**6))
    assert "They part at 03-02 09:14:00, or earlier since 03-02 09:08:00 by a look that" in found


def test_rollout_that_has_not_moved_since_is_told_as_such() -> None:
    told = played(replace(POLICY, bake=9 * MINUTE), minutes=4)
    found = said(told, replace(POLICY, deadline=4 * MINUTE, least_requests=10**6))
    assert "the rollout stayed RAMPING at 10 %, and has not left it since" in found


def test_same_policy_never_parts_and_needs_no_second_line() -> None:
    found = said(played(), POLICY)
    assert "Policy the rollout's own" in found
    assert f"They do not part: {OTHER} would have decided the same to the end." in found
    assert "proven under the rollout" in found
    assert "the same so far" in said(played(minutes=3), POLICY)
    assert "Evidence, at the shares that the canary really had none" in said(
        Told().opened(), POLICY
    )


def test_finer_steps_part_at_the_first_other_share_and_the_evidence_goes_on() -> None:
    told = played()
    found = said(told, FINER)
    assert "moved to RAMPING at 50 % moved to RAMPING at 25 % They part" in found
    for share in (10, 50, 90):
        seen = [one for one in told.entries if _shares(one) == {share}]
        looks = seen if share == 10 else seen[1:]  # the first one confirms the share
        span = f"{looks[0].at:%m-%d %H:%M} to {looks[-1].at:%H:%M}"
        assert f" {share} % {span} {10 * share * len(looks)} -0." in found


def _shares(entry: Entry) -> set[float]:
    return {batch["canary_percent"] for batch in entry.seen["batches"]}


def test_proofs_come_when_the_machine_let_the_steps_pass_that_needed_them() -> None:
    told = played(replace(POLICY, bake=timedelta(0), least_requests=1))
    looks = weighings(past(told.entries), told.policy)
    passed = _first(told, "RAMPING", step=1), _first(told, "HOLDBACK")
    for odds, entry in zip(told.policy.step_odds, passed, strict=True):
        proofs = [first_proof(looks, g.metric, odds) for g in told.policy.guardrails]
        assert None not in proofs
        assert max(proof.at for proof in proofs if proof) == entry.at
    found = [proof for look in looks for proof in look.proved]
    assert len(found) == len(set(found)) == 4
    assert first_worse(looks) is None


def test_evidence_leaves_out_what_the_other_policy_discards() -> None:
    entries = past(played(minutes=5).entries)
    requests = [look.requests for look in weighings(entries, POLICY)]
    assert requests == [100, 200, 300, 400, 500]
    later = weighings(entries, replace(POLICY, discard=3 * MINUTE))
    assert [look.requests for look in later] == [0, 0, 0, 100, 200]


def test_alarm_on_the_evidence_of_another_promise_decides_nothing() -> None:
    told = played(minutes=2)
    rings = AlarmReading("steelyard/completion/evidence", "evidence", 4.6, canary=5.0, stable=None)
    minute(told, 0.01, alarms=(rings,))
    found = said(told, replace(POLICY, alpha=1e-5))
    assert f"{OTHER} would have stayed RAMPING at 10 %: lacks evidence on errors" in found
    other_errors = replace(rings, metric="errors", canary=20.0, stable=0.0)
    told = played(minutes=2)
    minute(told, 0.01, alarms=(other_errors,))
    assert "They do not part" in said(told, replace(POLICY, alpha=1e-5))


@pytest.mark.parametrize(
    "decision",
    [
        {"kind": "pause", "phase": "PAUSED"},
        {"verdict": None},
        {"verdict": {"log_evidence": {"errors": 9.0, "latency": 0.0, "total": 8.0}}},
    ],
    ids=["another decision", "no verdict", "other evidence"],
)
def test_ledger_that_this_version_would_not_have_written_is_not_compared(
    decision: dict[str, object],
) -> None:
    told = played(minutes=5)
    *before, last = told.entries
    entries = [*before, replace(last, decision={**last.decision, **decision})]
    found = said(told, replace(POLICY, alpha=0.2), entries)
    assert "can't be told: under the rollout's own policy, this version of Steelyard" in found
    assert f"wrote entry {last.version}" in found
    assert OTHER in found
    assert "They" not in found
    assert "WORSE" not in found


def test_entry_in_another_form_or_order_that_is_refused_now_is_a_problem() -> None:
    told = played(minutes=3)
    *before, last = told.entries
    strange = replace(last, seen={**last.seen, "weather": "fine"})
    with pytest.raises(Problem, match=f"entry {last.version} can't be read: .*weather"):
        said(told, POLICY, [*before, strange])
    order = Command(CommandName.START, ID, actor="ada", reason="too late", key="k")
    with pytest.raises(Problem, match=f"entry {last.version} is an order .* start is not legal in"):
        said(told, POLICY, [*before, replace(last, trigger=encode(order))])
