"""What is measured of a rollback, on ledgers that the machine wrote."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from steelyard.aws.ledger import Entry
from tests.local.gameday.rollbacks import Rang, Rollback, measured, summed_up
from tests.local.gameday.story import Zero
from tests.unit.cli.replayed import played
from tests.unit.cli.told import ID
from tests.unit.rollout.scenes import CANARY

ALARM = f"steelyard/completion/{CANARY}/errors"


@pytest.fixture
def entries() -> list[Entry]:
    """Of a bad version."""
    return played(bad=0.5).entries


def began(entries: list[Entry]) -> Entry:
    return next(e for e in entries if e.decision["phase"] == "ROLLING_BACK")


def call(at: float, operation: str, fate: str = "fine", **changes: str) -> dict[str, Any]:
    about = {"service": "sagemaker", "endpoint": "completion", **changes}
    return {"at": at, "operation": operation, "fate": fate, **about}


def test_rollback_by_evidence_is_measured_from_the_end_of_its_last_batch(
    entries: list[Entry],
) -> None:
    end = max(datetime.fromisoformat(b["end"]) for b in began(entries).seen["batches"]).timestamp()
    calls = [
        call(end - 5, "UpdateEndpoint"),
        call(end + 1, "DescribeEndpoint"),
        call(end + 2, "UpdateEndpointWeightsAndCapacities", "lost request"),
        call(end + 50, "UpdateEndpointWeightsAndCapacities"),
        call(end + 51, "UpdateEndpointWeightsAndCapacities", endpoint="another"),
        call(end + 52, "PutItem", service="dynamodb"),
        call(end + 90, "DeleteModel"),
    ]
    (found,) = measured(entries, [Zero(ID, end + 70)], [], calls)
    assert (found.sign, found.seconds, found.mutating, found.lost, found.reading) == (
        "batch",
        70,
        2,
        1,
        1,
    )
    assert found.decided == began(entries).at.timestamp() - end


def test_rollback_without_a_verdict_is_measured_from_its_canarys_last_alarm(
    entries: list[Entry],
) -> None:
    at = began(entries).at.timestamp()
    entry = began(entries)
    entry.decision["verdict"]["kind"] = "INCONCLUSIVE"
    rang = [
        Rang(ALARM, at - 300),
        Rang(ALARM, at - 40),
        Rang("steelyard/completion/evidence", at - 2),
        Rang(ALARM, at + 30),
    ]
    (found,) = measured([entry], [Zero(ID, at + 20)], rang, [])
    assert (found.sign, found.decided, found.seconds) == ("alarm", 40, 60)


def test_ticks_are_counted_by_the_second_at_which_the_ledgers_own_come(
    entries: list[Entry],
) -> None:
    entries = [replace(e, at=e.at + timedelta(seconds=17)) for e in entries]
    (tick,) = {e.at.timestamp() % 60 for e in entries if e.trigger["kind"] == "tick"}
    end = max(datetime.fromisoformat(b["end"]) for b in began(entries).seen["batches"]).timestamp()
    to_the_first = (tick - end) % 60 or 60
    zeros = [Zero(ID, end + to_the_first + more) for more in (-1, 1, 61)]
    found = measured(entries, zeros, [], [])
    assert [one.ticks for one in found] == [0, 1, 2]


def rollback(sign: str, seconds: float, ticks: int = 1) -> Rollback:
    return Rollback(ID, sign, 1.0, seconds, ticks, 1, 0, 3)


def test_summary_has_the_quantiles_of_each_sign() -> None:
    many = [rollback("batch", float(number)) for number in range(1, 101)]
    found = summed_up([*many, rollback("alarm", 20.0, ticks=0)])["by_sign"]
    assert found["batch"]["seconds"] == {"p50": 50.0, "p99": 99.0}
    assert found["alarm"] == {
        "rollbacks": 1,
        "decided": {"p50": 1.0, "p99": 1.0},
        "seconds": {"p50": 20.0, "p99": 20.0},
        "ticks": {"p50": 0, "p99": 0},
        "mutating": {"p50": 1, "p99": 1},
        "reading": {"p50": 3, "p99": 3},
    }
