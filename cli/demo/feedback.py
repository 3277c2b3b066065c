"""What users typed next, told to the intake in batches, a while after they were answered.

For the demo only.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from cli.problems import Problem
from steelyard.labels.reports import MOST_REPORTS

DELAY = timedelta(minutes=1)
"""From an answer until its label is reported, on the cloud's clock."""

_EVERY = 2.0


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer and what became of it: a report, as the intake takes it."""

    inference_id: str
    variant: str
    segment: str
    correct: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What was told so far.

    Attributes:
        labels, wrong: reports that the intake took, and how many of them said `wrong`.
        errors: batches that it did not take, and reports that it refused, by what was wrong.
    """

    labels: int
    wrong: int
    errors: Mapping[str, int]


class Taken(Protocol):
    """As `cli.labels.Told` has it: what was not counted, and why."""

    @property
    def refused(self) -> Sequence[Mapping[str, Any]]:
        """`index` in the batch, and `why`."""


class Intake(Protocol):
    """As `cli.labels.LabelClient` has it."""

    def inference_id(self, now: datetime) -> str:
        """An id for one request."""

    def report(self, reports: Sequence[Mapping[str, object]]) -> Taken:
        """Send one batch."""


class Feedback:
    """Keeps answers until they are due, and reports them from a thread of its own."""

    def __init__(self, intake: Intake, now: Callable[[], datetime], every: float = _EVERY) -> None:
        """Prepare it.

        Args:
            intake: whom it is told.
            now: the cloud's clock, which ids and the delay go by.
            every: seconds of real time between two batches.
        """
        self._intake = intake
        self._now = now
        self._every = every
        self._lock = threading.Lock()
        self._waiting: deque[tuple[datetime, Answered]] = deque()
        self._labels = self._wrong = 0
        self._errors: Counter[str] = Counter()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feedback", daemon=True)

    def inference_id(self) -> str:
        """An id for the next request."""
        return self._intake.inference_id(self._now())

    def add(self, answered: Answered) -> None:
        """Report this when it is due."""
        due = self._now() + DELAY
        with self._lock:
            self._waiting.append((due, answered))

    def start(self) -> None:
        """Start reporting; once only."""
        self._thread.start()

    def stop(self) -> Told:
        """Report all that is left, due or not, and return the totals."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()
        while self._report(everything=True):
            pass
        return self.told()

    def told(self) -> Told:
        """What was told so far."""
        with self._lock:
            return Told(self._labels, self._wrong, dict(sorted(self._errors.items())))

    def _run(self) -> None:
        while not self._stopped.wait(self._every):
            self._report(everything=False)

    def _report(self, *, everything: bool) -> bool:
        """Report one batch; False where there is none, or where it was not taken.

        One that was not taken stays and is sent again: the intake counts each id once.
        """
        now = self._now()
        with self._lock:
            first = list(islice(self._waiting, MOST_REPORTS))
        batch = [answered for due, answered in first if everything or due <= now]
        if not batch:
            return False
        try:
            refused = self._intake.report([asdict(answered) for answered in batch]).refused
        except (ClientError, BotoCoreError, OSError, Problem) as error:
            with self._lock:
                self._errors[type(error).__name__] += 1
            return False
        out = {one["index"] for one in refused}
        counted = [answered for index, answered in enumerate(batch) if index not in out]
        with self._lock:
            for _ in batch:
                self._waiting.popleft()
            self._errors.update(str(one["why"]) for one in refused)
            self._labels += len(counted)
            self._wrong += sum(not answered.correct for answered in counted)
        return True
