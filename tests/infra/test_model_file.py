"""A model file is read strictly, and everything wrong with it is told at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import InvalidModelFile
from infra.model_file import load_model, load_models
from steelyard.codec import decode, encode
from steelyard.rollout.policy import Policy
from tests.infra.model_texts import DURATION, LEAST, load, refusal


def test_what_is_left_out_takes_the_defaults(tmp_path: Path) -> None:
    model = load(tmp_path, LEAST)
    assert model.rollout == Policy()
    assert model.serving.data_capture_percent == 0
    assert (model.alarms.datapoints_to_alarm, model.alarms.evaluation_periods) == (2, 3)


def test_repositorys_own_models_are_valid() -> None:
    models = Path(__file__).resolve().parents[2] / "models"
    assert [model.name for model in load_models(models)] == ["completion"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("500ms", timedelta(milliseconds=500)),
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("24h", timedelta(hours=24)),
        ("7d", timedelta(days=7)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("PT1H30M", timedelta(hours=1, minutes=30)),
        ("P1DT2H", timedelta(hours=26)),
    ],
)
def test_durations_are_read_in_short_and_in_iso(
    tmp_path: Path, text: str, expected: timedelta
) -> None:
    assert load(tmp_path, f"{LEAST}rollout: {{holdback: {text}}}\n").rollout.holdback == expected


@pytest.mark.parametrize(("text", "expected"), [("auto", "auto"), ("null", None)])
def test_first_step_is_auto_or_left_to_the_steps(
    tmp_path: Path, text: str, expected: str | None
) -> None:
    policy = load(tmp_path, f"{LEAST}rollout: {{first_step: {text}}}\n").rollout
    assert policy.first_step == expected
    assert decode(Policy, encode(policy)) == policy


@pytest.mark.parametrize(
    "steps",
    ["-0.1", ".nan", ".inf", "true", "'1'", "0", "1.0e+308", "10, 10", "10.0", "100", ""],
)
def test_steps_are_rising_whole_percentages_and_nothing_else(tmp_path: Path, steps: str) -> None:
    """Numbers 13 to 21 of docs/inputs.md: no other weights come from people."""
    said = refusal(tmp_path, f"{LEAST}rollout: {{steps: [{steps}]}}\n")
    assert "rollout.steps" in str(said)
    assert "accepted: " in str(said)


@given(st.integers(0, 10**6), st.integers(0, 59), st.integers(0, 999))
def test_any_sum_of_units_is_read_exactly(
    tmp_path_factory: pytest.TempPathFactory, minutes: int, seconds: int, milliseconds: int
) -> None:
    text = f"{minutes}m{seconds}s{milliseconds}ms"
    folder = tmp_path_factory.getbasetemp()
    model = load(folder, f"{LEAST}rollout: {{holdback: {text}}}\n")
    expected = timedelta(minutes=minutes, seconds=seconds, milliseconds=milliseconds)
    assert model.rollout.holdback == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{LEAST}rollout: [\n", "6:1: not YAML: expected the node content, but found '<stream"),
        (f"{LEAST}name: other\n", "5:1: not YAML: duplicate key 'name'"),
        (f"{LEAST}serving: &a {{}}\ntraining: *a\n", "6:11: not YAML: aliases are not accepted"),
        (f"{LEAST}1: x\n", "5:1: not YAML: key '1' is not text; put it in quotes"),
        (f"{LEAST}rollout: {{alpha: 1e999}}", "5:18: not YAML: 1e999 is too large for a number"),
        ("x: !!python/object:os.system {}", "1:4: not YAML: could not determine a constructor"),
        ("[" * 3000, " not YAML: maximum recursion depth exceeded"),
        ("a: \x07", " not YAML: unacceptable character #x0007"),
    ],
    ids=["syntax", "duplicate", "alias", "key", "infinite", "object", "deep", "control"],
)
def test_what_is_no_yaml_is_refused_with_line_and_column(
    tmp_path: Path, text: str, expected: str
) -> None:
    (line,) = refusal(tmp_path, text)
    assert line.startswith(expected)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "null\n"])
def test_empty_file_is_refused(tmp_path: Path, text: str) -> None:
    keys = "name, description, image, golden, training, serving, rollout, alarms"
    assert refusal(tmp_path, text) == [f"1: got nothing, accepted: a mapping with the keys {keys}"]


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidModelFile, match=r"chat/model\.yaml: No such file"):
        load_model(tmp_path / "chat")


def test_all_problems_are_told_at_once_in_the_files_order(tmp_path: Path) -> None:
    text = "name: Chat\nalarms: {p99_latency: soon}\nrollout: {steps: 5, bake: 1}\nmore: 1\n"
    lines = refusal(tmp_path, text)
    assert [line.split(": ")[:2] for line in lines] == [
        ["1", "name"],
        ["1", "description"],
        ["2", "alarms.p99_latency"],
        ["3", "rollout.steps"],
        ["3", "rollout.bake"],
        ["4", "more"],
    ]


def test_missing_key_says_what_belongs_there(tmp_path: Path) -> None:
    assert refusal(tmp_path, "name: chat\ndescription: x\nalarms: {}\n") == [
        f"3: alarms.p99_latency: missing, accepted: {DURATION}"
    ]


def test_m_of_n_with_m_above_n_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, f"{LEAST}  datapoints_to_alarm: 4\n") == [
        "5: alarms.datapoints_to_alarm: got 4, accepted: at most evaluation_periods, 3"
    ]


def test_name_that_differs_from_the_folder_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, LEAST, name="other") == [
        "1: name: got 'chat', accepted: the folder's name, other"
    ]


@pytest.mark.parametrize("name", ["Chat", "a--b", "-a", "a-", "1a", "a_b", "a" * 31, "a/b"])
def test_name_that_would_break_a_resource_name_is_refused(tmp_path: Path, name: str) -> None:
    (line,) = refusal(tmp_path, LEAST.replace("chat", name, 1))
    assert line.startswith(f"1: name: got {name!r}, accepted: lower-case letters")


def test_words_of_old_yaml_stay_text(tmp_path: Path) -> None:
    added = (
        "training: {hyperparameters: {a: on, b: 1:30, c: 2024-01-01, d: 010, e: 1.5, f: true}}\n"
    )
    parameters = load(tmp_path, LEAST + added).training.hyperparameters
    assert parameters == {
        "a": "on", "b": "1:30", "c": "2024-01-01", "d": "010", "e": 1.5, "f": True,
    }  # fmt: skip


def test_problems_of_all_models_are_told_together(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.yaml").write_text(f"{LEAST.replace('chat', name)}x: 1\n")
    with pytest.raises(InvalidModelFile) as refused:
        load_models(tmp_path)
    assert [line.split(": ")[1] for line in str(refused.value).splitlines()] == ["x", "x"]


def test_name_that_begins_with_anothers_is_refused(tmp_path: Path) -> None:
    for name in ("chat", "chat-large"):
        load(tmp_path, LEAST.replace("chat", name), name)
    with pytest.raises(InvalidModelFile, match="got chat and chat-large, accepted: names of which"):
        load_models(tmp_path)


def test_folder_without_models_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidModelFile, match="got no model, accepted: at least one"):
        load_models(tmp_path)
