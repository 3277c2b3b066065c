"""All scenes and rules in pieces of a few hundred runs, on several processes. For bench."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context

import numpy as np

from bench.lineup import rules_for, rules_for_nulls
from bench.passing import Passing, harmful, healthy
from bench.rule import Rule
from bench.run import Outcome, outcomes, seed_of
from bench.traffic.nulls import Null, nulls
from bench.traffic.regressions import Regression, regressions
from bench.traffic.scene import Scene
from bench.twin import Twin
from bench.twin.compare import differences

Entry = Null | Regression | Passing


class UnlikeTheEngine(Exception):
    """The twin does not compute what the engine does."""


CATALOGUES: dict[str, Callable[[], Sequence[Entry]]] = {
    "nulls": nulls,
    "regressions": regressions,
    "healthy": healthy,
    "harmful": harmful,
}
_COMPARED_RUNS, _COMPARED_LOOKS = 100, 10  # of the twin and the engine, on each scene
_COMPARED_BLOCK = 1_000_000  # draws of its own
_BLOCK = 500  # runs in one piece: many for numpy, few enough for a processor's cache


@dataclass(frozen=True, slots=True)
class Size:
    """How much is run: runs of each scene, by catalogue, and only each `every`-th of the long ones.

    Steps are passed by the engine itself, which is slow, but there are few looks.
    """

    nulls: int = 4000
    regressions: int = 1000
    passing: int = 400
    every: int = 1


QUICK = Size(nulls=100, regressions=40, passing=20, every=4)


@dataclass(frozen=True, slots=True)
class Job:
    """A block of the runs of one entry of a catalogue; small enough to send to a process."""

    catalogue: str
    index: int
    block: int
    runs: int
    seed: int


def jobs(size: Size, seed: int) -> list[Job]:
    """All there is to do."""
    runs = {
        "nulls": size.nulls,
        "regressions": size.regressions,
        "healthy": size.passing,
        "harmful": size.passing,
    }
    found: list[Job] = []
    for catalogue, entries in CATALOGUES.items():
        every = size.every if catalogue in ("nulls", "regressions") else 1
        for index in range(0, len(entries()), every):
            found += _blocks(catalogue, index, runs[catalogue], seed)
    return found


def work(job: Job) -> tuple[Outcome, ...]:
    """What became of a block's runs, of each rule; a step is passed by the engine alone."""
    entry = CATALOGUES[job.catalogue]()[job.index]
    match entry:
        case Passing():
            return (entry.outcome(job.runs, seed_of(entry.name, job.seed, job.block)),)
        case Null():
            return _outcomes(rules_for_nulls(), entry.traffic, job)
        case Regression():
            return _outcomes(rules_for(entry), entry.scene, job)


def run(
    todo: Sequence[Job], processes: int, done: Callable[[], None]
) -> Iterator[tuple[str, Entry, tuple[Outcome, ...]]]:
    """Each entry's catalogue, the entry, and the outcomes of all its blocks, in the jobs' order."""
    found: dict[Job, tuple[Outcome, ...]] = {}
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(work, job): job for job in todo}
        for future in as_completed(waiting):
            found[waiting[future]] = future.result()
            done()
    blocks: dict[tuple[str, int], list[tuple[Outcome, ...]]] = {}
    for job in todo:
        blocks.setdefault((job.catalogue, job.index), []).append(found[job])
    for (catalogue, index), parts in blocks.items():
        yield catalogue, CATALOGUES[catalogue]()[index], _joined(parts)


def _outcomes(rules: Sequence[Rule], scene: Scene, job: Job) -> tuple[Outcome, ...]:
    if job.block == 0:
        for rule in rules:
            if isinstance(rule, Twin):
                _require_the_engines(rule, scene, job)
    return outcomes(rules, scene, job.runs, seed_of(scene.name, job.seed, job.block))


def _require_the_engines(twin: Twin, scene: Scene, job: Job) -> None:
    """Refuse to report figures of a twin that is not the engine."""
    runs = min(job.runs, _COMPARED_RUNS)
    rng = np.random.default_rng(seed_of(scene.name, job.seed, _COMPARED_BLOCK))
    found = differences(islice(scene.looks(rng, runs), _COMPARED_LOOKS), twin.promise, runs)
    if not found.none:
        raise UnlikeTheEngine(
            f"{twin.name} on {scene.name}: {found.largest:.2g} from the engine in {found.where}, "
            f"and {len(found.apart)} of {runs} runs end at another look"
        )


def _blocks(catalogue: str, index: int, runs: int, seed: int) -> Iterator[Job]:
    for block, start in enumerate(range(0, runs, _BLOCK)):
        yield Job(catalogue, index, block, min(_BLOCK, runs - start), seed)


def _joined(parts: Sequence[tuple[Outcome, ...]]) -> tuple[Outcome, ...]:
    return tuple(
        Outcome(
            same[0].rule,
            np.concatenate([one.requests for one in same]),
            np.concatenate([one.seconds for one in same]),
        )
        for same in zip(*parts, strict=True)
    )
