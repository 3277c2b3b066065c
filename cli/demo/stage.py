"""What the story and the scenes are played on: a cloud with version 1 in service, and clients.

It does what a user would do, through the APIs that a user has. For the demo only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from cli.demo import corpus
from cli.demo.collect import Told, collect
from cli.demo.feedback import Feedback
from cli.demo.prompts import prompts
from cli.demo.screen import Screen
from cli.demo.setup import FIRST_DATA, FIRST_VERSION, MODEL, MODELS, set_up, write_data
from cli.demo.sizing import sizing
from cli.demo.story_data import ClientTotals, Story
from cli.demo.traffic import CONFIG, Traffic
from cli.labels import LabelClient
from cli.local_cloud import push_image, read_clock, running_clock
from cli.orders import order
from cli.problems import Problem
from cli.session import Session
from cli.training import Trained, approve, register, train, upload
from infra.model_file import ModelFile
from steelyard.aws.ledger import Entry
from steelyard.rollout.observation import CommandName

A_MINUTE = 300
"""Requests in a minute of the cloud's clock, all clients together; the policy is sized for it."""

_MOST = 120.0  # requests a second of real time; at 60 a second two cores are half busy
GOOD_CODE = MODELS / MODEL
_PATIENCE = 240.0  # seconds of real time for one thing to come about
_POLL = 0.5
_SEED = 20260  # of what clients send, and in which order


@dataclass(frozen=True, slots=True)
class Update:
    """One change of the model: in a commit's words, its code's folder, and its data's folder."""

    change: str
    code: Path
    data: Path


@dataclass
class Stage:
    """The cloud, and how it is played on.

    Attributes:
        work: folder for data and the updates' code.
        changes: what each version changes, by number.
    """

    session: Session
    work: Path
    screen: Screen
    modules: corpus.Corpus
    model: ModelFile
    changes: dict[int, str] = field(default_factory=lambda: {1: FIRST_VERSION})
    _shown: int = 0

    @classmethod
    def build(cls, session: Session, work: Path, screen: Screen) -> Stage:
        """Deploy everything to a local cloud that has just been started."""
        modules = corpus.load()
        return cls(session, work, screen, modules, set_up(session, work, modules, screen.say))

    @property
    def endpoint(self) -> str:
        """Its name."""
        return self.session.model(self.model.name).endpoint

    @property
    def first_data(self) -> Path:
        """What version 1 was trained on."""
        return self.work / "data" / FIRST_DATA

    @property
    def more_data(self) -> Path:
        """Five times as much, and version 1's among it."""
        return self.data("v3", self.modules.version_3, self.modules.holdout)

    def data(self, name: str, training: corpus.Modules, holdout: corpus.Modules) -> Path:
        """A folder of training data with that name."""
        return write_data(self.work, name, training, holdout)

    @contextmanager
    def clients(self, favoured: str = "") -> Iterator[Callable[[], ClientTotals]]:
        """Clients that send and report all along; yields what they have counted so far.

        When the block ends they have stopped, and all of their labels were reported.

        Args:
            favoured: a subject that more users work on than on each other one.
        """
        _, factor = read_clock(self.session.url or "")
        feedback = Feedback(
            LabelClient(self.session, self.endpoint), running_clock(self.session.url or "")
        )
        traffic = Traffic(
            self.session.client("sagemaker-runtime", CONFIG),
            self.endpoint,
            prompts(self.modules.holdout, _SEED, favoured),
            min(A_MINUTE / 60 * factor, _MOST),
            feedback,
        )

        def totals() -> ClientTotals:
            told = feedback.told()
            return replace(
                traffic.snapshot(), labels=told.labels, wrong=told.wrong, label_errors=told.errors
            )

        feedback.start()
        traffic.start()
        try:
            self.screen.watch_clients(totals)
            yield totals
        finally:
            traffic.stop()
            feedback.stop()

    def release(self, update: Update) -> int:
        """Train, register and approve one version; its number."""
        version = max(self.changes) + 1
        self.changes[version] = update.change
        self.screen.chapter(f"Version {version}: {update.change}")
        image = push_image(self.session.url or "", update.code, f"steelyard/{self.model.name}")
        data = upload(self.session, self.model.name, update.data, self.screen.say)
        trained = train(self.session, self.model, image, data, self.screen.say)
        package = register(self.session, self.model, image, trained)
        self.screen.say(f"registered version {version}: {_quality(trained)}")
        approve(self.session, package, "its offline quality is acceptable")
        self.screen.say(f"approved version {version}; from here on Steelyard decides")
        return version

    def follow(self, what: str, done: Callable[[Entry], bool]) -> Entry:
        """Show each new decision, until one is what we wait for.

        Args:
            what: in words, for a person who waits in vain.

        Raises:
            Problem: it did not come about in time.
        """
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            for entry in self.session.ledger.read(self.endpoint, self._shown):
                self._shown = entry.version
                if entry.decision["phase"] is not None:
                    self.screen.decision(entry)
                if done(entry):
                    return entry
            time.sleep(_POLL)
        raise Problem(
            f"{what}: not within {_PATIENCE:.0f} s",
            "is the machine very busy? `steelyard history` on a running cloud shows more",
        )

    def until_over(self, version: int) -> Entry:
        """Follow the rollout of a version until it is over."""
        return self.follow(f"the end of version {version}'s rollout", lambda e: is_over(e, version))

    def order(self, command: CommandName, entry: Entry, reason: str) -> Entry:
        """What an operator asks of the rollout that an entry is about."""
        rollout: str = entry.state["rollout"]["id"]
        self.screen.say(f"a person: {command} {rollout}, because {reason}")
        return order(self.session, command, rollout, reason)

    def story(self, since: datetime, clients: ClientTotals, expected: str = "") -> Story:
        """All that happened since then, read back from the cloud."""
        told = Told(self.changes, clients, str(sizing(self.model.rollout)), expected)
        return collect(self.session, self.endpoint, since, told)


def is_over(entry: Entry, version: int) -> bool:
    """Whether the rollout of a version is over, and nothing is left to be done for it."""
    rollout = entry.state["rollout"]
    return is_about(entry, version) and (
        rollout["phase"] in ("PROMOTED", "ROLLED_BACK") and not rollout["intent"]
    )


def is_about(entry: Entry, version: int) -> bool:
    """Whether an entry is about the rollout of a version."""
    rollout = entry.state["rollout"]
    return rollout is not None and rollout["candidate"]["version"] == version


def takes_traffic(entry: Entry, version: int) -> bool:
    """Whether the version's canary is confirmed to have its share of a step."""
    rollout = entry.state["rollout"]
    return is_about(entry, version) and rollout["phase"] == "RAMPING" and not rollout["intent"]


def _quality(trained: Trained) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in sorted(trained.metrics.items()))
