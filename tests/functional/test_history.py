"""`steelyard history --verify` over what the service wrote and the archive's Lambda copied."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from rich.console import Console

from cli.history import (
    Verified,
    verified,
    verified_json,
    verified_table,
)
from steelyard.archiving import Archiver, Change
from steelyard.aws.archive import Archive
from steelyard.aws.ledger import Ledger
from steelyard.aws.outlets import Alert
from steelyard.rollout.model import Phase
from tests.functional.archive.stream import BUCKET, doctored, make_bucket
from tests.functional.conftest import TABLE, Pages
from tests.functional.operator import CANARY, Operator
from tests.functional.world import Clients, World

ENDPOINT = "completion"


@pytest.fixture
def told(operator: Operator, ledger: Ledger) -> Ledger:
    """The ledger of a rollout that was rolled back."""
    operator.ramping()
    operator.until(Phase.ROLLED_BACK, bad={CANARY: 0.2})
    return ledger


@pytest.fixture
def archive(clients: Clients, told: Ledger, pages: Pages) -> Archive:
    """Its archive."""
    archive = make_bucket(clients)
    alert = Alert(TABLE, pages.topic, clients["sns"], clients["cloudwatch"])
    item = list(told.items(ENDPOINT))[-1]
    keys = {key: item[key] for key in ("endpoint", "version")}
    Archiver(told, archive, alert).take(Change("INSERT", keys, None, item))
    assert pages.read()[-1]["Subject"] != "Steelyard: the ledger was tampered with"
    return archive


def check(ledger: Ledger, archive: Archive, world: World) -> Verified:
    """What the command finds."""
    return verified(ledger, archive, ENDPOINT, world.now)


def shown(result: Verified) -> str:
    """What the command prints, in one line."""
    console = Console(width=200)
    with console.capture() as captured:
        console.print(verified_table(result))
    return " ".join(captured.get().split())


def test_ledger_of_the_service_passes_all_four_checks(
    told: Ledger, archive: Archive, world: World
) -> None:
    result = check(told, archive, world)
    count = len(list(told.items(ENDPOINT)))
    assert count > 10
    assert result.failures == []
    assert all(holds for holds, _ in result.checks.values())
    text = shown(result)
    assert f"Checked completion: {count} entries" in text
    assert f"archive {count} entries compared with their copies ok" in text
    assert json.loads(verified_json(result))["first_failure"] is None


def test_changed_item_is_named_with_what_it_means(
    told: Ledger, archive: Archive, world: World, clients: Clients
) -> None:
    items = list(told.items(ENDPOINT))
    clients["dynamodb"].put_item(TableName=TABLE, Item=doctored(items[4], hash="f" * 64))
    result = check(told, archive, world)
    assert "Entry 5 fails first, in chain its hash is not its own changed in the table" in shown(
        result
    )
    failure = json.loads(verified_json(result))["first_failure"]
    assert (failure["version"], failure["check"]) == (5, "chain")


def test_copy_that_was_put_over_another_is_seen_and_the_first_one_read(
    told: Ledger, archive: Archive, world: World, clients: Clients
) -> None:
    key = archive.copies(ENDPOINT)[3].key
    clients["s3"].put_object(Bucket=BUCKET, Key=key, Body=b'{"forged": {"S": "1"}}')
    clients["s3"].delete_object(Bucket=BUCKET, Key=archive.copies(ENDPOINT)[4].key)
    found = check(told, archive, world).failures
    assert [(f.version, f.check, f.what[:13]) for f in found] == [
        (3, "archive", "1 more copies"),
        (4, "archive", "1 more copies"),
    ]


def test_archive_that_is_not_deployed_is_said(told: Ledger, clients: Clients, world: World) -> None:
    result = check(told, Archive("steelyard-nowhere-archive", clients["s3"]), world)
    assert result.failures == []
    assert "archive not compared: no archive is deployed" in shown(result)


def test_entries_that_are_on_their_way_are_counted_and_later_missed(
    told: Ledger, clients: Clients, world: World
) -> None:
    empty = make_bucket(clients)
    count = len(list(told.items(ENDPOINT)))
    assert f"0 entries compared with their copies, {count} on their way" in shown(
        check(told, empty, world)
    )
    world.now += timedelta(hours=2)
    assert check(told, empty, world).failures[0].check == "archive"
