"""One round of a game day: only users of a bad version see failures, and nothing is lost."""

import pytest

from tests.local.gameday.day import Found, Plan, hold
from tests.local.gameday.told import MISHAPS

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What one round in a storm came to."""
    return hold(Plan(rounds=1, seed=5), tmp_path_factory.mktemp("gameday"), print)


def test_bad_versions_are_rolled_back_and_good_ones_promoted(found: Found) -> None:
    assert found.stuck == []
    assert len(found.rollbacks) == 2


def test_clients_see_no_failure_but_those_of_bad_versions(found: Found) -> None:
    assert found.failures == {"by-evidence": [], "by-alarm": []}
    assert all(clients.requests > 100 for clients in found.clients.values())


def test_every_command_and_approval_is_in_the_ledger_or_in_quarantine(found: Found) -> None:
    assert found.lost == []
    assert found.decisions >= 10
    assert found.dead == 0


def test_every_entry_of_the_ledgers_is_confirmed_by_replay(found: Found) -> None:
    assert found.broken == {"by-evidence": [], "by-alarm": []}
    assert found.entries > 20


def test_no_rollback_took_more_than_two_mutating_calls(found: Found) -> None:
    assert found.problems == []


@pytest.mark.parametrize("mishap", [name for name in MISHAPS if name != "cut_off"])
def test_mishap_really_struck(found: Found, mishap: str) -> None:
    assert found.struck.get(mishap, 0) > 0
