"""A game day: rounds of bad and good versions under mishaps, while clients send all along."""

import json
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from cli.demo.story_data import ClientTotals
from tests.local.gameday import counting
from tests.local.gameday.models import ENDPOINTS
from tests.local.gameday.rollbacks import MOST_CALLS, Rang, Rollback, measured
from tests.local.gameday.story import Story, Stuck
from tests.local.gameday.venue import CALM, STORM, Controls, Say, venue
from tests.local.running_cloud import receive
from tests.local.scenes.stage import Stage

RATE = 10.0
"""Requests a second of real time to each endpoint."""

_OUTAGE = 15.0  # virtual seconds
_REST = 15.0  # real seconds between restarts: longer than an update takes from its beginning
_DRAIN = 150.0  # real seconds for messages that are in someone's hands


@dataclass(frozen=True)
class Plan:
    """What a game day is to be; the same plan draws the same mishaps, in other places.

    Attributes:
        calm: no mishaps, and bad versions alone: to measure rollbacks.
    """

    rounds: int = 2
    seed: int = 1
    calm: bool = False


@dataclass(frozen=True)
class Found:
    """What it came to.

    Attributes:
        stuck: stories that did not end as told.
        failures, lost, broken: as `counting` says; by endpoint where they are one's own.
        dead: messages in the dead-letter queue.
        quarantined: why, for each message in quarantine.
        clients: requests and good answers by endpoint.
        struck: how often each mishap did.
    """

    plan: Plan
    stuck: Sequence[str] = ()
    failures: Mapping[str, Sequence[str]] = field(default_factory=dict)
    lost: Sequence[str] = ()
    broken: Mapping[str, Sequence[str]] = field(default_factory=dict)
    dead: int = 0
    clients: Mapping[str, ClientTotals] = field(default_factory=dict)
    decisions: int = 0
    quarantined: Sequence[str] = ()
    entries: int = 0
    struck: Mapping[str, int] = field(default_factory=dict)
    rollbacks: Sequence[Rollback] = ()

    @property
    def problems(self) -> list[str]:
        """All that must not be, in words."""
        too_many = [
            f"{one.rollout}: {one.mutating} mutating calls, {one.lost} of them lost"
            for one in self.rollbacks
            if one.mutating - one.lost > MOST_CALLS
        ]
        return [
            *self.stuck,
            *(f"{name}: {what}" for name, many in self.failures.items() for what in many),
            *(f"lost: {what}" for what in self.lost),
            *(f"{name}: {what}" for name, many in self.broken.items() for what in many),
            *too_many,
        ]


def hold(plan: Plan, work: Path, say: Say) -> Found:
    """Hold a game day in a local cloud of its own below `work`."""
    with venue(work, say) as (stage, controls):
        stories = [Story(stage, name, random.Random(f"{plan.seed}/{name}")) for name in ENDPOINTS]
        stuck: list[str] = []
        with ExitStack() as clients:
            traffic = {
                s.endpoint: clients.enter_context(stage.traffic(s.endpoint, RATE)) for s in stories
            }
            controls.weather({**(CALM if plan.calm else STORM), "seed": plan.seed})
            with restarts(stage, controls, stories, off=plan.calm):
                for number in range(plan.rounds):
                    say(f"round {number + 1} of {plan.rounds}")
                    stuck += _round(stories, Story.roll_back if plan.calm else Story.play)
            controls.clear_up()
            _settle(stage)
            totals = {name: one.stop() for name, one in traffic.items()}
        return _found(plan, stage, controls, stories, totals, stuck)


def _round(stories: Sequence[Story], part: Callable[[Story], None]) -> list[str]:
    """Play all stories at once; those that got stuck, in words."""

    def play(story: Story) -> str:
        try:
            part(story)
        except Stuck as stuck:
            return str(stuck)
        return ""

    with ThreadPoolExecutor(len(stories)) as pool:
        return [said for said in pool.map(play, stories) if said]


class restarts:  # noqa: N801 - reads as a phrase in a `with`
    """Restarts SageMaker while an endpoint is Updating, again and again."""

    def __init__(
        self, stage: Stage, controls: Controls, stories: Sequence[Story], *, off: bool
    ) -> None:
        self._stage = stage
        self._controls = controls
        self._names = [story.endpoint for story in stories]
        self._over = threading.Event()
        self._thread = None if off else threading.Thread(target=self._run, name="restarts")

    def __enter__(self) -> None:
        if self._thread is not None:
            self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.2):
            statuses = [self._stage.live(name)["EndpointStatus"] for name in self._names]
            if "Updating" in statuses and self._controls.restart_sagemaker(_OUTAGE):
                self._over.wait(_REST)


def _settle(stage: Stage) -> None:
    """Wait until late events and messages that come again have been dealt with."""
    names = stage.session.names
    stage.cloud.wait(STORM["delay_up_to"])
    deadline = time.monotonic() + _DRAIN
    while stage.depth(names.events) and time.monotonic() < deadline:
        time.sleep(0.5)


def _found(  # noqa: PLR0913, PLR0917 - all that a day leaves behind
    plan: Plan,
    stage: Stage,
    controls: Controls,
    stories: Sequence[Story],
    totals: Mapping[str, ClientTotals],
    stuck: Sequence[str],
) -> Found:
    report = controls.report()
    in_quarantine = _quarantined(stage)
    ledgers = {story.endpoint: stage.entries(story.endpoint) for story in stories}
    return Found(
        plan=plan,
        stuck=stuck,
        failures={s.endpoint: _failures(stage, s, totals[s.endpoint]) for s in stories},
        lost=[
            one
            for s in stories
            for one in counting.lost(ledgers[s.endpoint], in_quarantine, s.orders, s.rollouts)
        ],
        broken={name: counting.broken(entries) for name, entries in ledgers.items()},
        dead=stage.depth(stage.session.names.dead),
        clients=totals,
        decisions=sum(len(s.orders) + len(s.rollouts) for s in stories),
        quarantined=[str(json.loads(record)["reason"]) for record in in_quarantine],
        entries=sum(map(len, ledgers.values())),
        struck=report["struck"],
        rollbacks=[
            one
            for s in stories
            for one in measured(ledgers[s.endpoint], s.zeros, _rang(stage), report["calls"])
        ],
    )


def _rang(stage: Stage) -> Sequence[Rang]:
    """Every alarm that went to ALARM, deleted ones too."""
    pages = stage.cloud.client("cloudwatch").get_paginator("describe_alarm_history")
    items = (
        item
        for page in pages.paginate(HistoryItemType="StateUpdate")
        for item in page["AlarmHistoryItems"]
    )
    return [
        Rang(item["AlarmName"], item["Timestamp"].timestamp())
        for item in items
        if json.loads(item["HistoryData"])["newState"]["stateValue"] == "ALARM"
    ]


def _failures(stage: Stage, story: Story, clients: ClientTotals) -> Sequence[str]:
    entries = stage.entries(story.endpoint)
    live = (entry.seen["live"] for entry in entries if entry.seen["live"])
    variants = {str(variant["name"]) for one in live for variant in one["variants"]}
    counted = {name: stage.failed(story.endpoint, name) for name in variants}
    return counting.failures(clients, counted, counting.canaries(entries, story.bad))


def _quarantined(stage: Stage) -> Sequence[str]:
    """What is in quarantine, as text; it is taken out."""
    name = stage.session.names.quarantine
    url = stage.cloud.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
    found: list[str] = []
    while messages := receive(stage.cloud, url):
        found += [message["Body"] for message in messages]
    return found
