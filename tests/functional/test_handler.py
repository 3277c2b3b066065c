"""The Lambda itself, with the events that SQS hands it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from steelyard.aws.ledger import Ledger
from steelyard.rollout.model import Phase
from tests.functional.conftest import PREFIX
from tests.functional.fake_sagemaker import refusal
from tests.functional.lambda_queue import Queue, event, record
from tests.functional.operator import CANARY, Operator
from tests.functional.world import MINUTE, START, World, lost_answer

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")


def test_tick_is_processed_and_nothing_comes_again(queue: Queue, ledger: Ledger) -> None:
    assert queue.send(record(event())) == []
    entry = ledger.latest("completion")
    assert entry is not None
    assert (entry.decision["kind"], entry.trigger["kind"]) == ("adopt", "tick")
    assert queue.quarantined() == []


def test_time_is_when_the_message_was_sent(queue: Queue, ledger: Ledger) -> None:
    sent = datetime(2026, 3, 2, 9, 0, 7, 123_000, tzinfo=UTC)
    queue.send(record(event(time="2020-01-01T00:00:00Z"), sent=sent))
    entry = ledger.latest("completion")
    assert entry is not None
    assert entry.at == sent


def test_message_that_waited_for_hours_is_dealt_with_as_of_now(
    queue: Queue, ledger: Ledger, world: World
) -> None:
    queue.send(record(event(), sent=world.now - timedelta(hours=5)))
    entry = ledger.latest("completion")
    assert entry is not None
    assert entry.at == world.now


def test_whole_rollout_through_the_queue(queue: Queue, operator: Operator, world: World) -> None:
    world.approve(2)
    for _ in range(25):
        queue.send(record(event(), sent=world.now))
        world.serve()
    assert operator.rollout.phase is Phase.PROMOTED
    assert world.share(CANARY) == 100


BAD = {
    "not_json": ("{'a'", "not JSON"),
    "empty": ("", "not JSON"),
    "alarm_without_state": (
        event(**{"detail-type": "CloudWatch Alarm State Change"}, detail={}),
        "alarmName: got None",
    ),
    "other_account": (event(account="999999999999"), "account: got '999999999999'"),
    "other_region": (event(region="us-east-1"), "region: got 'us-east-1'"),
    "oversized": (event(detail={"x": "y" * 300_000}), "accepted: at most 262144"),
    "two_megabytes": ("x" * 2_000_000, "2000000 characters"),
    "too_deep": (event(detail={"x": 0}).replace(": 0", ": " + "[" * 950 + "]" * 950), ""),
    "unknown_command": (
        event(**{"detail-type": "Steelyard Command"}, detail={"endpoint": "completion"}),
        "command: got None",
    ),
    "command_for_no_rollout": (
        event(
            **{"detail-type": "Steelyard Command"},
            detail={
                "endpoint": "completion",
                "command": "rollback",
                "rollout": "completion-r9",
                "actor": "ada",
                "reason": "x",
                "key": "k",
            },
        ),
        "no rollout completion-r9 is under way",
    ),
}


@pytest.mark.parametrize(("body", "reason"), BAD.values(), ids=BAD)
def test_bad_input_is_quarantined_and_the_record_behind_it_is_processed(
    queue: Queue, ledger: Ledger, body: str, reason: str
) -> None:
    assert queue.send(record(body), record(event())) == []
    (kept,) = queue.quarantined()
    assert reason in kept["reason"]
    assert kept["endpoint"] == "completion"
    assert kept["sha256"] == hashlib.sha256(body.encode()).hexdigest()
    assert kept["length"] == len(body)
    entry = ledger.latest("completion")
    assert entry is not None
    assert entry.decision["kind"] == "adopt"


@pytest.mark.parametrize(
    ("group", "reason"),
    [
        ("unknown", f"no settings at {PREFIX}/unknown: is unknown deployed?"),
        ("../completion", "endpoint: got '../completion'"),
        ("", "endpoint: got ''"),
        ("e" * 64, "endpoint: got 'eeee"),
        ("complétion", "endpoint: got 'complétion'"),
    ],
)
def test_endpoint_that_nobody_deployed_is_quarantined(
    queue: Queue, group: str, reason: str
) -> None:
    assert queue.send(record(event(), group=group)) == []
    assert [kept["reason"][: len(reason)] for kept in queue.quarantined()] == [reason]


def test_failure_that_may_pass_comes_again_and_holds_only_its_own_endpoint(
    queue: Queue, world: World, ledger: Ledger
) -> None:
    def throttled() -> None:
        raise refusal("ThrottlingException", "Rate exceeded", "Query")

    world.before["Query"] = [throttled]
    mine = [record(event()), record(event())]
    other = record(event(), group="unknown")
    assert queue.send(*mine, other) == [message["messageId"] for message in mine]
    assert [kept["endpoint"] for kept in queue.quarantined()] == ["unknown"]
    assert ledger.latest("completion") is None
    assert queue.send(*mine) == []
    assert ledger.latest("completion") is not None


def test_failed_batch_does_not_taint_the_next_one(queue: Queue, world: World) -> None:
    world.before["Query"] = [lost_answer]
    first, other = record(event()), record(event(), group="unknown")
    assert queue.send(first, other) == [first["messageId"]]
    assert queue.send(record(event(), sent=START + MINUTE)) == []


def test_quarantine_that_can_not_be_reached_loses_nothing(queue: Queue, world: World) -> None:
    world.before["SendMessage"] = [lost_answer]
    bad, good = record("{"), record(event(), group="unknown")
    assert queue.send(bad, good) == [bad["messageId"]]
    assert queue.send(bad) == []


def test_quarantined_event_is_counted_and_logged_without_its_body(
    queue: Queue, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    queue.send(record("{secret"))
    out = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line[:1] == "{"]
    (metric,) = [line for line in out if "_aws" in line]
    assert metric["Quarantined"] == [1.0]
    (warning,) = [r for r in caplog.records if r.getMessage() == "event.quarantined"]
    assert vars(warning)["endpoint"] == "completion"
    assert "secret" not in json.dumps({key: str(value) for key, value in vars(warning).items()})


def test_settings_that_can_not_be_read_for_a_while_hold_no_rollback_up(
    queue: Queue, operator: Operator, world: World
) -> None:
    queue.send(record(event(), sent=world.now))
    operator.ramping()
    world.before["GetParameter"] = [lost_answer] * 9
    world.serve({CANARY: 0.3})
    world.serve({CANARY: 0.3})
    assert queue.send(record(event(), sent=world.now)) == []
    assert operator.rollout.latched
