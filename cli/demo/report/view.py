"""What every part of the figure is drawn from: the story, its figures, and the layout.

For the report only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cli.demo.facts import Decision, RolloutFacts, running
from cli.demo.report.scale import TimeScale
from cli.demo.story_data import Minute, Story


@dataclass(frozen=True, slots=True)
class Layout:
    """How wide the figure is and how much it can show there.

    Attributes:
        name: class of the drawing; the style sheet shows the one that fits the window.
        width: of the whole drawing, in pixels at its natural size.
        left, right: margins of the plots.
        ticks: most marks on the time axis.
    """

    name: str
    width: int
    left: int
    right: int
    ticks: int


# A drawing scaled down to a phone can't be read; so there is one for each width.
LAYOUTS = (
    Layout("wide", width=1040, left=40, right=8, ticks=14),
    Layout("middle", width=680, left=36, right=8, ticks=9),
    Layout("narrow", width=360, left=30, right=6, ticks=5),
)


@dataclass(frozen=True, slots=True)
class View:
    """A story, ready to be drawn in one layout."""

    story: Story
    rollouts: tuple[RolloutFacts, ...]
    layout: Layout

    @property
    def left(self) -> float:
        """Where plots begin."""
        return float(self.layout.left)

    @property
    def right(self) -> float:
        """Where plots end."""
        return float(self.layout.width - self.layout.right)

    @property
    def time(self) -> TimeScale:
        """The axis that all panels share."""
        return TimeScale(self.story.started, self.story.ended, self.left, self.right)

    @property
    def decisions(self) -> list[Decision]:
        """Those of all rollouts."""
        return [decision for rollout in self.rollouts for decision in rollout.decisions]

    def lines(self) -> Iterator[tuple[str, list[tuple[float, Minute]]]]:
        """What each variant did, cut where its role changes or minutes are missing.

        Yields the role, `stable` or `canary`, with the minutes in it and where each belongs on
        the time axis; only minutes with requests. A new role's line starts where the old one's
        ends.
        """
        for variant, minutes in sorted(self.story.metrics.items()):
            piece: list[tuple[float, Minute]] = []
            role = ""
            for minute in (minute for minute in minutes if minute.requests):
                missing = piece and minute.at - piece[-1][1].at > timedelta(minutes=2)
                before, role = role, self._role(variant, minute.at)
                if piece and (missing or role != before):
                    yield before, piece
                    piece = [] if missing else piece[-1:]
                piece.append((self.time(minute.at + timedelta(seconds=30)), minute))
            if piece:
                yield role, piece

    def _role(self, variant: str, at: datetime) -> str:
        rollout = running(self.story, at)
        return "canary" if rollout and rollout.canary_variant == variant else "stable"
