"""Labels of both variants as they arrive, by segment. For bench/traffic."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from scipy.signal import lfilter

from bench.counts import Bools, Ints
from bench.traffic.curves import Always, Course, Curve, Floats
from bench.traffic.requests import with_odds


@dataclass(frozen=True, slots=True)
class Labelling:
    """Reports of whether an answer was wrong.

    Attributes:
        share: of requests that are ever labelled.
        wrong: stable's share of wrong answers, at the time of the request.
        odds: the canary's odds ratio, in its `worse` first segments.
        worse: in how many segments the canary is worse.
        delay: seconds from request to label, on average; exponential.
    """

    share: float = 1 / 6
    wrong: Curve = field(default_factory=lambda: Always(0.45))
    odds: Curve = field(default_factory=lambda: Always(1.0))
    worse: int = 0
    delay: float = 0.0


@dataclass(slots=True)
class Labels:
    """Expected labels that arrive in each batch: right and wrong ones of each variant.

    Poisson arrivals that are delayed each by itself stay Poisson, and independent of each other
    (displacement theorem; Kingman 1993). Rules weigh labels given their number, so that it does
    not hang together with the requests of the batch is of no matter.

    Attributes:
        stable, alike, worse: courses of right and wrong labels a segment: stable's, the canary's
            where it is alike and where it is worse.
        segments, worse_segments: how many there are, and how many the canary is worse in.
    """

    stable: tuple[Course, Course]
    alike: tuple[Course, Course]
    worse: tuple[Course, Course]
    segments: int
    worse_segments: int

    def draw(self, rng: Generator, look: int, runs: int) -> tuple[tuple[Ints, Ints], ...]:
        """Labels and wrong ones, (runs, segments), of stable and of the canary."""
        is_worse = np.arange(self.segments) < self.worse_segments
        size = (runs, self.segments)
        found = []
        for usual, other in ((self.stable, self.stable), (self.alike, self.worse)):
            right, wrong = (
                rng.poisson(
                    np.broadcast_to(
                        np.where(is_worse, b.at(look)[:, None], a.at(look)[:, None]), size
                    )
                )
                for a, b in zip(usual, other, strict=True)
            )
            found.append((right + wrong, wrong))
        return tuple(found)

    def keep(self, which: Bools) -> None:
        """Go on with these runs only."""
        for course in {*self.stable, *self.alike, *self.worse}:
            course.keep(which)


def arriving(
    labelling: Labelling,
    served: tuple[Floats, Floats],
    curves: tuple[Floats, Floats],
    *,
    segments: int,
    batch: float,
) -> Labels:
    """Labels in the batches in which they arrive, of requests in that one and those before.

    Args:
        labelling: how requests are labelled.
        served: expected requests of stable and of the canary, by batch.
        curves: `labelling.wrong` and `labelling.odds`, by batch.
        segments: how many, all of one size.
        batch: seconds.
    """
    wrong, odds = curves
    stable, canary = (requests * labelling.share / segments for requests in served)
    stays = float(np.exp(-batch / labelling.delay)) if labelling.delay else 0.0

    def courses(labels: Floats, rate: Floats) -> tuple[Course, Course]:
        right, bad = (
            Course(lfilter([1 - stays], [1, -stays], flow, axis=0))
            for flow in (labels * (1 - rate), labels * rate)
        )
        return right, bad

    return Labels(
        stable=courses(stable, wrong),
        alike=courses(canary, wrong),
        worse=courses(canary, with_odds(wrong, odds)),
        segments=segments,
        worse_segments=labelling.worse,
    )
