"""cli/demo/scenes: what a scene claims holds for a story that went so, and for no other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cli.demo import facts
from cli.demo.checks import Claim
from cli.demo.scenes import SCENES
from cli.demo.scenes import expectations as expect
from cli.demo.scenes.expectations import Rule
from cli.demo.story_data import LabelMinute, Minute, Rollout, Story, WeightsAt
from tests.unit.demo.fake_story import at, story

SCENE_NAMES = [
    "lost-subject", "slow-context", "garbage", "late", "pause", "newcomer", "by-hand",
]  # fmt: skip


@pytest.fixture
def told() -> Story:
    """The bad rollout alone: rolled back out of RAMPING, for errors."""
    whole = story()
    return replace(whole, rollouts=whole.rollouts[:1])


def _holds(told: Story, rule: Rule) -> bool:
    (found,) = facts.rollouts(told)
    claim = rule(told, found)
    assert claim.sentence
    assert claim.found
    return claim.holds


def _rollout(told: Story, **changes: Any) -> Story:
    return replace(told, rollouts=(replace(told.rollouts[0], **changes),))


def _carried(told: Story, metric: str, segment: str | None) -> Story:
    """The story, with another carrier in its verdict."""
    rollout = told.rollouts[0]
    entries = []
    for entry in rollout.entries:
        verdict = entry["decision"]["verdict"]
        carried = {"metric": metric, "segment": segment}
        changed = verdict and {**verdict, "carried_by": carried}
        entries.append({**entry, "decision": {**entry["decision"], "verdict": changed}})
    return _rollout(told, entries=tuple(entries))


def _labels(right: dict[str, int]) -> tuple[LabelMinute, ...]:
    """A thousand labels of each segment, so many of them right."""
    return tuple(LabelMinute(at(9), name, 1_000, 1_000 - n) for name, n in right.items())


def test_scenes_are_called_by_their_names_and_say_what_they_expect() -> None:
    assert list(SCENES) == SCENE_NAMES
    assert all(scene.name == name for name, scene in SCENES.items())
    assert all(scene.title and scene.expected.endswith(".") for scene in SCENES.values())


@pytest.mark.parametrize("name", SCENE_NAMES)
def test_scene_of_which_nothing_happened_fails(name: str) -> None:
    nothing = replace(story(), rollouts=(), weights=(), metrics={}, labels={})

    assert not all(claim.holds for claim in SCENES[name].check(nothing))


@pytest.mark.parametrize("name", SCENE_NAMES)
def test_scene_that_went_as_the_demo_does_fails(name: str) -> None:
    assert not all(claim.holds for claim in SCENES[name].check(story()))


def test_one_rollout_is_asked_for(told: Story) -> None:
    def always(_story: Story, _facts: facts.RolloutFacts) -> Claim:
        return Claim("it is", holds=True, found="it")

    assert [claim.holds for claim in expect.of_one(told, always)] == [True, True]
    assert [claim.holds for claim in expect.of_one(story(), always)] == [False]


def test_phase_that_it_was_rolled_back_from_is_asked_for(told: Story) -> None:
    assert _holds(told, expect.rolled_back_from("RAMPING", "HOLDBACK"))
    assert not _holds(told, expect.rolled_back_from("WARMING"))
    promoted = _rollout(told, outcome="PROMOTED")
    assert not _holds(promoted, expect.rolled_back_from("RAMPING"))


def test_reason_has_to_name_all_words(told: Story) -> None:
    assert _holds(told, expect.because_of("errors", "nats"))
    assert not _holds(told, expect.because_of("errors", "encodings"))


def test_verdict_has_to_be_carried_by_metric_and_segment(told: Story) -> None:
    assert _holds(told, expect.carried_by("errors"))
    assert not _holds(told, expect.carried_by("latency"))
    named = _carried(told, "labels", "text")
    assert _holds(named, expect.carried_by("labels", "text"))
    assert not _holds(named, expect.carried_by("labels", "networking"))
    assert not _holds(_carried(told, "labels", None), expect.carried_by("labels", "text"))


def _with_right(told: Story, canary: dict[str, int]) -> Story:
    labels = {"v1": _labels({"text": 600, "networking": 600}), "v2": _labels(canary)}
    return replace(told, labels=labels)


def test_one_segment_may_drop_a_lot(told: Story) -> None:
    dropped = _with_right(told, {"text": 400, "networking": 590})

    assert _holds(dropped, expect.only_segment_dropped("text"))


@pytest.mark.parametrize(
    "canary",
    [
        {"text": 500, "networking": 600},  # too small a drop
        {"text": 400, "networking": 500},  # another one dropped, too
        {"networking": 600},  # nobody said anything about it
    ],
)
def test_segments_may_not_drop_otherwise(told: Story, canary: dict[str, int]) -> None:
    assert not _holds(_with_right(told, canary), expect.only_segment_dropped("text"))


def test_canary_has_to_be_far_slower(told: Story) -> None:
    def with_p99(us: float) -> Story:
        minute = Minute(at(9), 100, 0, 1_000.0, us)
        return replace(told, metrics={**told.metrics, "v2": (minute,)})

    assert _holds(with_p99(90_000.0), expect.slower)
    assert not _holds(with_p99(3_000.0), expect.slower)
    assert not _holds(replace(told, metrics={}), expect.slower)


def test_no_user_may_meet_a_version_that_golden_requests_found_out(told: Story) -> None:
    still = (WeightsAt(at(0), {"v1": 1.0, "v2": 0.0}),)
    clients = replace(told.clients, answered={"v1": 9}, model_errors={})
    unseen = replace(told, weights=still, clients=clients)

    assert _holds(unseen, expect.never_met_a_user)
    assert not _holds(replace(unseen, weights=told.weights), expect.never_met_a_user)
    met = replace(clients, answered={"v1": 9, "v2": 1})
    assert not _holds(replace(unseen, clients=met), expect.never_met_a_user)
    failed = replace(clients, model_errors={"unnamed": 1})
    assert not _holds(replace(unseen, clients=failed), expect.never_met_a_user)


def test_stable_has_to_have_all_weight_in_the_end(told: Story) -> None:
    weights = (*told.weights, WeightsAt(told.ended, {"v1": 100.0, "v2": 0.0}))

    assert _holds(replace(told, weights=weights), expect.stable_has_all)
    assert not _holds(told, expect.stable_has_all)


def test_failures_have_to_begin_in_the_phase(told: Story) -> None:
    whole = story()
    good: Rollout = whole.rollouts[1]
    late = Minute(at(40), 1_000, 100, 1.0, 1.0)
    early = Minute(at(30), 100, 1, 1.0, 1.0)

    def with_minutes(*minutes: Minute) -> Story:
        return replace(whole, rollouts=(good,), metrics={**whole.metrics, "v3": minutes})

    assert _holds(with_minutes(late), expect.began_to_fail_in("HOLDBACK"))
    assert not _holds(with_minutes(early, late), expect.began_to_fail_in("HOLDBACK"))
    assert not _holds(with_minutes(), expect.began_to_fail_in("HOLDBACK"))
    assert not _holds(told, expect.began_to_fail_in("HOLDBACK"))


def test_clients_may_see_no_error_at_all(told: Story) -> None:
    assert not _holds(told, expect.no_errors)
    assert _holds(told, expect.stable_served)
    clean = replace(told.clients, model_errors={})
    assert _holds(replace(told, clients=clean), expect.no_errors)
    refused = replace(clean, platform_errors={"ServiceUnavailable": 1})
    assert not _holds(replace(told, clients=refused), expect.no_errors)
    assert not _holds(replace(told, clients=refused), expect.stable_served)
