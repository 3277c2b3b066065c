"""One message of the queue: dealt with, put into quarantine, or taken again soon.

`handlers/reconcile.py` uses it.
"""

from __future__ import annotations

from dataclasses import dataclass

from steelyard.composition import Runtime
from steelyard.errors import ForeignEvent, IllegalTransition, InvalidEvent, UnknownEndpoint
from steelyard.messages import instant, parse
from steelyard.telemetry import count, logger


@dataclass(frozen=True, slots=True)
class Message:
    """What the queue hands over.

    Attributes:
        endpoint: the message's group.
        sent: milliseconds since the epoch, as SQS writes them.
        receipt: names this receipt of it.
        receives: how often it was received, this time included.
    """

    body: str
    endpoint: str
    sent: str | None
    receipt: str
    receives: int


def take(message: Message, runtime: Runtime) -> None:
    """Deal with one message; what raises comes again."""
    try:
        _deal_with(message, runtime)
    except Exception:  # the queue keeps the message, but nobody would hear why
        logger.exception("event.failed", extra={"endpoint": message.endpoint})
        count("EventsFailed")
        runtime.inbox.come_again(message.receipt, message.receives)
        raise


def _deal_with(message: Message, runtime: Runtime) -> None:
    endpoint = message.endpoint
    try:
        trigger = parse(message.body, endpoint, runtime.home)
        runtime.reconciler(endpoint).handle(trigger, instant("SentTimestamp", message.sent))
    except (InvalidEvent, IllegalTransition, UnknownEndpoint) as error:
        logger.warning("event.quarantined", extra={"endpoint": endpoint, "why": str(error)})
        count("Quarantined")
        count("ForeignEvents", isinstance(error, ForeignEvent))
        runtime.quarantine.put(message.body, endpoint, str(error))
