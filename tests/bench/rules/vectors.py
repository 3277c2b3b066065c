"""Other projects' own test vectors, kept as facts; each file names its source and licence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from bench.rules.sums import Floats

_FOLDER = Path(__file__).resolve().parents[1] / "vectors"


def vectors(name: str) -> dict[str, Any]:
    """The facts of one file."""
    facts: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text())
    return facts


def row(values: list[float | None]) -> Floats:
    """A sample as one row; null is NaN."""
    return np.array([[np.nan if value is None else value for value in values]], np.float64)
