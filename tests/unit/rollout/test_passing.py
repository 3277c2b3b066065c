"""When a step is passed, and what keeps it: missing or unreadable data never advances."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from steelyard.evidence import Batch, Guardrail, Labels, begin
from steelyard.rollout.machine import step
from steelyard.rollout.model import Decision, DecisionKind, Phase, Rollout, Samples
from steelyard.rollout.observation import Event, Hint, Live, Seen, Variant
from tests.unit.rollout.scenes import (
    BOOTSTRAP,
    CANARY,
    MINUTE,
    POLICY,
    START,
    alarm,
    batch,
    live,
    live_of,
    proved,
    rollout_in,
    seen,
    state_of,
)

ENOUGH = 2 * MINUTE
DONE = START + ENOUGH
FRESH = batch(DONE)


def decide(rollout: Rollout, reading: Seen, after: timedelta = ENOUGH) -> Decision:
    """The machine's answer to a tick."""
    return step(state_of(rollout), Event(Hint("tick"), reading), START + after)


def ready(phase: Phase = Phase.RAMPING, **changes: Any) -> Rollout:
    """A rollout that lacks nothing but a look."""
    rollout = rollout_in(phase, canary_requests=1000)
    return replace(rollout, **{"evidence": proved(rollout.evidence), **changes})


def reading_of(rollout: Rollout, **changes: Any) -> Seen:
    """A look with fresh counts."""
    return seen(live_of(rollout), batches=(FRESH,), metrics_until=DONE, **changes)


def test_step_with_time_samples_and_evidence_is_passed() -> None:
    decision = decide(ready(), reading_of(ready()))
    assert (decision.kind, decision.phase) == (DecisionKind.ADVANCE, Phase.RAMPING)
    assert decision.state.rollout is not None
    assert (decision.state.rollout.step, decision.state.rollout.canary_requests) == (1, 0)
    assert decision.reason == "not worse at 10 % over 1500 canary requests"


MISSING: tuple[tuple[str, dict[str, Any], dict[str, Any], timedelta, str], ...] = (
    ("bake", {}, {}, ENOUGH - timedelta(seconds=1), "bake time: 0:00:01 to go"),
    ("fresh", {}, {"batches": ()}, ENOUGH, "fresh counts"),
    ("no_requests", {}, {"batches": (batch(DONE, canary=(0, 0)),)}, ENOUGH, "fresh counts"),
    (
        "samples",
        {"canary_requests": 0},
        {"batches": (batch(DONE, canary=(99, 0)),)},
        ENOUGH,
        "samples: 99 of 100 canary requests",
    ),
    (
        "evidence",
        {"evidence": rollout_in(Phase.RAMPING).evidence},
        {"batches": (batch(DONE, canary=(101, 0)),)},
        ENOUGH,
        "evidence on errors",
    ),
    ("alarm", {}, {"alarms": (alarm(22.0, 23.0),)}, ENOUGH, "quiet: steelyard/completion"),
    ("unreadable", {}, {"unreadable": ("minute 09:01",)}, ENOUGH, "what can't be read: minute"),
    ("unseen", {}, {"live": None}, ENOUGH, "an endpoint in service"),
    (
        "busy",
        {},
        {"live": live(weights={"v1": 90, CANARY: 10}, status="SystemUpdating")},
        ENOUGH,
        "an endpoint in service",
    ),
)


@pytest.mark.parametrize(
    ("rollout", "reading", "after", "lacks"),
    [row[1:] for row in MISSING],
    ids=[r[0] for r in MISSING],
)
def test_step_is_held_by_each_thing_that_it_lacks(
    rollout: dict[str, Any], reading: dict[str, Any], after: timedelta, lacks: str
) -> None:
    held = ready(**rollout)
    decision = decide(held, replace(reading_of(held), **reading), after)
    assert (decision.kind, decision.phase) == (DecisionKind.HOLD, Phase.RAMPING)
    assert decision.reason.startswith(f"lacks {lacks}")


def test_discarded_time_counts_neither_for_samples_nor_for_baking() -> None:
    policy = replace(POLICY, discard=MINUTE)
    rollout = ready(policy=policy, canary_requests=0, weights_since=START + timedelta(seconds=20))
    half, whole = (batch(START + n * MINUTE) for n in (2, 3))
    early = decide(rollout, replace(reading_of(rollout), batches=(half,)), after=3 * MINUTE)
    assert early.state.rollout is not None
    assert early.state.rollout.canary_requests == 0
    later = decide(rollout, replace(reading_of(rollout), batches=(half, whole)), after=3 * MINUTE)
    assert later.state.rollout is not None
    assert later.state.rollout.canary_requests == 500
    assert later.reason == "lacks bake time: 0:00:20 to go"


def test_counts_that_came_while_weights_were_moving_are_not_weighed() -> None:
    rollout = ready(weights_since=None, canary_requests=0)
    decision = decide(rollout, reading_of(rollout))
    assert decision.state.rollout is not None
    assert decision.state.rollout.evidence == rollout.evidence


@pytest.mark.parametrize(
    ("counts", "step_at"), [((4, 4), 0), ((10, 5), 0), ((3, 2), 0), ((10, 9), 1)]
)
def test_raise_goes_ahead_with_just_enough_instances(counts: tuple[int, int], step_at: int) -> None:
    decision = decide(ready(step=step_at), _with_instances(counts, step_at))
    assert (decision.kind, decision.act) == (DecisionKind.ADVANCE, True)


@pytest.mark.parametrize(
    ("counts", "step_at", "need"), [((10, 4), 0, 5), ((10, 8), 1, 9), ((3, 1), 0, 2)]
)
def test_raise_beyond_the_canarys_instances_is_paused_and_told(
    counts: tuple[int, int], step_at: int, need: int
) -> None:
    decision = decide(ready(step=step_at), _with_instances(counts, step_at))
    assert (decision.phase, decision.page, decision.act) == (Phase.PAUSED, True, False)
    assert f"needs {need} canary instances, but {counts[1]} serve" in decision.reason


def _with_instances(counts: tuple[int, int], step_at: int) -> Seen:
    percent = POLICY.steps[step_at]
    variants = (
        Variant("v1", 100 - percent, counts[0], counts[0]),
        Variant(CANARY, percent, counts[1], counts[1]),
    )
    return replace(reading_of(ready(step=step_at)), live=replace(live(), variants=variants))


@pytest.mark.parametrize("phase", [Phase.RAMPING, Phase.HOLDBACK])
def test_deadline_without_any_data_rolls_back_and_with_some_pauses(phase: Phase) -> None:
    without, some = rollout_in(phase), rollout_in(phase, canary_requests=1)
    nothing = seen(live_of(without))
    assert decide(without, nothing, POLICY.deadline).phase is Phase.ROLLING_BACK
    assert decide(some, nothing, POLICY.deadline).phase is Phase.PAUSED
    just_before = POLICY.deadline - timedelta(seconds=1)
    assert decide(without, nothing, just_before).kind is DecisionKind.HOLD


@pytest.mark.parametrize(
    ("there", "changes"),
    [
        (None, {}),
        (live(status="SystemUpdating"), {}),
        (live(), {"unreadable": ("describe alarms: Throttling",)}),
        (live(), {"alarms": (alarm(22.0, 22.0),)}),
    ],
    ids=["unseen", "busy", "alarms_unread", "alarm"],
)
def test_warm_canary_gets_no_traffic_unless_all_is_seen_and_quiet(
    there: Live | None, changes: dict[str, Any]
) -> None:
    warm = rollout_in(Phase.WARMING)
    assert decide(warm, seen(there, **changes)).phase is Phase.WARMING
    assert decide(warm, seen(live())).phase is Phase.RAMPING


def test_canary_that_stays_warm_for_too_long_is_told() -> None:
    """Once, an alarm that could not be read kept it warm, and billed, without a word."""
    warm = rollout_in(Phase.WARMING)
    denied = seen(live(), unreadable=("describe alarms: AccessDenied",))
    assert decide(warm, denied, POLICY.deadline - timedelta(seconds=1)).kind is DecisionKind.HOLD
    late = decide(warm, denied, POLICY.deadline)
    assert (late.phase, late.page) == (Phase.PAUSED, True)
    assert late.reason.endswith("can't be read: describe alarms: AccessDenied")


@pytest.mark.parametrize(
    ("there", "changes", "waits"),
    [
        (None, {}, "the endpoint can't be read"),
        (replace(BOOTSTRAP, status="Updating"), {}, "the endpoint is Updating"),
        (BOOTSTRAP, {"alarms": (alarm(1.0),)}, "in ALARM: steelyard/completion/v2-r1/errors"),
        (BOOTSTRAP, {"unreadable": ("describe alarms: x",)}, "describe alarms: x"),
        (live("other", {"v1": 1}), {"serving": None}, "the endpoint is on other, not on compl"),
    ],
)
def test_approved_version_waits_until_the_endpoint_is_as_it_should_be(
    there: Live | None, changes: dict[str, Any], waits: str
) -> None:
    decision = decide(rollout_in(Phase.PENDING), seen(there, **changes))
    assert (decision.kind, decision.phase) == (DecisionKind.HOLD, Phase.PENDING)
    assert decision.reason.startswith(f"waits: {waits}")


@pytest.mark.parametrize(("lost", "metric"), [("slow", "latency"), ("errors", "errors")])
def test_metric_that_is_gone_at_this_step_holds_though_it_was_proved_before(
    lost: str, metric: str
) -> None:
    """A proof from an earlier step is no sign of life."""
    stable, canary = (
        replace(arm, bad={name: count for name, count in arm.bad.items() if name != lost})
        for arm in (FRESH.stable, FRESH.canary)
    )
    without = replace(FRESH, stable=stable, canary=canary)
    rollout = ready(Phase.HOLDBACK)
    decision = decide(rollout, replace(reading_of(rollout), batches=(without,)))
    assert decision.phase is Phase.HOLDBACK
    assert decision.reason == f"lacks samples of {metric} at this step"


def test_labels_of_a_discarded_minute_are_weighed_and_its_requests_are_not() -> None:
    guardrails = (Guardrail("errors", 0.5), Guardrail("labels", 0.5))
    careful = replace(POLICY, discard=20 * MINUTE, guardrails=guardrails, metric_lag=MINUTE)
    labels = {"other": Labels(40, 8)}
    stable, canary = (replace(arm, labels=labels) for arm in (FRESH.stable, FRESH.canary))
    late = Batch(DONE, 10, stable, canary)
    rollout = rollout_in(Phase.RAMPING, policy=careful, evidence=begin(careful.promise))
    reading = seen(live_of(rollout), batches=(late, FRESH), metrics_until=DONE, labels_until=DONE)
    after = decide(rollout, reading).state.rollout
    assert after is not None
    assert (after.canary_requests, after.labels_until) == (0, DONE)
    assert after.samples == {"errors": Samples(0, 0), "labels": Samples(40, 40)}
    assert after.evidence.guards["labels"].seen.canary_requests == 40
