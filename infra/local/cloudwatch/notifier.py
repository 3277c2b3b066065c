"""Carries out what follows from a transition: event, SNS, Lambda; in order, by one thread.

Only `infra/local/cloudwatch` imports it.
"""

import logging
import queue
import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any

from infra.local.cloudwatch.alarms import Change
from infra.local.cloudwatch.notices import (
    EVENT_SOURCE,
    EVENT_TYPE,
    event_detail,
    lambda_payload,
    sns_notice,
)
from infra.local.ports import Cloud

_log = logging.getLogger(__name__)


class Notifier:
    """Takes transitions at once and delivers them on a thread of its own.

    The thread keeps HTTP calls away from the alarms' lock, and transitions in their order.
    """

    def __init__(self, cloud: Cloud, acted: Callable[[Change, str, str | None], None]) -> None:
        """Deliver through `cloud`; `acted` hears of each action and of its failure, if any."""
        self._cloud = cloud
        self._acted = acted
        self._waiting: queue.SimpleQueue[Change | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def take(self, change: Change) -> None:
        """Accept a transition; returns at once."""
        self._waiting.put(change)

    def start(self) -> None:
        """Start delivering."""
        self._thread = threading.Thread(target=self._run, name="alarm-actions", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Deliver what was taken, then end."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(timeout=5)
            self._thread = None

    def deliver_waiting(self) -> None:
        """Deliver what was taken, on the calling thread."""
        while not self._waiting.empty():
            change = self._waiting.get()
            if change is not None:
                self._deliver(change)

    def _run(self) -> None:
        while (change := self._waiting.get()) is not None:
            self._deliver(change)

    def _deliver(self, change: Change) -> None:
        failure = self._attempted(lambda: self._put_event(change))
        if failure is not None:
            _log.error("no event for alarm %r: %s", change.settings.name, failure)
        for action in change.settings.actions(change.new.state):
            failure = self._attempted(lambda action=action: self._act(change, action))  # type: ignore[misc]
            self._acted(change, action, failure)

    def _attempted(self, deed: Callable[[], None]) -> str | None:
        """Answer how a deed failed; one that fails must not keep the others from being done."""
        try:
            deed()
        except Exception as error:  # noqa: BLE001 - see above; it is told in the history
            _log.exception("an action of an alarm failed")
            return f"{type(error).__name__}: {error}"
        return None

    def _put_event(self, change: Change) -> None:
        self._cloud.put_event(EVENT_SOURCE, EVENT_TYPE, event_detail(change), [change.settings.arn])

    def _act(self, change: Change, action: str) -> None:
        account, region = self._cloud.account, self._cloud.region
        if action.startswith("arn:aws:lambda:"):
            self._cloud.invoke_lambda(action, lambda_payload(change, account, region))
        else:
            self._sns.publish(TopicArn=action, **sns_notice(change, account, region))

    @cached_property
    def _sns(self) -> Any:
        return self._cloud.client("sns")
