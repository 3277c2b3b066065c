"""One run of a plan, minute by minute, until nothing more happens. For `tests/faults`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from steelyard.telemetry import logger
from tests.fakes.cloudwatch import MINUTE
from tests.fakes.dynamodb import Item
from tests.faults.armed import Lasting
from tests.faults.bound import bound
from tests.faults.cloud import Cloud
from tests.faults.history import Entry, Event, History
from tests.faults.invariants import Checks, Violation
from tests.faults.kinds import KINDS, STATUSES
from tests.faults.people import People
from tests.faults.plan import Fault, Plan
from tests.faults.post import Post
from tests.faults.queue import Queue
from tests.faults.settings import ENDPOINT
from tests.faults.weather import Weather
from tests.faults.worker import Worker

_QUIET = 5  # minutes without any change, and it is over
_WAITS_FOR_PEOPLE = ("PAUSED", "NEEDS_HUMAN")
_AT_REST = ("NONE", "PROMOTED", "ROLLED_BACK", *_WAITS_FOR_PEOPLE)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a plan.

    Attributes:
        broken: the first promise that was not kept, if any.
        suffix: how long it took to come to rest, once nothing went wrong any more.
    """

    plan: Plan
    history: History
    broken: Violation | None
    suffix: timedelta


class Run:
    """A plan under way."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.history = History()
        self.cloud = Cloud(plan)
        self.queue = Queue()
        self.weather = Weather(self.cloud, self.history, plan.faults)
        self.post = Post(self.cloud, self.history, self.queue, plan.faults)
        self.people = People(self.cloud, self.history, self.post)
        self.worker = Worker(self.cloud, self.history, self.queue, self.post, self.weather)
        self.weather.by_hand = self.people.by_hand
        self.checks = Checks(self)
        self._minutes: Counter[str] = Counter()
        self._whiles = [fault for fault in plan.faults if KINDS[fault.kind].at == "while"]
        self._answers = list(plan.answers)
        self._calm_since = self.cloud.timeline.now
        self._marks: tuple[object, ...] = ()
        self._quiet = 0
        self._over = False
        self._without_ticks: Lasting | None = None
        self._without_traffic: Lasting | None = None
        self._connect()

    def play(self) -> Result:
        """Until it has come to rest, a promise is broken, or the bound is over.

        What the product logs meanwhile, nobody reads.
        """
        level = logger.log_level
        logger.setLevel("CRITICAL")
        try:
            return self._play()
        finally:
            logger.setLevel(level)

    def _play(self) -> Result:
        timeline = self.cloud.timeline
        timeline.turn(timeline.now + MINUTE, self._minute)
        while not self._over and self.checks.broken is None:
            self.worker.work()
            timeline.go_on(self.queue.next_visible)
        if self.checks.broken is None:
            self.checks.end()
        suffix = timeline.now - self._calm_since
        return Result(self.plan, self.history, self.checks.broken, suffix)

    def _connect(self) -> None:
        status = [self.cloud.shown[-1][1]["EndpointStatus"]]

        def changed(shown: Mapping[str, object]) -> None:
            self.history.events.append(Event(self.cloud.timeline.now, "endpoint", _shown(shown)))
            if shown["EndpointStatus"] != status[0]:
                status[0] = shown["EndpointStatus"]
                detail = {"EndpointName": ENDPOINT, "EndpointStatus": status[0]}
                self.post.send("endpoint", detail)
            self.checks.fleet()

        def appended(item: Item) -> None:
            entry = Entry(item)
            self.history.entries.append(entry)
            what = f"{entry.version} {entry.phase}: {entry.decision['reason']}"
            self.history.events.append(Event(self.cloud.timeline.now, "ledger", what))
            self.checks.entry(entry)

        self.cloud.changed, self.cloud.dynamo.appended = changed, appended
        self.weather.on_change, self.weather.on_look = self.checks.change, self.checks.looked
        self.worker.after = self.checks.fleet

    def _minute(self) -> None:
        timeline, phase = self.cloud.timeline, self.history.phase
        hits = len(self.history.hits)
        if not self._felt(self._without_traffic):
            self.cloud.serve()
        for name, _, state in self.cloud.cloudwatch.evaluate():
            self.post.send("alarm", {"alarmName": name, "state": {"value": state}})
        number = self._minutes[phase]
        self._minutes[phase] += 1
        for fault in [f for f in self._whiles if (f.phase, f.nth) == (phase, number)]:
            self._begin(fault)
        acted = self.people.minute(phase, number)
        if not self._felt(self._without_ticks):
            self.post.send("tick", {})
        self.checks.fleet()
        # Work may have lasted beyond the full minute; the next one is full all the same.
        timeline.turn(timeline.now.replace(second=0, microsecond=0) + MINUTE, self._minute)
        self._see_whether_it_is_over(disturbed=acted or len(self.history.hits) > hits)

    def _felt(self, lasting: Lasting | None) -> bool:
        return lasting is not None and lasting.feel(self.history, self.cloud.timeline.now)

    def _begin(self, fault: Fault) -> None:
        """A fault that lasts."""
        now, lasts = self.cloud.timeline.now, timedelta(seconds=fault.seconds)
        where, lasting = KINDS[fault.kind].where[0], Lasting(fault, now + lasts)
        self._whiles.remove(fault)
        self.history.events.append(Event(now, "fault", f"{fault.kind} for {lasts}"))
        self._calm_since = max(self._calm_since, now + lasts)
        if where in STATUSES:
            self.cloud.impose(where, lasts)
            self.weather.imposed = lasting
        elif where == "tick":
            self._without_ticks = lasting
        elif where == "traffic":
            self._without_traffic = lasting
        else:
            self.weather.down[where] = lasting

    def _see_whether_it_is_over(self, *, disturbed: bool) -> None:
        now, history = self.cloud.timeline.now, self.history
        marks = (
            len(history.hits),
            len(history.changes),
            history.phase,
            len(self.cloud.shown),
            len(self.queue.waiting) > 1,
        )
        if disturbed or len(history.hits) != (self._marks or (0,))[0]:
            self._calm_since = max(self._calm_since, now)
        self._quiet = self._quiet + 1 if marks == self._marks else 0
        self._marks = marks
        if now < self._calm_since:
            self._quiet = 0
            return
        if self._quiet >= _QUIET and self._rests():
            if self._answers and history.phase in _WAITS_FOR_PEOPLE:
                self.people.order(self._answers.pop(0))
                self._calm_since, self._quiet = now, 0
                return
            self._over = True
        elif now - self._calm_since > bound(self.plan):
            self._over = True
            self.checks.late(bound(self.plan))

    def _rests(self) -> bool:
        """Whether nothing is left to be done, as far as the ledger says."""
        if self.history.phase not in _AT_REST or not self.history.entries:
            return False
        if any(message.received for message in self.queue.waiting):
            return False
        state = self.history.entries[-1].state
        if self.history.phase in _WAITS_FOR_PEOPLE or state["warned"]:
            return True
        rollout = state["rollout"] or {}
        if state["waiting"] is not None or rollout.get("intent") is not None:
            return False
        keep: float | None = rollout["policy"]["keep_loser"] if rollout else None
        if keep is None:
            return True
        goes = datetime.fromisoformat(rollout["since"]) + timedelta(seconds=keep)
        return self.cloud.timeline.now >= goes + 2 * MINUTE


def play(plan: Plan) -> Result:
    """One run."""
    return Run(plan).play()


def _shown(shown: Mapping[str, object]) -> str:
    variants: object = shown.get("ProductionVariants", [])
    weights = [f"{v['VariantName']} {v['CurrentWeight']:g}" for v in variants]  # type: ignore[attr-defined]
    return f"{shown['EndpointStatus']}, {shown['EndpointConfigName']}, {', '.join(weights)}"
