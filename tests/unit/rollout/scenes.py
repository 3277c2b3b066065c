"""Builders of rollouts and of what is seen, for the tests of the core. Not a test itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from steelyard.evidence import Arm, Batch, Evidence, begin, weigh
from steelyard.rollout.actions import Intent
from steelyard.rollout.machine import step
from steelyard.rollout.model import Candidate, Decision, EndpointState, Phase, Rollout, Stable
from steelyard.rollout.observation import (
    AlarmReading,
    Command,
    CommandName,
    Event,
    Hint,
    Live,
    Seen,
    Variant,
)
from steelyard.rollout.plan import intent_for
from steelyard.rollout.policy import Policy

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

POLICY = Policy(
    steps=(10, 50),
    step_odds=(3.0, 2.0),
    bake=2 * MINUTE,
    least_requests=100,
    discard=timedelta(0),
    warm_up=MINUTE,
    holdback_percent=90,
    holdback=2 * MINUTE,
    deadline=30 * MINUTE,
    provision_timeout=10 * MINUTE,
    settle=2 * MINUTE,
    metric_lag=timedelta(0),
)
STABLE = Stable("v1", "completion-bootstrap", 1)
CANDIDATE = Candidate(2, "arn:aws:sagemaker:eu-west-1:0:model-package/completion/2", START)
CANARY, CONFIG = "v2-r1", "completion-v2-r1"


def rollout_in(phase: Phase, **changes: Any) -> Rollout:
    """A rollout that entered the phase at START and had nothing open since."""
    step = {Phase.RAMPING: 0, Phase.PAUSED: 0, Phase.HOLDBACK: 1, Phase.FINALIZING: 1}.get(
        phase, -1
    )
    rollout = Rollout(
        id="completion-r1",
        epoch=1,
        candidate=CANDIDATE,
        stable=STABLE,
        canary=CANARY,
        model=CONFIG,
        config=CONFIG,
        policy=POLICY,
        phase=phase,
        since=START,
        evidence=begin(POLICY.promise),
        step=step,
        weights_since=START if step >= 0 or phase is Phase.ROLLING_BACK else None,
        resume_to=Phase.RAMPING if phase is Phase.PAUSED else None,
        latched=phase in (Phase.ROLLING_BACK, Phase.ROLLED_BACK),
    )
    return replace(rollout, **changes)


def state_of(rollout: Rollout | None, **changes: Any) -> EndpointState:
    """The endpoint's state around a rollout."""
    epoch = rollout.epoch if rollout is not None else 0
    state = EndpointState("completion", epoch=epoch, stable=STABLE, rollout=rollout)
    return replace(state, **changes)


def live(
    config: str = CONFIG, weights: Mapping[str, float] | None = None, status: str = "InService"
) -> Live:
    """The endpoint, with one instance for each variant."""
    weights = {"v1": 100, CANARY: 0} if weights is None else weights
    variants = tuple(Variant(name, weight, 1, 1) for name, weight in weights.items())
    return Live(status, config, variants)


BOOTSTRAP = live(STABLE.config, {"v1": 1.0})


def live_of(rollout: Rollout) -> Live:
    """The endpoint as the rollout's phase means it to be."""
    if rollout.phase in (Phase.PENDING, Phase.PROVISIONING):
        return BOOTSTRAP
    percent = rollout.canary_percent
    return live(weights={"v1": 100 - percent, CANARY: percent})


def seen(live: Live | None, **changes: Any) -> Seen:
    """A reading in which all could be read, and nothing was remarkable; people were told."""
    serving = None
    if live is not None and live.variants:
        most = max(live.variants, key=lambda variant: variant.weight).name
        serving = Stable(most, live.config, 1 if most == "v1" else 2)
    reading = Seen(POLICY, live, serving, canary_alarms=True, canary_alarms_gone=False, golden=())
    return replace(reading, **{"told": True, **changes})


def batch(
    end: datetime,
    *,
    canary: tuple[int, int] = (500, 0),
    stable: tuple[int, int] | None = None,
    percent: float | None = None,
) -> Batch:
    """One minute: requests and errors of each variant, split as meant unless both are given."""
    requests = canary[0]
    if stable is None:
        share = percent or 50
        stable = (round(requests * (100 - share) / share) or 500, 0)
    if percent is None:
        percent = 100 * requests / max(1, requests + stable[0])
    counts = (Arm(requests, {"errors": bad, "slow": 0}) for requests, bad in (stable, canary))
    of_stable, of_canary = counts
    return Batch(end, percent, of_stable, of_canary)


def proved(evidence: Evidence) -> Evidence:
    """The evidence after a good minute with many requests: not worse at any step."""
    return weigh(evidence, batch(START, canary=(5000, 0), stable=(5000, 0)), POLICY.promise)


def alarm(canary: float | None, stable: float | None = 0.0) -> AlarmReading:
    """The canary's error alarm in ALARM; its threshold is 5 %."""
    return AlarmReading("steelyard/completion/v2-r1/errors", "errors", 5.0, canary, stable)


def command(name: CommandName, key: str = "k1", rollout: str = "completion-r1") -> Command:
    """What a person orders."""
    return Command(name, rollout, actor="ada", reason="says so", key=key)


def decide(
    rollout: Rollout, reading: Seen, after: timedelta = MINUTE, kind: Any = "tick"
) -> Decision:
    """The machine's answer to a hint."""
    return step(state_of(rollout), Event(Hint(kind), reading), START + after)


def intent_after(decision: Decision) -> Intent:
    """The intent that is open after a decision."""
    rollout = decision.state.rollout
    assert rollout is not None
    assert rollout.intent is not None
    return rollout.intent


def with_intent(phase: Phase, **changes: Any) -> Rollout:
    """A rollout whose intent is open."""
    rollout = rollout_in(phase, weights_since=None)
    intent = intent_for(rollout, live())
    assert intent is not None
    return replace(rollout, intent=replace(intent, **changes))


SOON = START + MINUTE
WORSE = batch(SOON, canary=(500, 100))
