"""Survivors are read from what mutmut leaves, and told apart from changes of wording."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.mutants.survivors import Survivor, as_listed, read_reasons, results
from tests.mutants.tool import _MUTATED
from tests.mutants.trial import COPIED

_PROJECT = Path(__file__).parents[2]
_MODULE = """
def x_bounded__mutmut_orig(weight):
    if weight < 0:
        raise ValueError("too light")
    return weight


def x_bounded__mutmut_1(weight):
    if weight <= 0:
        raise ValueError("too light")
    return weight


def x_bounded__mutmut_2(weight):
    if weight < 0:
        raise ValueError("XXtoo lightXX")
    return weight


class Scale:
    def xǁScaleǁread__mutmut_orig(self):
        return self.weight

    def xǁScaleǁread__mutmut_1(self):
        return None
"""
_BOUNDED = Survivor("scales.bounded", "if weight < 0:", "if weight <= 0:")
_READ = Survivor("scales.Scale.read", "return self.weight", "return None")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What mutmut leaves: code with all mutants, and what became of each."""
    (tmp_path / "scales.py").write_text(_MODULE)
    return tmp_path


def _became(folder: Path, *codes: int | None) -> Path:
    names = ("x_bounded__mutmut_1", "x_bounded__mutmut_2", "xǁScaleǁread__mutmut_1")
    exits = dict(zip((f"scales.{name}" for name in names), codes, strict=True))
    (folder / "scales.py.meta").write_text(json.dumps({"exit_code_by_key": exits}))
    return folder


def test_survivors_are_named_by_what_they_change(folder: Path) -> None:
    found = results(_became(folder, 0, 1, 33))
    assert found.survivors == (_BOUNDED, _READ)
    assert (found.tried, found.noticed, found.wording) == (3, 1, 0)


def test_change_of_wording_is_counted_but_not_listed(folder: Path) -> None:
    found = results(_became(folder, 1, 0, 1))
    assert found.survivors == ()
    assert (found.tried, found.noticed, found.wording) == (3, 2, 1)


def test_mutant_that_was_not_tried_counts_for_nothing(folder: Path) -> None:
    assert results(_became(folder, None, None, -24)).tried == 1


def test_survivor_is_known_again_by_its_listing(tmp_path: Path) -> None:
    file = tmp_path / "survivors.json"
    file.write_text(f"[{as_listed(_READ)}]")
    assert read_reasons(file) == {_READ: ""}


def test_listed_survivors_have_reasons_and_what_is_mutated_exists() -> None:
    assert [one for one, why in read_reasons().items() if not why] == []
    assert [name for name in COPIED if not (_PROJECT / name).exists()] == []
    files = [_PROJECT / "functions/steelyard" / name for name in _MUTATED]
    assert [file for file in files if not file.exists()] == []
