"""The completion model's folder on the path, as it is in its container, and small jobs for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "models/completion"
sys.path.insert(0, str(FOLDER))

SOURCE = '''\
"""Counts things."""


class Counter:
    def __init__(self, start=0):
        self.value = start

    def add(self, number):
        self.value += number
        return self.value

    def reset(self):
        self.value = 0
        return self.value


def total(numbers):
    counter = Counter()
    for number in numbers:
        counter.add(number)
    return counter.value
'''

Job = Callable[..., Path]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """Lays out a training job as SageMaker does; returns its root."""

    def lay_out(
        training: Mapping[str, str] | None = None,
        holdout: Mapping[str, str] | None = None,
        hyperparameters: object = None,
        name: str = "job",
    ) -> Path:
        root = tmp_path / name
        channels = {
            "training": training if training is not None else {"counting": SOURCE},
            "holdout": holdout
            if holdout is not None
            else {"other": "def f(self):\n    return 1\n"},
        }
        for channel, modules in channels.items():
            folder = root / "input/data" / channel
            folder.mkdir(parents=True)
            for module, text in modules.items():
                (folder / f"{module}.py.txt").write_text(text, encoding="utf-8")
        config = root / "input/config"
        config.mkdir(parents=True)
        given = json.dumps({} if hyperparameters is None else hyperparameters)
        (config / "hyperparameters.json").write_text(given, encoding="utf-8")
        return root

    return lay_out


@pytest.fixture
def run_training() -> Run:
    """Runs `python train.py` on a job, in a process of its own."""

    def run(root: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "train.py"],
            cwd=FOLDER,
            env={**os.environ, "SAGEMAKER_BASE_DIR": str(root), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run
