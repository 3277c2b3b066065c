"""The book of all alarms: put, evaluated, forced, deleted; thread-safe.

Only `infra/local/cloudwatch` imports it. Every transition is handed to `on_change` in order.
"""

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from infra.local.clock import Clock
from infra.local.cloudwatch.alarm_settings import MetricWatch
from infra.local.cloudwatch.alarms import Alarm, Change, Settings, Standing
from infra.local.cloudwatch.composite import CompositeRule
from infra.local.cloudwatch.errors import invalid_request, not_emulated, not_found
from infra.local.cloudwatch.evaluation import State
from infra.local.cloudwatch.history import History
from infra.local.cloudwatch.reasons import CREATED, MOST_TOLD, stamp
from infra.local.ports import Params

_STEP, _MINUTE = 10, 60


@dataclass(frozen=True, slots=True)
class Due:
    """A metric alarm that is to be evaluated on the periods before the second `tick`."""

    settings: Settings
    watch: MetricWatch
    tick: int


class AlarmBook:
    """All alarms and their history."""

    def __init__(self, clock: Clock, on_change: Callable[[Change], None]) -> None:
        """Start empty; `on_change` is called under the lock and must return at once."""
        self._clock = clock
        self._on_change = on_change
        self._lock = threading.RLock()
        self._alarms: dict[str, Alarm] = {}
        self._history = History()

    def put(self, settings: Settings) -> bool:
        """Create or replace an alarm; answers whether it is new. Its state stays as it was."""
        with self._lock:
            known = self._alarms.get(settings.name)
            if known is not None and known.settings.kind != settings.kind:
                raise invalid_request(f"{settings.name!r} is a {known.settings.kind} already.")
            if isinstance(settings.watch, CompositeRule):
                self._check_children(settings.name, settings.watch)
            if known is None:
                standing = Standing(State.INSUFFICIENT_DATA, CREATED, None, settings.since)
                self._alarms[settings.name] = Alarm(settings, standing, settings.since)
            else:
                known.settings, known.evaluated = settings, None
            word = "created" if known is None else "updated"
            self._history.configured(settings, word, settings.since)
            if isinstance(settings.watch, CompositeRule):
                self._decide(self._alarms[settings.name], f"{settings.arn} was {word} and its ")
            return known is None

    def delete(self, names: Sequence[str]) -> None:
        """Delete alarms: all of them, or none when one can't be deleted."""
        with self._lock:
            for name in names:
                self._known(name)
                parents = [each for each in self._parents(name) if each not in names]
                if parents:
                    raise invalid_request(f"{name!r} is read by composite alarms: {parents}.")
            for name in dict.fromkeys(names):
                gone = self._alarms.pop(name)
                self._history.configured(gone.settings, "deleted", self._clock.now())

    def force(self, name: str, state: State, reason: str, data: str | None) -> None:
        """Set a state by hand; the next evaluation sets it right again."""
        with self._lock:
            self._move(self._known(name), Standing(state, reason, data, self._clock.now()))

    def enable(self, names: Iterable[str], *, enabled: bool) -> None:
        """Switch the actions of alarms on or off; unknown names are passed over, as on AWS."""
        with self._lock:
            for name in names:
                alarm = self._alarms.get(name)
                if alarm is not None:
                    alarm.settings = replace(alarm.settings, enabled=enabled)

    def due(self) -> list[Due]:
        """Answer the metric alarms to evaluate now, and mark them as evaluated.

        Source: user guide, "Evaluating an alarm": every minute; every 10 s for short periods.
        """
        now = int(self._clock.time())
        found: list[Due] = []
        with self._lock:
            for alarm in self._alarms.values():
                watch = alarm.settings.watch
                if not isinstance(watch, MetricWatch):
                    continue
                tick = now - now % (_STEP if watch.period < _MINUTE else _MINUTE)
                if alarm.evaluated != tick:
                    alarm.evaluated = tick
                    found.append(Due(alarm.settings, watch, tick))
        return found

    def settle(self, settings: Settings, standing: Standing | None) -> None:
        """Take the result of an evaluation, unless the alarm was replaced meanwhile."""
        with self._lock:
            alarm = self._alarms.get(settings.name)
            if alarm is None or alarm.settings.watch is not settings.watch:
                return
            recovered, alarm.failing = alarm.failing, False
            if standing is not None and (recovered or standing.state is not alarm.standing.state):
                self._move(alarm, standing)

    def fail(self, settings: Settings, reason: str) -> bool:
        """Note that an alarm can't be evaluated; answers whether that is news."""
        with self._lock:
            alarm = self._alarms.get(settings.name)
            if alarm is None or alarm.failing:
                return False
            alarm.failing = True
            alarm.standing = replace(alarm.standing, reason=reason, at=self._clock.now())
            return True

    def acted(self, change: Change, action: str, failure: str | None) -> None:
        """Note an action in the history."""
        with self._lock:
            self._history.acted(change, action, failure, self._clock.now())

    def described(self) -> list[tuple[Settings, Params]]:
        """Answer all alarms by name, with their descriptions."""
        with self._lock:
            alarms = [self._alarms[name] for name in sorted(self._alarms)]
            return [(alarm.settings, alarm.described()) for alarm in alarms]

    def history(self, params: Params) -> Params:
        """Answer a DescribeAlarmHistory request."""
        with self._lock:
            return self._history.described(params)

    def _known(self, name: str) -> Alarm:
        if name not in self._alarms:
            raise not_found("alarm", name)
        return self._alarms[name]

    def _parents(self, name: str) -> list[str]:
        return [
            each.settings.name
            for each in self._alarms.values()
            if isinstance(each.settings.watch, CompositeRule)
            and name in each.settings.watch.children
        ]

    def _check_children(self, name: str, rule: CompositeRule) -> None:
        waiting = list(rule.children)
        while waiting:
            child = waiting.pop()
            if child == name:
                raise not_emulated(f"composite alarms that read each other ({name!r})")
            if child not in self._alarms:
                raise invalid_request(f"The AlarmRule reads {child!r}, which does not exist.")
            watch = self._alarms[child].settings.watch
            waiting += watch.children if isinstance(watch, CompositeRule) else ()

    def _move(self, alarm: Alarm, standing: Standing) -> None:
        """Set a standing; if the state is another, tell the world and decide what reads it."""
        change = Change(alarm.settings, alarm.standing, standing)
        alarm.standing = standing
        if change.old.state is standing.state:
            return
        alarm.transitioned = standing.at
        self._history.changed(change)
        self._on_change(change)
        moved = f"{standing.at:%A %d %B, %Y %H:%M:%S} UTC"
        why = f"{alarm.settings.arn} transitioned to {standing.state} at {moved}"
        for parent in self._parents(alarm.settings.name):
            self._decide(self._alarms[parent], why, [alarm])

    def _decide(self, alarm: Alarm, why: str, triggers: Sequence[Alarm] | None = None) -> None:
        """Evaluate a composite alarm."""
        rule = alarm.settings.watch
        if not isinstance(rule, CompositeRule):
            raise TypeError(f"{alarm.settings.name!r} is no composite alarm")
        children = [self._alarms[name] for name in rule.children]
        states = {child.settings.name: child.standing.state for child in children}
        state = State.ALARM if rule.holds(states) else State.OK
        if state is alarm.standing.state:
            return
        if triggers is None:
            why, triggers = f"{why}alarm rule evaluates to {state}", children
        at = self._clock.now()
        self._move(alarm, Standing(state, why, _triggering(triggers), at))


def _triggering(alarms: Iterable[Alarm]) -> str:
    found = [
        {
            "arn": alarm.settings.arn,
            "state": {"value": alarm.standing.state, "timestamp": stamp(alarm.standing.at)},
        }
        for alarm in list(alarms)[:MOST_TOLD]
    ]
    return json.dumps({"triggeringAlarms": found}, separators=(",", ":"))
