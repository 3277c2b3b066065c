"""Whether the canary gets the share that it was meant to get. Pure; for evidence/ only."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log, log1p

from steelyard.evidence.mixture import Harm, begin_harm

TOLERANCE = 1.05
"""Odds of the canary's share within this factor of the intended ones are as intended."""

LABELS_TOLERANCE = 1.25
"""Labels come late, and from users: their share may differ more."""

_LEAST_PERCENT = 1e-6  # a smaller share is none; its odds would not fit a float for long
_FURTHER = (1.1, 1.5, 4.0)  # factors bet on beyond the tolerance, on either side


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """Evidence that requests were not split as intended.

    Requests that get lost, are retried elsewhere or are counted twice in one variant only make
    every comparison doubtful (sample ratio mismatch; Fabijan et al. 2019). Its mean is at most 1
    while each request goes to the canary with the intended probability, give or take the
    tolerance: P(ever >= 1/alpha) <= alpha, also over changes of the share.

    Attributes:
        harm: bets that the canary has more, and bets that it has less.
        canary, stable, intended: totals, and the canary's intended part of them: for words.
    """

    harm: Harm = field(default_factory=lambda: begin_harm(2 * len(_FURTHER)))
    canary: int = 0
    stable: int = 0
    intended: float = 0.0

    def after(self, canary: int, stable: int, canary_percent: float) -> SampleRatio:
        """With one more batch's requests."""
        total = canary + stable
        if not total or not _LEAST_PERCENT <= canary_percent < 100:
            return self
        odds = canary_percent / (100 - canary_percent)
        more = tuple(_gain(canary, stable, odds * TOLERANCE, further) for further in _FURTHER)
        less = tuple(_gain(stable, canary, TOLERANCE / odds, further) for further in _FURTHER)
        return SampleRatio(
            self.harm.after((*more, *less)),
            self.canary + canary,
            self.stable + stable,
            self.intended + total * canary_percent / 100,
        )

    def __str__(self) -> str:
        total = self.canary + self.stable
        return (
            f"the canary had {self.canary / total:.2%} of {total} requests, "
            f"meant were {self.intended / total:.2%}"
        )


@dataclass(frozen=True, slots=True)
class LabelRatio:
    """Evidence that the canary's answers are labelled more eagerly than stable's.

    Whether a label arrives, and when, must not depend on the variant. Labels belong to older
    requests, so all that can be said of their share is that it is at most the highest that the
    canary has had.

    Attributes:
        harm: bets that the canary has more labels than that, by more than the tolerance.
        highest_percent: the canary's highest share so far.
    """

    harm: Harm = field(default_factory=lambda: begin_harm(len(_FURTHER)))
    highest_percent: float = 0.0

    def after(self, canary: int, stable: int, canary_percent: float) -> LabelRatio:
        """With one more batch's labels."""
        highest = max(self.highest_percent, canary_percent)
        if not canary + stable or not 0 < highest < 100:
            return LabelRatio(self.harm, highest)
        odds = highest / (100 - highest) * LABELS_TOLERANCE
        gains = (_gain(canary, stable, odds, further) for further in _FURTHER)
        return LabelRatio(self.harm.after(gains), highest)


def _gain(ours: int, theirs: int, null_odds: float, further: float) -> float:
    """Log likelihood ratio of odds `further` times `null_odds` against at most `null_odds`."""
    share = null_odds / (1 + null_odds)
    return ours * log(further) - (ours + theirs) * log1p((further - 1) * share)
