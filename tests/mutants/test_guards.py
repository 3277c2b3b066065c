"""The list of guards is up to date: what it takes away is there. `make mutants` runs it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.mutants.guard import Guard, OutOfDate
from tests.mutants.guards import GUARDS

_PROJECT = Path(__file__).parents[2]
_INVARIANTS = set(range(1, 19))


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_guard_is_where_the_list_says_and_so_are_its_tests(guard: Guard) -> None:
    source = (_PROJECT / guard.path).read_text()
    assert guard.removed_from(source) != source
    assert [test for test in guard.tests if not (_PROJECT / test).exists()] == []


def test_names_of_guards_differ() -> None:
    twice = [name for name, count in Counter(one.name for one in GUARDS).items() if count > 1]
    assert twice == []


def test_every_invariant_has_a_guard_that_some_test_must_miss() -> None:
    must = {guard.keeps for guard in GUARDS if not guard.survives}
    assert must >= _INVARIANTS


@pytest.mark.parametrize("source", ["", "old\nold\n"], ids=["gone", "twice"])
def test_guard_that_is_not_there_once_is_out_of_date(source: str) -> None:
    guard = Guard("latch", 3, "rollout/machine.py", "old", "new", ())
    with pytest.raises(OutOfDate, match=r"latch: text found \d times in rollout/machine\.py"):
        guard.removed_from(source)


def test_guard_whose_removal_is_no_python_is_out_of_date() -> None:
    guard = Guard("latch", 3, "rollout/machine.py", "old", "if", ())
    with pytest.raises(OutOfDate, match=r"latch: what is left of rollout/machine\.py is no Python"):
        guard.removed_from("old")
