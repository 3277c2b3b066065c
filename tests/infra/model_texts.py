"""Model files as text, and how they are read. Not a test itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.errors import InvalidModelFile
from infra.model_file import ModelFile, load_model

LEAST = """name: chat
description: Talks.
alarms:
  p99_latency: 2s
"""
DURATION = "a duration such as 500ms, 90s, 10m, 24h, 7d, 1h30m or ISO 8601 (PT10M)"


def load(folder: Path, text: str, name: str = "chat") -> ModelFile:
    """What is read from a file with this text."""
    (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / name / "model.yaml").write_text(text)
    return load_model(folder / name)


def refusal(folder: Path, text: str, name: str = "chat") -> list[str]:
    """The lines that a file with this text is refused with, from the line number on."""
    with pytest.raises(InvalidModelFile) as refused:
        load(folder, text, name)
    file = folder / name / "model.yaml"
    return [line.removeprefix(f"{file}:") for line in str(refused.value).splitlines()]
