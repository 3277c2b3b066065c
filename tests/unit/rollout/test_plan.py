"""From a phase to its intent, and whether the world is as intended."""

from __future__ import annotations

import struct
from dataclasses import replace
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.rollout.actions import (
    CreateConfig,
    CreateModel,
    DeleteAlarms,
    Intent,
    NewVariant,
    PutAlarms,
    SetWeights,
    UpdateEndpoint,
)
from steelyard.rollout.model import Phase
from steelyard.rollout.observation import Live, Variant
from steelyard.rollout.plan import intent_for, is_met, splits_as
from tests.unit.rollout.scenes import BOOTSTRAP, CANARY, CONFIG, POLICY, live, rollout_in, seen

IN_ORDER = [CreateModel, CreateConfig, PutAlarms, UpdateEndpoint]
QUIET = (Phase.PENDING, Phase.WARMING, Phase.PAUSED, Phase.NEEDS_HUMAN)


def test_provisioning_makes_what_the_update_needs_before_the_update() -> None:
    intent = intent_for(rollout_in(Phase.PROVISIONING), BOOTSTRAP)
    assert intent is not None
    assert [type(action) for action in intent.actions] == IN_ORDER
    assert intent.config == CONFIG
    assert intent.weights == {"v1": 100, CANARY: 0}
    assert intent.alarms is True


def test_canary_gets_as_many_instances_as_the_policy_says() -> None:
    policy = replace(POLICY, canary_instances=3)
    intent = intent_for(rollout_in(Phase.PROVISIONING, policy=policy), BOOTSTRAP)
    assert intent is not None
    new = [a.canary for a in intent.actions if isinstance(a, CreateConfig)]
    assert new == [NewVariant(CANARY, CONFIG, instances=3)]


@pytest.mark.parametrize(
    ("phase", "step", "percent"),
    [
        (Phase.RAMPING, 0, 10),
        (Phase.RAMPING, 1, 50),
        (Phase.HOLDBACK, 1, 90),
        (Phase.FINALIZING, 1, 100),
    ],
)
def test_phase_with_traffic_sets_its_percentage_and_nothing_else(
    phase: Phase, step: int, percent: int
) -> None:
    intent = intent_for(rollout_in(phase, step=step), live())
    weights = {"v1": 100 - percent, CANARY: percent}
    assert intent == Intent((SetWeights(weights),), config=CONFIG, weights=weights)


@pytest.mark.parametrize(
    ("percent", "weights"),
    [(0.01, (9999, 1)), (0.17, (9983, 17)), (2.0, (98, 2)), (8.33, (9167, 833))],
)
def test_share_that_is_no_whole_percentage_is_in_hundredths(
    percent: float, weights: tuple[int, int]
) -> None:
    intent = intent_for(rollout_in(Phase.RAMPING, first_percent=percent), live())
    assert intent is not None
    assert intent.weights == {"v1": weights[0], CANARY: weights[1]}
    assert all(type(weight) is int for weight in intent.weights.values())


def test_rollback_gives_stable_all_traffic_on_whatever_config() -> None:
    intent = intent_for(rollout_in(Phase.ROLLING_BACK), live())
    weights = {"v1": 100, CANARY: 0}
    assert intent == Intent((SetWeights(weights),), config=None, weights=weights)


def test_rollback_before_the_canary_is_there_names_no_variant_that_is_not() -> None:
    intent = intent_for(rollout_in(Phase.ROLLING_BACK), BOOTSTRAP)
    assert intent is not None
    assert intent.actions == ()
    assert is_met(intent, seen(BOOTSTRAP))


def test_rollback_with_the_endpoint_unreadable_assumes_that_the_canary_is_there() -> None:
    intent = intent_for(rollout_in(Phase.ROLLING_BACK), None)
    assert intent is not None
    assert intent.actions == (SetWeights({"v1": 100, CANARY: 0}),)


@pytest.mark.parametrize("phase", [Phase.PROMOTED, Phase.ROLLED_BACK])
def test_rollout_that_is_over_takes_its_alarms_away(phase: Phase) -> None:
    intent = intent_for(rollout_in(phase), live())
    assert intent == Intent((DeleteAlarms(CANARY),), config=None, weights={}, alarms=False)


@pytest.mark.parametrize("phase", QUIET)
def test_phase_that_waits_intends_nothing(phase: Phase) -> None:
    assert intent_for(rollout_in(phase), live()) is None


def test_every_phase_is_either_quiet_or_has_an_intent() -> None:
    loud = {phase for phase in Phase if intent_for(rollout_in(phase, step=0), live())}
    assert loud == set(Phase) - set(QUIET)


@given(st.sampled_from([Phase.RAMPING, Phase.HOLDBACK, Phase.FINALIZING, Phase.ROLLING_BACK]))
def test_weights_are_finite_integers_with_a_positive_sum(phase: Phase) -> None:
    intent = intent_for(rollout_in(phase, step=1), live())
    assert intent is not None
    assert all(type(w) is int and isfinite(w) and w >= 0 for w in intent.weights.values())
    assert sum(intent.weights.values()) > 0


SHIFT = intent_for(rollout_in(Phase.RAMPING), live())
THERE = live(weights={"v1": 90, CANARY: 10})


@pytest.mark.parametrize(
    "other",
    [
        replace(THERE, status="Updating"),
        replace(THERE, config="completion-v9-r9"),
        live(weights={"v1": 89, CANARY: 11}),
        live(weights={"v1": 90}),
        live(weights={"v1": 90, CANARY: 10, "v0": 1}),
        live(weights={"v1": 0, CANARY: 0}),
        replace(THERE, variants=(Variant("v1", 90, 2, 2), Variant(CANARY, 10, 0, 1))),
        None,
    ],
    ids=["status", "config", "split", "no_canary", "third", "zero", "instances", "unreadable"],
)
def test_intent_is_met_only_when_all_is_as_intended(other: Live | None) -> None:
    assert SHIFT is not None
    assert is_met(SHIFT, seen(THERE))
    assert not is_met(SHIFT, seen(other))


@pytest.mark.parametrize(("there", "met"), [(True, True), (False, False), (None, False)])
def test_provisioning_is_done_only_with_all_alarms_in_place(
    *, there: bool | None, met: bool
) -> None:
    intent = intent_for(rollout_in(Phase.PROVISIONING), BOOTSTRAP)
    assert intent is not None
    assert is_met(intent, seen(live(), canary_alarms=there)) is met


@pytest.mark.parametrize(("gone", "met"), [(True, True), (False, False), (None, False)])
def test_tidying_is_done_only_when_no_alarm_is_left(*, gone: bool | None, met: bool) -> None:
    intent = intent_for(rollout_in(Phase.PROMOTED), live())
    assert intent is not None
    assert is_met(intent, seen(None, canary_alarms=False, canary_alarms_gone=gone)) is met


@given(st.integers(1, 99))
def test_integer_weights_survive_sagemakers_32_bit_floats(percent: int) -> None:
    weights = {"v1": 100 - percent, CANARY: percent}
    kept = {name: struct.unpack("f", struct.pack("f", w))[0] for name, w in weights.items()}
    assert splits_as(live(weights=kept), weights)


@given(st.floats(0.01, 100), st.integers(1, 99))
def test_only_the_share_counts_not_the_scale(scale: float, percent: int) -> None:
    weights = {"v1": (100 - percent) * scale, CANARY: percent * scale}
    assert splits_as(live(weights=weights), {"v1": 100 - percent, CANARY: percent})
    assert not splits_as(live(weights=weights), {"v1": 99 - percent, CANARY: percent + 1})
