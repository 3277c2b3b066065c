"""Each claim of the demo holds for a story that went well, and fails for one that did not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from cli.demo.checks import Claim, check
from cli.demo.story_data import AlarmChange, Minute, Rollout, Story, WeightsAt
from tests.unit.demo import fake_story


def well() -> Story:
    """The fake story, in which the bad update took one step and an error was named as the cause."""
    story = fake_story.story()
    bad, good = story.rollouts
    entries = tuple(e for e in bad.entries if "canary to 5 %" not in e["decision"]["reason"])
    return replace(story, rollouts=(replace(bad, entries=entries), _with_pending(good)))


def _with_pending(rollout: Rollout) -> Rollout:
    opened = {"decision": {"kind": "start", "phase": "PENDING", "reason": "approved"}}
    return replace(rollout, entries=({**rollout.entries[0], **opened}, *rollout.entries))


def failing(story: Story) -> list[str]:
    """The sentences that don't hold."""
    return [claim.sentence for claim in check(story) if not claim.holds]


def test_story_that_went_well_holds_in_every_claim() -> None:
    claims = check(well())
    assert [claim for claim in claims if not claim.holds] == []
    assert len(claims) == 12
    assert all(isinstance(claim, Claim) and claim.found for claim in claims)


def _bad(story: Story, **changes: Any) -> Story:
    return replace(story, rollouts=(replace(story.rollouts[0], **changes), story.rollouts[1]))


def _good(story: Story, **changes: Any) -> Story:
    return replace(story, rollouts=(story.rollouts[0], replace(story.rollouts[1], **changes)))


def _for_another_reason(story: Story) -> Story:
    entries = tuple(_reworded(e) for e in story.rollouts[0].entries)
    return _bad(story, entries=entries)


def _reworded(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**entry, "decision": {**entry["decision"], "reason": "an operator wished it"}}


def _raised_again(story: Story) -> Story:
    return _bad(story, entries=fake_story.story().rollouts[0].entries)


def _skipping_holdback(story: Story) -> Story:
    entries = tuple(e for e in story.rollouts[1].entries if e["decision"]["phase"] != "HOLDBACK")
    return _good(story, entries=entries)


def _without_alarms(story: Story) -> Story:
    quiet = tuple(AlarmChange(a.at, a.name, "OK") for a in story.alarms)
    return replace(story, alarms=quiet)


def _with_traffic_left(story: Story) -> Story:
    last = WeightsAt(story.ended, {"v1": 5.0, "v3": 95.0})
    return replace(story, weights=(*story.weights, last))


def _with_an_error_of_stable(story: Story) -> Story:
    minute = Minute(story.started, 10, 1, 1.0, 1.0)
    metrics = {**story.metrics, "v1": (*story.metrics["v1"], minute)}
    return replace(story, metrics=metrics)


def _with_an_error_that_no_metric_has(story: Story) -> Story:
    clients = replace(story.clients, model_errors={**story.clients.model_errors, "unnamed": 1})
    return replace(story, clients=clients)


def _with_a_lost_label(story: Story) -> Story:
    clients = replace(story.clients, labels=story.clients.labels + 1)
    return replace(story, clients=clients)


def _with_a_silent_segment(story: Story) -> Story:
    heard = tuple(m for m in story.labels["v3"] if m.segment != "text")
    return replace(story, labels={**story.labels, "v3": heard})


def _with_no_better_quality(story: Story) -> Story:
    same = tuple(replace(version, quality=story.versions[0].quality) for version in story.versions)
    return replace(story, versions=same)


def _with_a_refused_connection(story: Story) -> Story:
    clients = replace(story.clients, platform_errors={"EndpointConnectionError": 1})
    return replace(story, clients=clients)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda s: replace(s, rollouts=s.rollouts[:1]), "each rolled out once"),
        (lambda s: _bad(s, outcome="PROMOTED"), "rolled back for its errors"),
        (_for_another_reason, "rolled back for its errors"),
        (lambda s: replace(s, evidence=()), "reached its threshold"),
        (_without_alarms, "alarm noticed"),
        (_raised_again, "never got beyond its first step"),
        (_skipping_holdback, "went through every phase"),
        (lambda s: _good(s, outcome="PAUSED"), "went through every phase"),
        (_with_traffic_left, "the loser stays at weight 0"),
        (_with_a_refused_connection, "stable never stopped serving"),
        (_with_an_error_of_stable, "no client saw an error"),
        (_with_a_lost_label, "every label that the clients reported is counted"),
        (_with_a_silent_segment, "labels came for both versions, in every segment"),
        (_with_no_better_quality, "better on modules that it has not seen"),
        (_with_an_error_that_no_metric_has, "no client saw an error"),
    ],
)
def test_story_that_went_wrong_fails_in_that_claim(
    spoil: Callable[[Story], Story], sentence: str
) -> None:
    found = failing(spoil(well()))
    assert any(sentence in claim for claim in found), found
