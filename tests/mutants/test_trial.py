"""Trials tell a removal that is noticed from one that is not, and from one that can't be tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.__main__ import unexpected
from tests.mutants.guard import Guard, OutOfDate
from tests.mutants.trial import Broken, Outcome, trials

_GUARD = "    if weight < 0:\n        return 0\n"
_PRODUCT = f"def bounded(weight: int) -> int:\n{_GUARD}    return weight\n"
_TESTS = {
    "test_negative.py": "    assert bounded(-1) == 0\n",
    "test_positive.py": "    assert bounded(1) == 1\n",
    "test_wrong.py": "    assert bounded(1) == 2\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small one, whose product has one guard."""
    package = tmp_path / "functions/steelyard"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "weights.py").write_text(_PRODUCT)
    (tmp_path / "tests").mkdir()
    for name, claim in _TESTS.items():
        text = f"from steelyard.weights import bounded\n\n\ndef test_it():\n{claim}"
        (tmp_path / "tests" / name).write_text(text)
    return tmp_path


def _guard(test: str, new: str = "", *, survives: str = "") -> Guard:
    return Guard("bound", 1, "weights.py", _GUARD, new, (f"tests/{test}",), survives)


def test_removal_is_noticed_by_a_test_that_it_breaks(project: Path) -> None:
    (outcome,) = trials(project, [_guard("test_negative.py")], 1)
    assert outcome.by == "tests/test_negative.py::test_it"
    assert (project / "functions/steelyard/weights.py").read_text() == _PRODUCT


def test_several_copies_keep_their_guards_apart(project: Path) -> None:
    guards = [_guard("test_positive.py"), _guard("test_negative.py")]
    by = {outcome.guard.tests[0]: outcome.by for outcome in trials(project, guards, 2)}
    assert by == {
        "tests/test_positive.py": "",
        "tests/test_negative.py": "tests/test_negative.py::test_it",
    }


def test_tests_that_fail_anyway_prove_nothing(project: Path) -> None:
    with pytest.raises(Broken, match="tests of the unbroken copy fail"):
        next(trials(project, [_guard("test_wrong.py")], 1))


def test_removal_that_stops_tests_from_being_run_proves_nothing(project: Path) -> None:
    guard = Guard("name", 1, "weights.py", "def bounded", "def free", ("tests/test_negative.py",))
    with pytest.raises(Broken, match="name: pytest could not try"):
        next(trials(project, [guard], 1))


def test_list_that_is_out_of_date_is_told_before_anything_is_run(project: Path) -> None:
    (project / "functions/steelyard/weights.py").write_text("")
    with pytest.raises(OutOfDate, match="bound: text found 0 times"):
        next(trials(project, [_guard("test_negative.py")], 1))


@pytest.mark.parametrize(
    ("survives", "by", "count"),
    [("", "", 1), ("", "test_it", 0), ("no test can see it", "", 0), ("so we say", "test_it", 1)],
)
def test_survivor_without_a_reason_and_reason_without_a_survivor_fail(
    survives: str, by: str, count: int
) -> None:
    outcome = Outcome(_guard("test_positive.py", survives=survives), by, 0.0)
    assert len(unexpected([outcome])) == count
