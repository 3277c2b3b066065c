"""Writes a model to a file and reads it back: plain JSON, so loading it can run no code.

The same counts give the same bytes: everything is written in sorted order.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ngram.counting import Counted, Gram, Level
from ngram.model import Model
from ngram.vocabulary import Vocabulary

FILE_NAME = "model.json"
_FORMAT = "steelyard-ngram-1"


class InvalidArtifact(Exception):
    """The file is not a model that this code can read; says what was found."""


def save(folder: Path, vocabulary: Vocabulary, levels: Sequence[Level]) -> Path:
    """Write the model into `folder`; returns the file."""
    content = {
        "format": _FORMAT,
        "vocabulary": vocabulary.tokens,
        "levels": [_packed(level) for level in levels],
    }
    file = folder / FILE_NAME
    file.write_text(json.dumps(content, separators=(",", ":")), encoding="ascii")
    return file


def load(folder: Path) -> Model:
    """The model that `save` wrote into `folder`.

    Raises:
        InvalidArtifact: no such file, not JSON, or not of this format.
    """
    file = folder / FILE_NAME
    try:
        content = json.loads(file.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise InvalidArtifact(f"{file}: {error}") from error
    found = content.get("format") if isinstance(content, Mapping) else type(content).__name__
    if found != _FORMAT:
        raise InvalidArtifact(f"{file}: format: got {found!r}, accepted: {_FORMAT!r}")
    levels = [_unpacked(level, length) for length, level in enumerate(content["levels"])]
    return Model(Vocabulary(content["vocabulary"]), levels)


def _packed(level: Level) -> dict[str, Any]:
    """Flat lists of numbers: objects would be twice the size and slower to read."""
    rows = level.contexts.values()
    return {
        "discounts": level.discounts,
        "contexts": [token for context in level.contexts for token in context],
        "totals": [row.total for row in rows],
        "sizes": [len(row.successors) for row in rows],
        "successors": [token for row in rows for token in row.successors],
        "counts": [times for row in rows for times in row.successors.values()],
    }


def _unpacked(packed: Mapping[str, Any], length: int) -> Level:
    tokens, successors, counts = packed["contexts"], packed["successors"], packed["counts"]
    contexts: dict[Gram, Counted] = {}
    start = 0
    for number, (total, size) in enumerate(zip(packed["totals"], packed["sizes"], strict=True)):
        context = tuple(tokens[number * length : (number + 1) * length])
        end = start + size
        contexts[context] = Counted(
            total, dict(zip(successors[start:end], counts[start:end], strict=True))
        )
        start = end
    first, second, more = packed["discounts"]
    return Level((first, second, more), contexts)
