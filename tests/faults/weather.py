"""Every call goes through here, and may go wrong as the plan says. For `tests/faults`.

What a client of botocore does is done here: two attempts of a reader, one of a writer, time-outs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.fakes.dynamodb import LABELS
from tests.fakes.facade import Facade
from tests.faults.armed import Armed, Lasting
from tests.faults.cloud import Cloud
from tests.faults.history import Change, Event, History, brief
from tests.faults.kinds import CREATE, KINDS, SHIFT, UPDATE, WRITES
from tests.faults.plan import Fault
from tests.faults.refusals import REFUSALS, is_passing
from tests.functional import sagemaker_refusals as refused

LAMBDA_S = 30.0
_CALL_S = 0.02
_READER_S, _WRITER_S = 4.0, 20.0
Params = Mapping[str, Any]
Do = Callable[[], dict[str, Any]]
Effect = Callable[[Fault, str, str, Do], dict[str, Any]]


class Killed(BaseException):
    """The Lambda's process ends here."""


class Weather:
    """Stands between clients and fakes.

    Attributes:
        deadline: when the Lambda that is at work is killed.
        down: services that refuse everything for a while.
        imposed: a status that the endpoint shows for a while.
        other_worker: lets another Lambda take a message meanwhile.
        by_hand: lets people do what they do in the middle of that fault; whether they could.
        calls: all operations so far, in order.
        seen_after: for each change from outside, when Describe first showed what came after it.
    """

    def __init__(self, cloud: Cloud, history: History, faults: tuple[Fault, ...]) -> None:
        self._cloud = cloud
        self._history = history
        self._armed = [Armed(fault) for fault in faults if KINDS[fault.kind].at == "call"]
        self.deadline = datetime.max.replace(tzinfo=cloud.timeline.now.tzinfo)
        self.down: dict[str, Lasting] = {}
        self.imposed: Lasting | None = None
        self.other_worker: Callable[[], None] = lambda: None
        self.by_hand: Callable[[Fault], bool] = lambda _fault: False
        self.on_look: Callable[[], None] = lambda: None
        self.on_change: Callable[[Change], None] = lambda _change: None
        self.calls: list[str] = []
        self.seen_after: dict[datetime, datetime] = {}
        self._effects: Mapping[str, Effect] = {
            "lost request": self._lost_request,
            "lost response": self._lost_response,
            "delayed call": self._delayed,
            "duplicated call": self._duplicated,
            "crash before a call": self._crash_before,
            "crash after a call": self._crash_after,
            "stale read": self._stale,
            "capacity": self._fails_later,
            "silent rollback": self._fails_later,
            "already existing": self._exists,
            "time-out in mid-call": self._interrupted,
            "changed by hand while busy": self._overtaken,
            "changed by hand while throttled": self._overtaken,
            "changed by hand while killed": self._overtaken,
        }

    def reader(self, service: str) -> Facade:
        """A client as `calls.client` makes it."""
        return Facade(lambda operation, params: self._read(service, operation, params))

    def writer(self, service: str, read_timeout: float = _WRITER_S) -> Facade:
        """A client as `calls.client_without_retries` makes it."""
        return Facade(
            lambda operation, params: self._once(service, operation, params, read_timeout)
        )

    def _read(self, service: str, operation: str, params: Params) -> dict[str, Any]:
        try:
            return self._once(service, operation, params, _READER_S)
        except (ClientError, ReadTimeoutError) as error:
            if isinstance(error, ClientError) and not is_passing(error):
                raise
            self._cloud.timeline.pass_by(0.5)
        return self._once(service, operation, params, _READER_S)

    def _once(self, service: str, operation: str, params: Params, timeout: float) -> dict[str, Any]:
        timeline = self._cloud.timeline
        timeline.pass_by(_CALL_S)
        if timeline.now >= self.deadline:
            self._tell("Lambda", "killed after 30 s")
            raise Killed
        self.calls.append(operation)
        known = len(self._history.entries)

        def do() -> dict[str, Any]:
            return self._do(service, operation, params, known)

        self._timeout = timeout
        of_labels = params.get("TableName") == LABELS
        if (why := self._refusal_of("labels" if of_labels else service)) is not None:
            raise why
        phase = self._history.phase
        for armed in self._armed:
            if armed.is_due(phase, operation):
                return self._strike(armed.fault, phase, (service, operation), do)
        return do()

    def _strike(self, fault: Fault, phase: str, call: tuple[str, str], do: Do) -> dict[str, Any]:
        effect: Effect = self._effects.get(fault.kind, self._refused)
        hits, lines = len(self._history.hits), len(self._history.events)
        self._history.hits.append((fault.kind, phase))
        self._tell("fault", f"{fault.kind}: {call[1]}")
        try:
            return effect(fault, call[0], call[1], do)
        except _NoEffect:
            del self._history.hits[hits], self._history.events[lines]
            return do()

    def _do(self, service: str, operation: str, params: Params, known: int) -> dict[str, Any]:
        """The call itself, as it reaches AWS."""
        error = ""
        try:
            answer: dict[str, Any] = self._cloud.fakes[service].answer(operation, params)
        except ClientError as refusal:
            error = str(refusal)
            raise
        finally:
            if operation == "DescribeEndpoint":
                self.on_look()
                if self.imposed is not None:
                    self.imposed.feel(self._history, self._cloud.timeline.now)
                for outside in self._history.outside:
                    self.seen_after.setdefault(outside.at, self._cloud.timeline.now)
            if operation in WRITES and operation != "PutItem":
                if operation in (UPDATE, SHIFT) and not error:
                    self._cloud.update_begun(operation)
                now = self._cloud.timeline.now
                change = Change(now, service, operation, params, known, error)
                self._history.changes.append(change)
                self._tell("Steelyard", f"{operation} {brief(params)} {error}".rstrip())
                self.on_change(change)
        return answer

    def _refusal_of(self, service: str) -> Exception | None:
        lasting = self.down.get(service)
        if lasting is None or not lasting.feel(self._history, self._cloud.timeline.now):
            return None
        denied = lasting.fault.kind.endswith("denied")
        error: Exception = refused.denied("It") if denied else refused.unavailable()
        return error

    def _time_out(self) -> Exception:
        self._cloud.timeline.pass_by(self._timeout)
        lost: Exception = ReadTimeoutError(endpoint_url="https://eu-west-1.amazonaws.com")
        return lost

    def _lost_request(self, _fault: Fault, _service: str, _operation: str, _do: Do) -> Any:
        raise self._time_out()

    def _lost_response(self, _fault: Fault, _service: str, _operation: str, do: Do) -> Any:
        _ignoring_refusals(do)
        raise self._time_out()

    def _delayed(self, fault: Fault, _service: str, operation: str, do: Do) -> Any:
        timeline = self._cloud.timeline

        def land() -> None:
            self._tell("late call", operation)
            _ignoring_refusals(do)

        timeline.physics(timeline.now + timedelta(seconds=fault.seconds), land)
        raise self._time_out()

    def _duplicated(self, _fault: Fault, _service: str, _operation: str, do: Do) -> Any:
        answer = do()
        _ignoring_refusals(do)
        return answer

    def _crash_before(self, _fault: Fault, _service: str, _operation: str, _do: Do) -> Any:
        raise Killed

    def _crash_after(self, _fault: Fault, _service: str, _operation: str, do: Do) -> Any:
        _ignoring_refusals(do)
        raise Killed

    def _stale(self, fault: Fault, _service: str, _operation: str, do: Do) -> Any:
        earlier = self._cloud.timeline.now - timedelta(seconds=fault.seconds)
        old, new = self._cloud.as_of(earlier), do()
        if old == {**new, "LastModifiedTime": old["LastModifiedTime"]}:
            raise _NoEffect
        return old

    def _fails_later(self, fault: Fault, _service: str, _operation: str, do: Do) -> Any:
        answer = do()
        self._cloud.fail_update(refused.SHORT_OF_INSTANCES if fault.kind == "capacity" else "")
        return answer

    def _exists(self, _fault: Fault, _service: str, operation: str, do: Do) -> Any:
        do()  # by an earlier attempt that nobody saw
        what = "model" if operation == CREATE[0] else "endpoint configuration"
        raise refused.exists(what, "x", "x")

    def _interrupted(self, _fault: Fault, _service: str, _operation: str, do: Do) -> Any:
        self.other_worker()
        return do()

    def _overtaken(self, fault: Fault, service: str, operation: str, do: Do) -> Any:
        """Somebody changes the endpoint between the record and the call, which never comes."""
        if not self.by_hand(fault):
            raise _NoEffect
        if fault.kind.endswith("killed"):
            raise Killed
        return self._refused(fault, service, operation, do)

    def _refused(self, fault: Fault, service: str, operation: str, _do: Do) -> Any:
        raise REFUSALS[fault.kind](service, operation)

    def _tell(self, who: str, what: str) -> None:
        self._history.events.append(Event(self._cloud.timeline.now, who, what))


class _NoEffect(Exception):
    """The fault would have changed nothing."""


def _ignoring_refusals(do: Do) -> None:
    """A call whose answer nobody waits for."""
    try:
        do()
    except ClientError:
        return
