"""A good and a bad rollout from approval to end, as plain data and without AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from steelyard.rollout.machine import step
from steelyard.rollout.model import Decision, DecisionKind, EndpointState, Phase, Stable
from steelyard.rollout.observation import Event, Hint, Live, Seen, Trigger
from tests.unit.rollout.scenes import (
    BOOTSTRAP,
    CANARY,
    CANDIDATE,
    CONFIG,
    MINUTE,
    STABLE,
    START,
    batch,
    live,
    seen,
)

TICK, RECHECK = Hint("tick"), Hint("recheck")


@dataclass(frozen=True)
class Beat:
    """One event of the story, and what must come of it.

    Attributes:
        minute: when, after START.
        act: whether the service must act now.
        intends: weights of the intent that is open afterwards; None where none is.
    """

    minute: float
    trigger: Trigger
    seen: Seen
    kind: DecisionKind
    phase: Phase | None
    act: bool = False
    page: bool = False
    intends: Mapping[str, int] | None = None


def at(percent: int, *, status: str = "InService") -> Live:
    """The endpoint with this canary share."""
    return live(weights={"v1": 100 - percent, CANARY: percent}, status=status)


def quiet(percent: int, minute: int) -> Seen:
    """A minute in which neither variant failed."""
    end = START + minute * MINUTE
    return seen(at(percent), batches=(batch(end, percent=percent),), metrics_until=end)


def bad(percent: int, minute: int) -> Seen:
    """A minute in which a tenth of the canary's requests failed, and none of stable's."""
    end = START + minute * MINUTE
    counts = batch(end, canary=(500, 50), percent=percent)
    return seen(at(percent), batches=(counts,), metrics_until=end)


def shares(percent: int) -> dict[str, int]:
    """Weights that give the canary this share."""
    return {"v1": 100 - percent, CANARY: percent}


NO_ALARMS: dict[str, Any] = {"canary_alarms": False, "canary_alarms_gone": True}
ADOPT, START_, HOLD = DecisionKind.ADOPT, DecisionKind.START, DecisionKind.HOLD
ADVANCE, PROMOTE, BACK = DecisionKind.ADVANCE, DecisionKind.PROMOTE, DecisionKind.ROLL_BACK

UNTIL_TRAFFIC = (
    Beat(0, TICK, seen(BOOTSTRAP), ADOPT, None),
    Beat(1, Hint("approval"), seen(BOOTSTRAP, approved=(CANDIDATE,)), START_, Phase.PENDING),
    Beat(1, RECHECK, seen(BOOTSTRAP), ADVANCE, Phase.PROVISIONING, act=True, intends=shares(0)),
    Beat(
        1,
        RECHECK,
        seen(live(STABLE.config, {"v1": 1}, "Updating")),
        HOLD,
        Phase.PROVISIONING,
        intends=shares(0),
    ),
    Beat(3, TICK, seen(at(0)), ADVANCE, Phase.WARMING),
    Beat(3.5, Hint("endpoint"), seen(at(0)), HOLD, Phase.WARMING),
    Beat(4, TICK, seen(at(0)), ADVANCE, Phase.RAMPING, act=True, intends=shares(10)),
    Beat(4, RECHECK, seen(at(0, status="Updating")), HOLD, Phase.RAMPING, intends=shares(10)),
    Beat(5, TICK, seen(at(10)), HOLD, Phase.RAMPING),
)

GOOD = (
    *UNTIL_TRAFFIC,
    Beat(6, TICK, quiet(10, 6), HOLD, Phase.RAMPING),
    Beat(7, TICK, quiet(10, 7), ADVANCE, Phase.RAMPING, act=True, intends=shares(50)),
    Beat(8, TICK, seen(at(50)), HOLD, Phase.RAMPING),
    Beat(9, TICK, quiet(50, 9), HOLD, Phase.RAMPING),
    Beat(10, TICK, quiet(50, 10), ADVANCE, Phase.HOLDBACK, act=True, intends=shares(90)),
    Beat(11, TICK, seen(at(90)), HOLD, Phase.HOLDBACK),
    Beat(12, TICK, quiet(90, 12), HOLD, Phase.HOLDBACK),
    Beat(13, TICK, quiet(90, 13), ADVANCE, Phase.FINALIZING, act=True, intends=shares(100)),
    Beat(14, TICK, seen(at(100)), PROMOTE, Phase.PROMOTED, act=True, page=True, intends={}),
    Beat(14, RECHECK, seen(at(100), **NO_ALARMS), HOLD, Phase.PROMOTED),
    Beat(15, TICK, seen(at(100)), HOLD, None),
)

BAD = (
    *UNTIL_TRAFFIC,
    Beat(6, TICK, bad(10, 6), BACK, Phase.ROLLING_BACK, act=True, page=True, intends=shares(0)),
    Beat(6, RECHECK, seen(at(10, status="Updating")), HOLD, Phase.ROLLING_BACK, intends=shares(0)),
    Beat(7, TICK, seen(at(0)), HOLD, Phase.ROLLING_BACK),
    Beat(8, TICK, seen(at(0)), HOLD, Phase.ROLLING_BACK),
    Beat(9, TICK, seen(at(0)), BACK, Phase.ROLLED_BACK, act=True, page=True, intends={}),
    Beat(9, RECHECK, seen(at(0), **NO_ALARMS), HOLD, Phase.ROLLED_BACK),
    Beat(10, TICK, seen(at(0)), HOLD, None),
)


def tell(story: Sequence[Beat]) -> list[Decision]:
    """All decisions of a story; each must be as its beat says."""
    state, decisions = EndpointState("completion"), []
    for number, beat in enumerate(story):
        decision = step(state, Event(beat.trigger, beat.seen), START + beat.minute * MINUTE)
        state = decision.state
        rollout = state.rollout
        intent = rollout.intent if rollout is not None else None
        got = (decision.kind, decision.phase, decision.act, decision.page)
        assert got == (beat.kind, beat.phase, beat.act, beat.page), (number, decision.reason)
        assert (intent.weights if intent is not None else None) == beat.intends, number
        decisions.append(decision)
    return decisions


def test_good_update_is_promoted_step_by_step() -> None:
    end = tell(GOOD)[-1].state
    assert end.stable == Stable(CANARY, CONFIG, 2)
    assert end.rollout is not None
    assert end.rollout.phase is Phase.PROMOTED


def test_bad_update_is_rolled_back_in_the_minute_that_shows_it() -> None:
    decisions = tell(BAD)
    reasons = [decision.reason for decision in decisions if decision.kind is BACK]
    assert reasons[0].startswith("the canary is worse in errors: log evidence ")
    assert reasons[1] == "stable has had all traffic for 0:02:00"
    # The loser stays in the config, at weight 0, until the next rollout's update takes it out.
    assert decisions[-1].state.stable == Stable("v1", CONFIG, 1)


def test_every_decision_says_why() -> None:
    assert all(decision.reason for decision in [*tell(GOOD), *tell(BAD)])
    holds = [decision.reason for decision in tell(GOOD) if decision.kind is HOLD]
    assert "in progress; the endpoint is Updating" in holds
    assert "lacks bake time: 0:01:00 to go" in holds


def test_verdict_travels_with_every_decision_under_traffic() -> None:
    verdicts = [d.verdict for d in tell(BAD) if d.phase is Phase.ROLLING_BACK]
    assert all(verdict is not None and verdict.kind == "WORSE" for verdict in verdicts)
