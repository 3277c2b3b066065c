"""What a scene is, and how it is played. For the demo and its tests only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cli.demo.checks import Claim
from cli.demo.stage import Stage
from cli.demo.story import Ended
from cli.demo.story_data import Story
from cli.local_cloud import read_clock


@dataclass(frozen=True, slots=True)
class Scene:
    """One thing that can happen to a model, and what is expected of Steelyard then.

    Attributes:
        name: how it is called for.
        title: what happens.
        expected: what comes of it, in one sentence.
        play: makes it happen; when it returns, no rollout is under way.
        check: whether it went as expected.
        favoured: a subject that more users work on than on each other one; empty: none.
    """

    name: str
    title: str
    expected: str
    play: Callable[[Stage], None]
    check: Callable[[Story], tuple[Claim, ...]]
    favoured: str = ""


def play(scene: Scene, stage: Stage) -> Ended:
    """Play a scene while clients send requests.

    Raises:
        Problem: something could not be done, or did not come about in time.
    """
    stage.screen.say(scene.expected)
    since, _ = read_clock(stage.session.url or "")
    with stage.clients(scene.favoured) as totals:
        scene.play(stage)
    story = stage.story(since, totals(), scene.expected)
    return Ended(story, scene.check(story))
