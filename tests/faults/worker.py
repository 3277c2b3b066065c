"""The Lambda: the real handler's `take`, over the fakes. For `tests/faults`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property

from steelyard.aws.catalog import ModelSettings
from steelyard.aws.golden import GoldenRequests
from steelyard.aws.ledger import FORM, Ledger
from steelyard.composition import Runtime
from steelyard.errors import SteelyardError
from steelyard.reception import take
from steelyard.telemetry import metrics
from tests.fakes.dynamodb import LEDGER
from tests.faults.cloud import Cloud
from tests.faults.history import Event, History
from tests.faults.post import Post
from tests.faults.queue import Message, Queue
from tests.faults.settings import SETTINGS
from tests.faults.weather import LAMBDA_S, Killed, Weather


class Process(Runtime):
    """The product's own composition, with clients of the simulated cloud.

    Args:
        form: of the ledger's entries that this code writes.
    """

    def __init__(self, weather: Weather, form: int) -> None:
        super().__init__(lambda: SETTINGS, weather.reader, weather.writer)
        self._form = form

    @cached_property
    def _ledger(self) -> Ledger:
        return Ledger(LEDGER, self._reader("dynamodb"), self._form)

    def _golden(self, settings: ModelSettings) -> GoldenRequests:
        goldens = self._catalog.golden(settings.golden)
        # Seconds would be those of this machine, and the ledger differ from run to run.
        return GoldenRequests(settings.endpoint, self._invoker, goldens, clock=lambda: 0.0)


class Worker:
    """Takes messages, one after the other, and dies as the weather wants.

    Attributes:
        after: called when a message was dealt with.
        strange: errors that are not of the product's own tree.
    """

    def __init__(
        self, cloud: Cloud, history: History, queue: Queue, post: Post, weather: Weather
    ) -> None:
        self._cloud = cloud
        self._history = history
        self._queue = queue
        self._post = post
        self._weather = weather
        self._codes = {form: Process(weather, form) for form in (FORM, FORM + 1)}
        self._at_work: list[Message] = []
        self.after: Callable[[], None] = lambda: None
        self.strange: list[str] = []
        weather.other_worker = self._another
        cloud.quarantine.comes_again = lambda receipt, seconds: queue.comes_again(
            receipt, cloud.timeline.now + timedelta(seconds=seconds)
        )

    def work(self) -> None:
        """Take what waits, as long as something can be taken."""
        while (message := self._queue.head(self._cloud.timeline.now)) is not None:
            self._take(message)

    def _take(self, message: Message) -> None:
        now = self._cloud.timeline.now
        self._queue.receive(message, now)
        before, self._weather.deadline = (
            self._weather.deadline,
            now + timedelta(seconds=LAMBDA_S),
        )
        self._at_work.append(message)
        outcome = self._outcome(message)
        self._at_work.pop()
        self._weather.deadline = before
        metrics.clear_metrics()
        if outcome:
            self._tell(f"{message.kind} fails: {outcome}")
            self._queue.fail(message)
        else:
            self._queue.acknowledge(message)
        self.after()

    def _outcome(self, message: Message) -> str:
        """Empty when all is well, or why the message comes again."""
        newer = message.newer or self._post.deployed
        try:
            if message.poisoned:
                raise Killed  # noqa: TRY301 - as a crash in the handler would
            take(message.received_as(), self._codes[FORM + 1 if newer else FORM])
        except Killed:
            return "the process was killed"
        except SteelyardError as error:
            return f"{type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001 - whatever it is, an invariant tells
            self.strange.append(f"{type(error).__name__}: {error}")
            return self.strange[-1]
        return ""

    def _another(self) -> None:
        """Visibility ended while a Lambda was at work: another gets the message, and the next."""
        if len(self._at_work) != 1:
            return
        self._take(self._at_work[0])
        if (following := self._queue.head(self._cloud.timeline.now)) is not None:
            self._take(following)

    def _tell(self, what: str) -> None:
        self._history.events.append(Event(self._cloud.timeline.now, "Lambda", what))
