"""cli/demo/updates: version 2 has one real bug, of the size that the demo counts on."""

from __future__ import annotations

import filecmp
import http.client
import json
import os
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from cli.demo import corpus
from cli.demo.sizing import BAD_RATE
from cli.demo.updates import MODEL_FOLDER, version_2
from tests.unit.models.served import serving

REQUESTS = 1_500


@pytest.fixture(scope="module")
def split() -> corpus.Corpus:
    return corpus.load()


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return version_2(tmp_path_factory.mktemp("images") / "completion")


@pytest.fixture(scope="module")
def job(split: corpus.Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("job")
    corpus.write(split.version_1, root / "input/data/training")
    corpus.write(split.holdout, root / "input/data/holdout")
    (root / "input/config").mkdir()
    quick = json.dumps({"evaluation_tokens": "5000"})
    (root / "input/config/hyperparameters.json").write_text(quick, encoding="utf-8")
    return root


def _train(code: Path, root: Path) -> tuple[str, bytes]:
    done = subprocess.run(
        [sys.executable, "train.py"],
        cwd=code,
        env={**os.environ, "SAGEMAKER_BASE_DIR": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, (root / "model/model.json").read_bytes()


def test_version_2_differs_from_the_good_code_in_one_file(changed: Path) -> None:
    names = [
        str(file.relative_to(MODEL_FOLDER))
        for file in MODEL_FOLDER.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    ]

    same, different, missing = filecmp.cmpfiles(MODEL_FOLDER, changed, names, shallow=False)

    assert different == ["completer.py"]
    assert not missing
    assert len(same) == len(names) - 1


def test_version_2_is_never_written_over_something(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        version_2(tmp_path)


def test_bug_fails_the_share_of_requests_that_the_demo_counts_on_and_training_misses_it(
    split: corpus.Corpus, changed: Path, job: Path
) -> None:
    assert _train(MODEL_FOLDER, job) == _train(changed, job)
    contexts = list(islice(corpus.contexts(split.holdout, seed=4), REQUESTS))

    with serving(job) as (_, good), serving(job, changed) as (_, bad):
        connections = [http.client.HTTPConnection("127.0.0.1", port) for port in (good, bad)]
        statuses = Counter(tuple(_invoke(c, context) for c in connections) for context in contexts)
        for connection in connections:
            connection.close()

    assert statuses.keys() == {(200, 200), (200, 500)}
    assert BAD_RATE < statuses[200, 500] / REQUESTS < 0.3


def _invoke(connection: http.client.HTTPConnection, context: str) -> int:
    connection.request("POST", "/invocations", json.dumps({"context": context}))
    response = connection.getresponse()
    response.read()
    return response.status
