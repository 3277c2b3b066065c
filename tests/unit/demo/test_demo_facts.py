"""cli/demo/facts.py: what follows from a story, figure by figure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cli.demo import facts
from cli.demo.story_data import Rollout, Story, WeightsAt
from tests.unit.demo.fake_story import at, story


@pytest.fixture(scope="module")
def told() -> Story:
    return story()


def test_decisions_are_numbered_through_and_leave_out_quiet_ticks(told: Story) -> None:
    bad, good = facts.rollouts(told)

    assert [decision.number for decision in (*bad.decisions, *good.decisions)] == list(range(1, 17))
    assert [decision.kind for decision in bad.decisions] == [
        *("start", "advance", "advance", "advance", "roll_back", "roll_back"),
    ]
    assert bad.decisions[4].trigger == "alarm"
    assert bad.decisions[4].log_evidence == 9.3
    assert bad.decisions[4].carried_by == {"metric": "errors", "segment": None}
    assert bad.decisions[0].log_evidence is None
    assert bad.decisions[0].carried_by is None


def test_hold_that_calls_a_person_is_told(told: Story) -> None:
    entry = dict(told.rollouts[0].entries[2])
    entry["decision"] = {**entry["decision"], "page": True}
    rollout = replace(told.rollouts[0], entries=(entry,))

    (found,) = facts.rollouts(replace(told, rollouts=(rollout,)))

    assert [(decision.kind, decision.page) for decision in found.decisions] == [("hold", True)]


def test_moments_may_be_text_or_datetimes(told: Story) -> None:
    entry = {**told.rollouts[0].entries[0], "at": at(4.1)}
    rollout = replace(told.rollouts[0], entries=(entry, *told.rollouts[0].entries))

    (found,) = facts.rollouts(replace(told, rollouts=(rollout,)))

    assert found.decisions[0].at == found.decisions[1].at == at(4.1)


def test_figures_cover_the_rollout_and_nothing_else(told: Story) -> None:
    bad, good = facts.rollouts(told)
    beside = [m for m in told.metrics["v1"] if bad.rollout.started <= m.at <= bad.rollout.ended]

    assert bad.canary.errors == sum(minute.errors for minute in told.metrics["v2"])
    assert bad.canary.error_percent == pytest.approx(25, abs=5)
    assert bad.stable.requests == sum(minute.requests for minute in beside)
    assert bad.first_traffic == at(8)
    assert bad.highest_percent == 5
    assert bad.peak is not None
    assert bad.peak.total == 9.3
    assert good.highest_percent == 95
    assert good.canary.requests < sum(minute.requests for minute in told.metrics["v3"])


def test_canary_without_traffic_has_no_figures(told: Story) -> None:
    quiet = replace(told, weights=told.weights[:1], metrics={}, evidence=())

    bad = facts.rollouts(quiet)[0]

    assert bad.quality == ()

    assert (bad.first_traffic, bad.highest_percent, bad.peak) == (None, 0, None)
    assert (bad.canary.error_percent, bad.canary.p99_ms) == (0, None)


def test_quality_is_that_of_the_labels_that_came_meanwhile(told: Story) -> None:
    (bad, _) = facts.rollouts(told)
    rollout = bad.rollout
    stable, canary = (
        sum(
            minute.labels
            for minute in told.labels[variant]
            if minute.segment == "text" and rollout.started <= minute.at <= rollout.ended
        )
        for variant in ("v1", "v2")
    )

    assert [quality.segment for quality in bad.quality] == ["encodings", "networking", "text"]
    text = bad.quality[-1]
    assert text.canary.labels == canary > 0
    assert text.canary.correct_percent == pytest.approx(50, abs=5)
    assert text.stable.labels == stable > canary
    everything = facts.pooled(quality.canary for quality in bad.quality)
    assert everything.labels == 3 * text.canary.labels
    assert facts.Labelled(0, 0).correct_percent is None


def test_steps_last_until_the_next_change_or_the_end(told: Story) -> None:
    bad, good = told.rollouts

    assert facts.canary_steps(told, bad) == [(at(8), at(11), 1), (at(11), at(12.9), 5)]
    assert facts.canary_steps(told, good)[-1] == (at(44), at(45.3), 100)


def test_weights_are_read_as_shares_of_their_sum() -> None:
    assert facts.share({"a": 1.0, "b": 3.0}, "b") == 75
    assert facts.share({"a": 1.0}, "b") == 0
    assert facts.share({}, "b") == 0


def test_canary_that_had_weight_before_its_rollout_began_is_counted_from_there() -> None:
    told = story()
    rollout: Rollout = told.rollouts[0]
    early = replace(told, weights=(WeightsAt(at(0), {"v1": 90.0, "v2": 10.0}),))

    assert facts.canary_steps(early, rollout) == [(rollout.started, rollout.ended, 10)]
