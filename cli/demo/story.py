"""The demo: a bad update is rolled back, a good one is promoted, while clients send requests.

The decisions are Steelyard's.
"""

from __future__ import annotations

from dataclasses import dataclass

from cli.demo import updates
from cli.demo.checks import Claim, check
from cli.demo.stage import GOOD_CODE, Stage, Update
from cli.demo.story_data import Story
from cli.local_cloud import read_clock


@dataclass(frozen=True, slots=True)
class Ended:
    """What the demo, or a scene, came to."""

    story: Story
    claims: tuple[Claim, ...]

    @property
    def holds(self) -> bool:
        """Whether all of it happened as told."""
        return all(claim.holds for claim in self.claims)


def tell(stage: Stage) -> Ended:
    """Play the whole story.

    Raises:
        Problem: something could not be done, or a rollout did not end in time.
    """
    bad = Update(
        "answer repeated contexts from a cache",
        updates.changed("numbered", stage.work / "numbered"),
        stage.first_data,
    )
    good = Update(
        "train on five times as much text",
        GOOD_CODE,
        stage.more_data,
    )
    since, _ = read_clock(stage.session.url or "")
    with stage.clients() as totals:
        for update in (bad, good):
            stage.until_over(stage.release(update))
    story = stage.story(since, totals())
    return Ended(story, check(story))
