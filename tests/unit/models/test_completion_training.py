"""models/completion/train.py: SageMaker's training contract, kept and refused."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from container import InvalidInput
from ngram import artifact
from tests.unit.models.conftest import SOURCE, Job, Run
from train import Hyperparameters, parse


def test_job_that_succeeds_leaves_a_model_and_prints_its_quality(
    job: Job, run_training: Run
) -> None:
    root = job(hyperparameters={"order": "2", "min_count": "1"})

    done = run_training(root)

    assert done.returncode == 0, done.stderr
    printed = dict(line.split("=") for line in done.stdout.splitlines())
    quality = {name: float(value) for name, value in printed.items()}
    assert {"top1_accuracy", "top5_accuracy", "perplexity", "unknown_rate"} <= quality.keys()
    assert 0 < quality["top1_accuracy"] <= quality["top5_accuracy"] <= 1
    assert math.isfinite(quality["perplexity"])
    assert quality["training_modules"] == 1
    assert artifact.load(root / "model").order == 2
    assert not (root / "output/failure").exists()


def test_same_data_gives_the_same_bytes_whatever_the_hash_seed(job: Job, run_training: Run) -> None:
    modules = {f"module_{number}": SOURCE.replace("value", f"v{number}") for number in range(5)}
    artifacts, printed = [], []
    for seed, order in (("1", 1), ("2", -1)):
        root = job(training=dict(list(modules.items())[::order]), name=f"job{seed}")
        printed.append(run_training(root, PYTHONHASHSEED=seed).stdout)
        artifacts.append((root / "model/model.json").read_bytes())

    assert artifacts[0] == artifacts[1]
    assert printed[0] == printed[1]


def test_module_in_both_channels_is_refused(job: Job, run_training: Run) -> None:
    root = job(training={"a": SOURCE, "b": SOURCE}, holdout={"b": SOURCE})

    _assert_failed(root, run_training, "in both channels", ": b")


def test_empty_channel_is_refused(job: Job, run_training: Run) -> None:
    _assert_failed(job(holdout={}), run_training, "channel holdout", "*.py.txt")


def test_channel_that_is_not_utf8_is_refused(job: Job, run_training: Run) -> None:
    root = job()
    (root / "input/data/training/latin.py.txt").write_bytes(b"# caf\xe9\n")

    _assert_failed(root, run_training, "latin.py.txt", "UTF-8")


def test_hyperparameters_that_are_no_object_are_refused(job: Job, run_training: Run) -> None:
    _assert_failed(job(hyperparameters=[3]), run_training, "[3]", "a JSON object")


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("order", "1", "2 to 6"),
        ("order", "three", "2 to 6"),
        ("min_count", "-1", "1 to 1000"),
        ("keep_count", "2.0", "1 to 1000"),
        ("keep_count", "²", "1 to 1000"),
        ("evaluation_tokens", True, "1 to 1000000"),
        ("evaluation_tokens", None, "1 to 1000000"),
        ("ordre", "3", "order, min_count"),
    ],
)
def test_wrong_hyperparameter_is_refused_with_what_is_accepted(
    name: str, value: object, accepted: str
) -> None:
    with pytest.raises(InvalidInput, match=accepted) as refusal:
        parse({name: value})

    assert name in str(refusal.value)


def test_hyperparameters_come_as_strings_and_the_sdks_own_are_ignored() -> None:
    given = {"order": "4", "sagemaker_program": "train.py"}

    assert parse(given) == Hyperparameters(order=4)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "No such file"),
        ("{", "Expecting"),
        ("[]", "list"),
        ('{"format": "pickle"}', "pickle"),
    ],
)
def test_file_that_is_no_model_is_refused(
    tmp_path: Path, content: str | None, complaint: str
) -> None:
    if content is not None:
        (tmp_path / artifact.FILE_NAME).write_text(content, encoding="ascii")

    with pytest.raises(artifact.InvalidArtifact, match=complaint):
        artifact.load(tmp_path)


def test_loaded_model_predicts_as_the_counted_one(job: Job, run_training: Run) -> None:
    root = job(hyperparameters={"min_count": "1", "keep_count": "1"})
    run_training(root)
    content = json.loads((root / "model/model.json").read_text(encoding="ascii"))

    model = artifact.load(root / "model")

    ids = model.vocabulary.ids
    assert model.vocabulary.tokens == tuple(content["vocabulary"])
    contexts = content["levels"][1]["contexts"]
    assert contexts == sorted(contexts)
    best, _ = model.rank(model.vocabulary.encode(["self", "."]), 1)[0]
    assert best == ids["value"]


def _assert_failed(root: Path, run: Run, *words: str) -> None:
    done = run(root)
    failure = (root / "output/failure").read_text(encoding="utf-8")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert all(word in failure for word in words), failure
    assert not (root / "model/model.json").exists()
