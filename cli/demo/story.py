"""The demo: a bad update is rolled back, a good one is promoted, while clients send requests.

It does what a user would do, through the APIs that a user has; the decisions are Steelyard's.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cli.demo import corpus, updates
from cli.demo.checks import Claim, check
from cli.demo.collect import Told, collect
from cli.demo.screen import Screen
from cli.demo.setup import MODEL, MODELS, set_up
from cli.demo.sizing import sizing
from cli.demo.story_data import Story
from cli.demo.traffic import CONFIG, Traffic
from cli.local_cloud import push_image, read_clock
from cli.problems import Problem
from cli.session import Session
from cli.training import Trained, approve, register, train, upload
from infra.model_file import ModelFile
from steelyard.aws.ledger import Entry

RATE = 60.0
"""Requests a second of real time, all clients together: what two cores carry with ease."""

CHANGES = {
    1: "first version",
    2: "answer repeated contexts from a cache",
    3: "train on five times as much text",
}
_PATIENCE = 240.0  # seconds of real time for one rollout
_POLL = 0.5
_SEED = 20260  # of the contexts that clients send, and in which order


@dataclass(frozen=True, slots=True)
class Update:
    """One change of the model: the folder of its code, and the folder of its data."""

    version: int
    code: Path
    data: Path


@dataclass(frozen=True, slots=True)
class Ended:
    """What the demo came to."""

    story: Story
    claims: tuple[Claim, ...]

    @property
    def holds(self) -> bool:
        """Whether all of it happened as told."""
        return all(claim.holds for claim in self.claims)


def tell(session: Session, work: Path, screen: Screen) -> Ended:
    """Play the whole story on a local cloud that has just been started.

    Args:
        work: folder for the corpus and the updates' code.

    Raises:
        Problem: something could not be done, or a rollout did not end in time.
    """
    modules = corpus.load()
    model = set_up(session, work, modules, screen.say)
    endpoint = session.model(model.name).endpoint
    since, _ = read_clock(session.url or "")
    client = session.client("sagemaker-runtime", CONFIG)
    traffic = Traffic(client, endpoint, corpus.contexts(modules.holdout, _SEED), RATE)
    traffic.start()
    try:
        screen.watch_clients(traffic.snapshot)
        for update in (
            Update(2, updates.version_2(work / "version2"), work / "data/v1"),
            Update(3, MODELS / MODEL, work / "data/v3"),
        ):
            _release(session, model, update, screen)
    finally:
        clients = traffic.stop()
    told = Told(CHANGES, clients, str(sizing(model.rollout)))
    story = collect(session, endpoint, since, told)
    return Ended(story, check(story))


def _release(session: Session, model: ModelFile, update: Update, screen: Screen) -> None:
    """Train, register and approve one version; then watch what becomes of it."""
    version = update.version
    screen.chapter(f"Version {version}: {CHANGES[version]}")
    image = push_image(session.url or "", update.code, f"steelyard/{model.name}")
    data = upload(session, model.name, update.data, screen.say)
    trained = train(session, model, image, data, screen.say)
    package = register(session, model, image, trained)
    screen.say(f"registered version {version}: {_quality(trained)}")
    approve(session, package, "its offline quality is no worse")
    screen.say(f"approved version {version}; from here on Steelyard decides")
    endpoint = session.model(model.name).endpoint
    for entry in _entries_until_over(session, endpoint, version):
        screen.decision(entry)


def _entries_until_over(session: Session, endpoint: str, version: int) -> Iterator[Entry]:
    """Each new ledger entry about the version's rollout, until that rollout is over."""
    until = time.monotonic() + _PATIENCE
    shown = latest.version if (latest := session.ledger.latest(endpoint)) else 0
    while time.monotonic() < until:
        for entry in session.ledger.read(endpoint, shown):
            shown = entry.version
            rollout = entry.state["rollout"]
            if rollout and rollout["candidate"]["version"] == version:
                yield entry
                if rollout["phase"] in ("PROMOTED", "ROLLED_BACK") and not rollout["intent"]:
                    return
        time.sleep(_POLL)
    raise Problem(
        f"the rollout of version {version} did not end within {_PATIENCE:.0f} s",
        "is the machine very busy? `steelyard history` on a running cloud shows where it stands",
    )


def _quality(trained: Trained) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in sorted(trained.metrics.items()))
