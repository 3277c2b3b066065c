"""cli/demo/summary.py: a summary that keeps to its schema, and a schema that means it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.demo import summary
from cli.demo.checks import Claim
from tests.unit.demo.fake_story import story

Change = Callable[[dict[str, Any]], object]

CLAIMS = (Claim("stable never stopped serving", holds=True, found="no error"),)


@pytest.fixture(scope="module")
def content() -> dict[str, Any]:
    return summary.summarise(story(), CLAIMS)


def test_summary_of_a_story_keeps_to_the_schema_and_survives_json(
    content: dict[str, Any], tmp_path: Path
) -> None:
    file = summary.write(story(), CLAIMS, tmp_path / "out/summary.json")

    written = json.loads(file.read_text(encoding="utf-8"))
    summary.validate(written)
    assert written == content


def test_summary_says_what_became_of_each_version(content: dict[str, Any]) -> None:
    bad, good = content["rollouts"]

    assert (bad["candidate"], bad["outcome"], bad["highest_canary_percent"]) == (
        2,
        "ROLLED_BACK",
        5,
    )
    assert (good["candidate"], good["outcome"]) == (3, "PROMOTED")
    assert bad["canary_variant"]["errors"] > 0
    assert bad["stable_variant"]["errors"] == 0
    assert bad["decisions"][4]["log_evidence"] == 9.3
    assert bad["decisions"][4]["carried_by"] == {"metric": "errors", "segment": None}
    assert content["clients"]["platform_errors"] == {}
    assert content["claims"] == [
        {"sentence": "stable never stopped serving", "holds": True, "found": "no error"}
    ]


def test_summary_has_the_quality_of_both_variants_by_segment(content: dict[str, Any]) -> None:
    (bad, _) = content["rollouts"]
    text = bad["quality"][-1]

    assert [one["segment"] for one in bad["quality"]] == ["encodings", "networking", "text"]
    assert text["canary"]["labels"] > 0
    assert text["canary"]["correct_percent"] == pytest.approx(50, abs=5)
    assert bad["peak_evidence"]["segments"]["labels"].keys() == {"encodings", "networking", "text"}
    assert content["clients"]["labels"] > content["clients"]["wrong"] > 0


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda s: s.pop("clients"), "clients"),
        (lambda s: s.update(more=1), "more"),
        (lambda s: s.update(started="yesterday"), "$.started"),
        (lambda s: s.update(format=1), "$.format"),
        (lambda s: s["rollouts"][0].update(outcome="DONE"), "$.rollouts[0].outcome"),
        (lambda s: s["rollouts"][0]["canary_variant"].update(errors=-1), "errors"),
        (lambda s: s["rollouts"][0]["decisions"][0].update(kind="guess"), "kind"),
        (lambda s: s["rollouts"][0].update(highest_canary_percent=101), "highest_canary_percent"),
        (lambda s: s["rollouts"][0]["quality"][0]["stable"].update(wrong=-1), "stable.wrong"),
        (lambda s: s["clients"]["model_errors"].update(v2="many"), "$.clients.model_errors.v2"),
        (lambda s: s["claims"][0].update(holds="yes"), "$.claims[0].holds"),
        (lambda s: s.update(claims=[]), "$.claims"),
        (lambda s: s["alarms"][0].update(state="RED"), "$.alarms[0].state"),
    ],
)
def test_anything_else_is_refused_with_its_place(
    content: dict[str, Any], change: Change, place: str
) -> None:
    broken = copy.deepcopy(content)
    change(broken)

    with pytest.raises(summary.InvalidSummary) as refusal:
        summary.validate(broken)

    assert place in str(refusal.value)


def test_invalid_story_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(summary.InvalidSummary, match="sizing"):
        summary.write(replace(story(), sizing=""), CLAIMS, tmp_path / "summary.json")

    assert not list(tmp_path.iterdir())
