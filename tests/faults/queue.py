"""EventBridge and the FIFO queue: messages of one group, one after the other. For `tests/faults`.

Source: SQS's guide on FIFO queues. A message that is not deleted comes again when its visibility
time-out is over, and holds back those behind it until then; after eight times it is a dead letter.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from steelyard.reception import Message as Handed
from tests.faults.settings import ENDPOINT
from tests.functional.fake_sagemaker import ACCOUNT, REGION

VISIBILITY = timedelta(seconds=180)  # infra/constructs/queues.py, as the next two
MOST_RECEIVES = 8
_DEDUPLICATED = timedelta(minutes=5)
_TYPES = {
    "tick": "Scheduled Event",
    "alarm": "CloudWatch Alarm State Change",
    "endpoint": "SageMaker Endpoint State Change",
    "approval": "SageMaker Model Package State Change",
    "command": "Steelyard Command",
}


@dataclass
class Message:
    """One message.

    Attributes:
        poisoned: whether the Lambda dies of it, each time.
        newer: whether newer code of the Lambda takes it.
    """

    number: int
    kind: str
    body: str
    sent: datetime
    visible_at: datetime
    received: int = 0
    poisoned: bool = False
    newer: bool = False

    def received_as(self) -> Handed:
        """As the Lambda gets it."""
        sent = str(int(self.sent.timestamp() * 1000))
        return Handed(self.body, ENDPOINT, sent, str(self.number), self.received)


@dataclass
class Queue:
    """What waits.

    Attributes:
        dead: what was received too often.
        taken: all that was ever acknowledged.
    """

    waiting: list[Message] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)
    taken: list[Message] = field(default_factory=list)
    _sent: dict[str, datetime] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def send(self, kind: str, body: str, now: datetime, *, again: bool = False) -> Message | None:
        """Put a message at the end; None for one that was sent less than five minutes ago.

        Args:
            again: as a duplicate that the queue does not know for one.
        """
        before = self._sent.get(body)
        if not again and before is not None and now - before < _DEDUPLICATED:
            return None
        self._sent[body] = now
        message = Message(next(self._numbers), kind, body, now, now)
        self.waiting.append(message)
        return message

    def head(self, now: datetime) -> Message | None:
        """The message whose turn it is; None while the first one is invisible."""
        if not self.waiting or self.waiting[0].visible_at > now:
            return None
        return self.waiting[0]

    def receive(self, message: Message, now: datetime) -> None:
        """Hand it to a Lambda."""
        message.received += 1
        message.visible_at = now + VISIBILITY

    def acknowledge(self, message: Message) -> None:
        """Delete it."""
        if message in self.waiting:
            self.waiting.remove(message)
            self.taken.append(message)

    def comes_again(self, receipt: str, at: datetime) -> None:
        """Let a message be received again at another time than when its time-out is over."""
        for message in self.waiting:
            if str(message.number) == receipt:
                message.visible_at = at

    def fail(self, message: Message) -> None:
        """Let it come again, or not any more."""
        if message.received >= MOST_RECEIVES and message in self.waiting:
            self.waiting.remove(message)
            self.dead.append(message)

    @property
    def next_visible(self) -> datetime | None:
        """When the first one can be received."""
        return self.waiting[0].visible_at if self.waiting else None


def event(kind: str, detail: dict[str, Any], at: datetime, number: int) -> str:
    """An event's body, as EventBridge makes it."""
    return json.dumps(
        {
            "id": f"{kind}-{number}",
            "detail-type": _TYPES[kind],
            "account": ACCOUNT,
            "region": REGION,
            "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "detail": detail,
        }
    )
