"""cli/demo/updates: each has one real mistake, of the size that the demo counts on."""

from __future__ import annotations

import filecmp
import http.client
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import get_args

import pytest

from cli.demo import corpus
from cli.demo.prompts import Prompt, prompts
from cli.demo.scenes.bad_versions import SUBJECT
from cli.demo.sizing import BAD_RATE
from cli.demo.traffic import _is_right
from cli.demo.updates import MODEL_FOLDER, Change, changed
from tests.unit.models.served import serving

REQUESTS = 1_500
Answers = list[tuple[Prompt, int, bytes, float]]


@pytest.fixture(scope="module")
def split() -> corpus.Corpus:
    return corpus.load()


@pytest.fixture(scope="module")
def job(split: corpus.Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("job")
    _lay_out(root, split.version_1, split.holdout)
    _train(MODEL_FOLDER, root)
    return root


def _lay_out(root: Path, training: corpus.Modules, holdout: corpus.Modules) -> None:
    corpus.write(training, root / "input/data/training")
    corpus.write(holdout, root / "input/data/holdout")
    (root / "input/config").mkdir()
    quick = json.dumps({"evaluation_tokens": "5000"})
    (root / "input/config/hyperparameters.json").write_text(quick, encoding="utf-8")


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


def _answers(root: Path, code: Path, sent: Iterator[Prompt]) -> Answers:
    """What a server of that code and model answers: prompt, status, body, seconds."""
    found: Answers = []
    with serving(root, code) as (_, port):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for prompt in sent:
            began = time.monotonic()
            connection.request("POST", "/invocations", json.dumps({"context": prompt.context}))
            response = connection.getresponse()
            body = response.read()
            found.append((prompt, response.status, body, time.monotonic() - began))
        connection.close()
    return found


def _right(answers: Answers) -> dict[str, float]:
    """Share of right answers by segment."""
    every = Counter(prompt.segment for prompt, *_ in answers)
    right = Counter(
        prompt.segment
        for prompt, status, body, _ in answers
        if status == 200 and _is_right(body, prompt)
    )
    return {segment: right[segment] / count for segment, count in every.items()}


@pytest.mark.parametrize("change", get_args(Change))
def test_update_differs_from_the_good_code_in_one_file(change: Change, tmp_path: Path) -> None:
    code = changed(change, tmp_path / "completion")
    names = [
        str(file.relative_to(MODEL_FOLDER))
        for file in MODEL_FOLDER.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    ]

    same, different, missing = filecmp.cmpfiles(MODEL_FOLDER, code, names, shallow=False)

    assert different == ["completer.py"]
    assert not missing
    assert len(same) == len(names) - 1


def test_update_is_never_written_over_something(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        changed("numbered", tmp_path)


def test_unseen_names_fail_the_share_of_requests_that_the_demo_counts_on_and_training_misses_it(
    split: corpus.Corpus, job: Path, tmp_path: Path
) -> None:
    bad_code = changed("numbered", tmp_path / "completion")
    assert _train(MODEL_FOLDER, job) == _train(bad_code, job)
    sent = list(islice(prompts(split.holdout, seed=4), REQUESTS))

    good = [status for _, status, _, _ in _answers(job, MODEL_FOLDER, iter(sent))]
    bad = [status for _, status, _, _ in _answers(job, bad_code, iter(sent))]

    assert set(good) == {200}
    assert set(bad) == {200, 500}
    assert BAD_RATE < bad.count(500) / REQUESTS < 0.3


def test_counting_names_slows_long_contexts_only_and_changes_no_answer(
    split: corpus.Corpus, job: Path, tmp_path: Path
) -> None:
    sent = list(islice(prompts(split.holdout, seed=5), 300))
    good = _answers(job, MODEL_FOLDER, iter(sent))
    bad = _answers(job, changed("whole_file", tmp_path / "completion"), iter(sent))

    assert _right(good) == _right(bad)
    long = [seconds for prompt, _, _, seconds in bad if len(prompt.context) > 10_000]
    short = [seconds for prompt, _, _, seconds in bad if len(prompt.context) <= 400]
    assert sorted(long)[len(long) // 2] > 20 * sorted(short)[len(short) // 2]


def test_words_without_the_kinds_are_other_words(
    split: corpus.Corpus, job: Path, tmp_path: Path
) -> None:
    sent = list(islice(prompts(split.holdout, seed=6), 500))
    good = _answers(job, MODEL_FOLDER, iter(sent))
    bad = _answers(job, changed("off_by_kinds", tmp_path / "completion"), iter(sent))

    assert {status for _, status, _, _ in bad} == {200}
    assert sum(_right(bad).values()) < 0.5 * sum(_right(good).values())


def test_slots_run_out_after_some_thousands_of_requests(
    split: corpus.Corpus, job: Path, tmp_path: Path
) -> None:
    sent = islice(prompts(split.holdout, seed=7), 4_000)
    found = _answers(job, changed("slots", tmp_path / "completion"), sent)

    statuses = [status for _, status, _, _ in found]
    first = statuses.index(500)
    assert 1_900 < first < 2_500
    assert 0.35 < statuses[first:].count(500) / len(statuses[first:]) < 0.6


def test_lost_subject_costs_quality_in_its_segment_alone(
    split: corpus.Corpus, job: Path, tmp_path: Path
) -> None:
    _lay_out(
        tmp_path, corpus.without(split.version_1, SUBJECT), corpus.without(split.holdout, SUBJECT)
    )
    _train(MODEL_FOLDER, tmp_path)
    sent = list(islice(prompts(split.holdout, seed=8), 3_000))

    with_it = _right(_answers(job, MODEL_FOLDER, iter(sent)))
    without = _right(_answers(tmp_path, MODEL_FOLDER, iter(sent)))

    lost = {segment: with_it[segment] - without[segment] for segment in with_it}
    assert lost.pop(SUBJECT) > 0.25
    assert all(abs(difference) < 0.04 for difference in lost.values()), lost
