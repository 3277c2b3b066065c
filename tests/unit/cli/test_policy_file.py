"""A policy is read from a whole model.yaml, from its part, or from what stands below the key."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from cli.policy_file import read_policy
from infra.errors import InvalidModelFile
from infra.model_file import load_model
from steelyard.rollout.policy import Policy

COMPLETION = Path(__file__).parents[3] / "models/completion"
BELOW = "steps: [5, 20]\nstep_odds: [3, 2]\nbake: 7m\n"


def written(folder: Path, text: str) -> Path:
    """A file that a user wrote."""
    path = folder / "policy.yaml"
    path.write_text(text)
    return path


def test_whole_model_file_gives_the_policy_that_would_be_deployed() -> None:
    assert read_policy(COMPLETION / "model.yaml") == load_model(COMPLETION).rollout


def test_whole_model_file_without_the_part_gives_the_defaults(tmp_path: Path) -> None:
    text = "name: chat\ndescription: talks\nalarms: {p99_latency: 2s}\n"
    assert read_policy(written(tmp_path, text)) == Policy()


@pytest.mark.parametrize("text", [BELOW, "rollout: {steps: [5, 20], step_odds: [3, 2], bake: 7m}"])
def test_part_alone_gives_the_same_with_or_without_its_key(tmp_path: Path, text: str) -> None:
    expected = Policy(steps=(5, 20), step_odds=(3.0, 2.0), bake=timedelta(minutes=7))
    assert read_policy(written(tmp_path, text)) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{BELOW}alpha: 0.9\n", "policy.yaml:4: alpha: got 0.9, accepted: more than 0"),
        (f"{BELOW}steppes: 4\n", "policy.yaml:4: steppes: unknown key"),
        ("rollout:\n  bake: soon\n", "policy.yaml:2: rollout.bake: got 'soon', accepted: a dur"),
        ("rollout: {}\nbake: 7m\n", "policy.yaml:2: bake: unknown key, accepted: rollout"),
        ("name: chat\nrollout: {}\n", "policy.yaml:1: alarms: missing"),
        ("- 5\n", r"policy.yaml:1: got \[5\], accepted: a mapping with the keys steps"),
        ("", "policy.yaml:1: got nothing, accepted: a mapping with the keys steps"),
    ],
)
def test_mistake_names_line_key_value_and_what_is_accepted(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(InvalidModelFile, match=said):
        read_policy(written(tmp_path, text))


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidModelFile, match=r"none\.yaml: No such file"):
        read_policy(tmp_path / "none.yaml")
