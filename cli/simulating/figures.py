"""What became of all runs, with limits. For `cli.simulate`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.intervals import Interval, median, share
from bench.run import Outcome, outcomes, seed_of
from cli.simulating.bound import bound
from cli.simulating.rules import rules_of
from cli.simulating.scenes import traffic
from cli.simulating.setting import Setting
from cli.simulating.wording import Worse

_BLOCK = 1000  # runs at once: many for numpy, few enough for a processor's cache
Progress = Callable[[str, float], None]
"""Told what is simulated, and what share of everything is over."""


@dataclass(frozen=True, slots=True)
class Mistakes:
    """One rule on a healthy canary: the probability of a rollback."""

    rule: str
    hits: int
    share: Interval


@dataclass(frozen=True, slots=True)
class Found:
    """One rule on a regression, in the runs that it had not rolled back before.

    Attributes:
        requests: canary requests from the regression's start, the median; infinite: never.
        seconds: likewise.
        found: probability of a rollback within the simulated time.
        before: share of all runs that were rolled back before the regression began.
    """

    rule: str
    requests: Interval
    seconds: Interval
    found: Interval
    before: float


@dataclass(frozen=True, slots=True)
class Regression:
    """All rules on one regression, and the least canary requests that it takes."""

    worse: Worse
    bound: float
    rules: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """All that was simulated."""

    runs: int
    seed: int
    healthy: tuple[Mistakes, ...]
    regressions: tuple[Regression, ...]


def figures_of(
    setting: Setting, regressions: Sequence[Worse], runs: int, seed: int, progress: Progress
) -> Figures:
    """Try all rules on a healthy canary and on each regression; the same again is the same."""
    scenes: tuple[Worse | None, ...] = (None, *regressions)
    found = []
    for place, worse in enumerate(scenes):

        def tell(part: float, place: int = place, worse: Worse | None = worse) -> None:
            progress(worse.text if worse else "a healthy canary", (place + part) / len(scenes))

        found.append(_tried(setting, worse, runs, seed, tell))
    healthy, *worse_ones = found
    return Figures(
        runs,
        seed,
        tuple(map(_mistakes, healthy)),
        tuple(
            Regression(worse, bound(setting, worse), tuple(_found(o, setting.after) for o in tried))
            for worse, tried in zip(regressions, worse_ones, strict=True)
        ),
    )


def _tried(
    setting: Setting, worse: Worse | None, runs: int, seed: int, tell: Callable[[float], None]
) -> tuple[Outcome, ...]:
    """What each rule did on one scene."""
    scene, rules = traffic(setting, worse), rules_of(setting)
    sizes = [min(_BLOCK, runs - start) for start in range(0, runs, _BLOCK)]
    parts = []
    for block, size in enumerate(sizes):

        def of_all(part: float, block: int = block) -> None:
            tell((block + part) / len(sizes))

        parts.append(outcomes(rules, scene, size, seed_of(scene.name, seed, block), of_all))
    return tuple(
        Outcome(
            same[0].rule,
            np.concatenate([one.requests for one in same]),
            np.concatenate([one.seconds for one in same]),
        )
        for same in zip(*parts, strict=True)
    )


def _mistakes(outcome: Outcome) -> Mistakes:
    hits = int(np.isfinite(outcome.seconds).sum())
    return Mistakes(outcome.rule, hits, share(hits, len(outcome.seconds)))


def _found(outcome: Outcome, onset: float) -> Found:
    early = outcome.seconds <= onset
    requests, seconds = outcome.requests[~early], outcome.seconds[~early] - onset
    if not len(requests):
        unknown = Interval(np.inf, 0.0, np.inf)
        return Found(outcome.rule, unknown, unknown, Interval(0.0, 0.0, 1.0), 1.0)
    found = share(int(np.isfinite(seconds).sum()), len(seconds))
    before = float(early.mean())
    return Found(outcome.rule, _limited(requests), _limited(seconds), found, before)


def _limited(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Interval:
    """The median; with few runs there is no lower limit but 0."""
    middle, low, high = median(values)
    return Interval(middle, max(low, 0.0), high)
