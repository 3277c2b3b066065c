"""Rules side by side on the same traffic: when each asks for a rollback. For bench and cli."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from bench.counts import Bools, Look
from bench.rule import Rule, Watch
from bench.traffic.curves import Floats
from bench.traffic.scene import Looks, Scene

Progress = Callable[[float], None]
_LIVELY = 0.75  # a rule's runs are thinned out once fewer than this share of them go on


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rule did on one scene.

    Attributes:
        rule: its name.
        requests: canary requests from the scene's onset until the rollback, (runs,); inf: none.
        seconds: from the start until the rollback; inf: none. Up to the onset it was a false one.
    """

    rule: str
    requests: Floats
    seconds: Floats


class _Trial:
    """One rule, and which of the runs it still watches."""

    def __init__(self, rule: Rule, runs: int) -> None:
        self.outcome = Outcome(rule.name, np.full(runs, np.inf), np.full(runs, np.inf))
        self._watch: Watch = rule.begin(runs)
        self._rows = np.arange(runs)  # which of the scene's rows
        self._open = np.ones(runs, dtype=np.bool_)

    def see(self, look: Look, runs: Floats, requests: Floats) -> None:
        """One more look; `runs` and `requests` are of the scene's rows."""
        if not self._open.any():
            return
        whole = len(self._rows) == len(runs)
        rolls_back = self._watch.rolls_back(look if whole else look.of(self._rows))
        done = self._open & rolls_back
        if done.any():
            rows = self._rows[done]
            self.outcome.requests[runs[rows].astype(np.int64)] = requests[rows]
            self.outcome.seconds[runs[rows].astype(np.int64)] = look.seconds
            self._open &= ~done
            if self._open.mean() < _LIVELY:
                self._thin(self._open)

    def wants(self, rows: int) -> Bools:
        """Which of the scene's rows it still watches."""
        wanted = np.zeros(rows, dtype=np.bool_)
        wanted[self._rows[self._open]] = True
        return wanted

    def renumber(self, kept: Bools) -> None:
        """The scene goes on with these rows only."""
        here = kept[self._rows]
        if not here.all():
            self._thin(here)
        self._rows = (np.cumsum(kept) - 1)[self._rows]

    def _thin(self, which: Bools) -> None:
        self._watch.keep(which)
        self._rows, self._open = self._rows[which], self._open[which]


def outcomes(
    rules: Sequence[Rule],
    scene: Scene,
    runs: int,
    seed: np.random.SeedSequence,
    progress: Progress | None = None,
) -> tuple[Outcome, ...]:
    """What each rule does on the same runs of a scene, until all are rolled back or it ends.

    The same seed, rules and scene give the same outcomes. With other rules beside it a rule may
    see other traffic of the same law, since runs that all have settled are drawn no further.

    Args:
        rules: each sees every batch of a run until it asks for a rollback.
        scene: the traffic.
        runs: how many, independent of each other.
        seed: of this scene; see `seed_of`.
        progress: told now and then what share of the scene is over.
    """
    trials = [_Trial(rule, runs) for rule in rules]
    here = np.arange(runs, dtype=np.float64)
    requests = np.zeros(runs)
    looks = scene.looks(np.random.Generator(np.random.SFC64(seed)), runs)
    look = next(looks, None)
    while look is not None:
        if look.seconds > scene.onset:
            requests += look.canary.requests
        for trial in trials:
            trial.see(look, here, requests)
        if progress:
            progress(min(1.0, look.seconds / scene.seconds))
        kept = _going_on(trials, len(here))
        if kept is not None:
            here, requests = here[kept], requests[kept]
            for trial in trials:
                trial.renumber(kept)
        look = _next(looks, kept) if len(here) else None
    return tuple(trial.outcome for trial in trials)


def seed_of(scene: str, seed: int, block: int = 0) -> np.random.SeedSequence:
    """A seed of a scene's own, by its name, so that it does not hang on which others there are."""
    return np.random.SeedSequence([seed, crc32(scene.encode()), block])


def _going_on(trials: Sequence[_Trial], rows: int) -> Bools | None:
    """Which rows any rule still watches; None while it isn't worth thinning them out."""
    wanted = np.zeros(rows, dtype=np.bool_)
    for trial in trials:
        wanted |= trial.wants(rows)
        if wanted.mean() >= _LIVELY:
            return None
    return wanted


def _next(looks: Looks, kept: Bools | None) -> Look | None:
    try:
        return looks.send(kept)
    except StopIteration:
        return None
