"""EventBridge: events become messages, or get lost, doubled, late. For `tests/faults`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tests.faults.armed import Armed
from tests.faults.cloud import Cloud
from tests.faults.history import Event, History
from tests.faults.kinds import KINDS
from tests.faults.plan import Fault
from tests.faults.queue import Queue, event

_LONG_AGO = timedelta(days=91)


class Post:
    """Sends what happened.

    Attributes:
        newer_from: from then on newer code of the Lambda takes all messages.
    """

    def __init__(
        self, cloud: Cloud, history: History, queue: Queue, faults: tuple[Fault, ...]
    ) -> None:
        self._cloud = cloud
        self._history = history
        self._queue = queue
        self._armed = [Armed(fault) for fault in faults if KINDS[fault.kind].at == "message"]
        self._numbers = 0
        self.deployed = False

    def send(self, kind: str, detail: Mapping[str, Any]) -> None:
        """An event, as of now."""
        self._numbers += 1
        fault = self._fault(kind)
        at = self._cloud.timeline.now
        if fault is not None and fault.kind == "event 10 minutes off":
            at += timedelta(seconds=fault.seconds)
        if fault is not None and fault.kind == "event replayed after 91 days":
            old = event(kind, dict(detail), at - _LONG_AGO, self._numbers)
            self._put(kind, old, None)
        body = event(kind, dict(detail), at, self._numbers)
        late = fault is not None and fault.kind in ("event reordered", "ticks late")
        if fault is not None and late:
            due = self._cloud.timeline.now + timedelta(seconds=fault.seconds)
            self._cloud.timeline.physics(due, lambda: self._put(kind, body, None))
        elif fault is None or fault.kind != "event dropped":
            self._put(kind, body, fault)

    def raw(self, body: str) -> None:
        """Something that no rule of ours sends."""
        self._put("garbage", body, None)

    def _put(self, kind: str, body: str, fault: Fault | None) -> None:
        now = self._cloud.timeline.now
        message = self._queue.send(kind, body, now)
        if message is None or fault is None:
            return
        if fault.kind == "event duplicated":
            self._queue.send(kind, body, now, again=True)
        message.poisoned = fault.kind == "dead letter"
        if fault.kind == "newer code":
            message.newer = True
            done = now + timedelta(seconds=fault.seconds)
            self._cloud.timeline.physics(done, self._deploy)

    def _deploy(self) -> None:
        self.deployed = True

    def _fault(self, kind: str) -> Fault | None:
        phase = self._history.phase
        for armed in self._armed:
            fault = armed.fault
            if fault.kind == "event dropped" and kind == "command":
                continue
            if armed.is_due(phase, kind):
                self._history.hits.append((fault.kind, phase))
                now = self._cloud.timeline.now
                self._history.events.append(Event(now, "fault", f"{fault.kind}: {kind}"))
                return fault
        return None


def detail_of_command(name: str, rollout: str, key: str) -> dict[str, str]:
    """A person's order."""
    return {
        "endpoint": "completion",
        "rollout": rollout,
        "command": name,
        "actor": "arn:aws:iam::000000000000:user/ada",
        "reason": "says so",
        "key": key,
    }


def key_of(body: str) -> str:
    """The key of a command's message; empty for others."""
    try:
        detail = json.loads(body).get("detail", {})
    except (ValueError, AttributeError):
        return ""
    return str(detail.get("key", "")) if isinstance(detail, dict) else ""
