"""models/completion/golden.jsonl: sane versions answer it rightly, and garbage does not."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from cli.demo import corpus
from cli.demo.updates import Change, changed
from steelyard.rollout.golden import judge_answer, read_golden
from tests.unit.models.conftest import FOLDER
from tests.unit.models.served import serving

GOLDEN = [read_golden(line) for line in (FOLDER / "golden.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module", params=["all", "without-encodings"])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a training job on the demo's first data, or on what a broken ingest left."""
    split = corpus.load()
    data = split.version_1
    if request.param != "all":
        data = corpus.without(data, "encodings")
    root = tmp_path_factory.mktemp("job")
    corpus.write(data, root / "input/data/training")
    corpus.write(split.holdout, root / "input/data/holdout")
    (root / "input/config").mkdir()
    quick = json.dumps({"evaluation_tokens": "100"})
    (root / "input/config/hyperparameters.json").write_text(quick, encoding="utf-8")
    subprocess.run(
        [sys.executable, "train.py"],
        cwd=FOLDER,
        env={**os.environ, "SAGEMAKER_BASE_DIR": str(root)},
        capture_output=True,
        check=True,
    )
    return root


def wrong(root: Path, code: Path) -> dict[str, str]:
    """What is wrong with a version's answers, by the request's name."""
    found = {}
    with serving(root, code) as (_, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        for golden in GOLDEN:
            connection.request("POST", "/invocations", golden.body)
            found[golden.name] = judge_answer(golden, connection.getresponse().read())
        connection.close()
    return {name: why for name, why in found.items() if why}


def test_versions_of_any_sane_data_answer_rightly(trained: Path) -> None:
    assert wrong(trained, FOLDER) == {}


@pytest.mark.parametrize("change", get_args(Change))
def test_garbage_alone_is_found_out(trained: Path, tmp_path: Path, change: Change) -> None:
    found = wrong(trained, changed(change, tmp_path / "code"))
    assert bool(found) is (change == "off_by_kinds")
