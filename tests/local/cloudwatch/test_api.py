"""CloudWatch as the server knows it: its operations and its threads."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from infra.local.clock import Clock
from infra.local.ports import AwsError

from .fakes import TOPIC, Desk


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)


@pytest.mark.parametrize("operation", ["PutAnomalyDetector", "ListMetricStreams", "PutInsightRule"])
def test_operation_that_is_not_emulated_is_refused_by_name(desk: Desk, operation: str) -> None:
    with pytest.raises(AwsError, match=operation) as caught:
        desk.watch.call(operation, {})
    assert caught.value.status == 501


def test_threads_evaluate_and_deliver_by_themselves_and_end(desk: Desk) -> None:
    desk.put_alarm(AlarmActions=[TOPIC])
    desk.record(60.0, minute=-1)
    before = threading.active_count()
    desk.watch.start()
    _wait_for(lambda: len(desk.cloud.sns.published) == 1)
    desk.watch.stop()
    assert desk.states() == ["ALARM"]
    assert threading.active_count() == before


def test_alarm_put_while_the_threads_run_is_evaluated_as_virtual_time_goes_by() -> None:
    fast = Desk(Clock(factor=1200))
    fast.watch.start()
    fast.put_alarm(AlarmActions=[TOPIC])
    time.sleep(0.02)
    fast.record(60.0, at=fast.cloud.clock.now() + timedelta(seconds=30))
    _wait_for(lambda: len(fast.cloud.sns.published) == 1)
    fast.watch.stop()
    assert fast.states() == ["ALARM"]
