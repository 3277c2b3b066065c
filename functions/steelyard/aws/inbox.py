"""The queue that messages come from. `composition.py` makes it, `reception.py` uses it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from steelyard.aws.calls import translated
from steelyard.errors import EndpointBusy, NeedsHuman

_FIRST_SECONDS = 5
_LONGEST_SECONDS = 180  # the queue's own visibility time-out, infra/constructs/queues.py


class Inbox:
    """A FIFO queue, whose next messages of an endpoint wait while one of it is invisible."""

    def __init__(self, queue_url: str, sqs: Any) -> None:
        self._queue_url = queue_url
        self._sqs = sqs

    def come_again(self, receipt: str, receives: int) -> None:
        """Let a message that failed come again in 5 seconds, then in 15, 45 and so on.

        Where that can't be said, it comes again when its visibility time-out is over.

        Args:
            receives: how often it was received, this time included.
        """
        seconds = min(_LONGEST_SECONDS, _FIRST_SECONDS * 3 ** max(0, receives - 1))
        with suppress(EndpointBusy, NeedsHuman), translated("let a message come again"):
            self._sqs.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )
