"""Trains a completion model and measures it. SageMaker's training entry point: `train.py`.

Reads the channels `training` and `holdout`; writes the model; prints its quality as
`name=value` lines, which the training job's metric definitions pick up.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import container
from container import InvalidInput
from ngram import artifact
from ngram.counting import count
from ngram.evaluation import evaluate
from ngram.lexer import tokens
from ngram.model import Model
from ngram.vocabulary import learn

_ACCEPTED = {
    "order": (2, 6),
    "min_count": (1, 1000),
    "keep_count": (1, 1000),
    "evaluation_tokens": (1, 1_000_000),
}


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """What a training job may set.

    Attributes:
        order: longest n-gram, in tokens.
        min_count: occurrences from which a token belongs to the vocabulary.
        keep_count: occurrences from which an n-gram of three or more tokens is kept.
        evaluation_tokens: most held-out tokens that are predicted.
    """

    order: int = 3
    min_count: int = 2
    keep_count: int = 2
    evaluation_tokens: int = 50_000


def parse(given: Mapping[str, object]) -> Hyperparameters:
    """Hyperparameters as SageMaker passes them: every value a string.

    Raises:
        InvalidInput: an unknown name, or a value that is no whole number in range.
    """
    # The sagemaker SDK adds names of its own for its framework containers.
    ours = {name: value for name, value in given.items() if not name.startswith("sagemaker_")}
    names = [field.name for field in fields(Hyperparameters)]
    for name in ours:
        if name not in names:
            raise InvalidInput(f"hyperparameter {name!r}: unknown, accepted: {', '.join(names)}")
    return Hyperparameters(**{name: _whole(name, value) for name, value in ours.items()})


def _whole(name: str, value: object) -> int:
    least, most = _ACCEPTED[name]
    text = str(value)
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise InvalidInput(
            f"hyperparameter {name}: got {value!r}, accepted: a whole number, {least} to {most}"
        )
    return int(text)


def train(root: Path) -> dict[str, float]:
    """Train on what lies under `root`, save the model, and return its quality by name.

    Raises:
        InvalidInput: unusable hyperparameters or data, or a module in both channels.
    """
    settings = parse(container.hyperparameters(root))
    training, holdout = (container.channel(root, name) for name in ("training", "holdout"))
    both = sorted(training.keys() & holdout.keys())
    if both:
        raise InvalidInput(f"in both channels, so quality would be flattered: {', '.join(both)}")
    streams = [tokens(text) for text in training.values()]
    vocabulary = learn(streams, settings.min_count)
    numbered = [vocabulary.encode(stream) for stream in streams]
    start = vocabulary.ids["\n"]
    levels = count(numbered, settings.order, settings.keep_count, start)
    (root / "model").mkdir(parents=True, exist_ok=True)
    artifact.save(root / "model", vocabulary, levels)
    unseen = [vocabulary.encode(tokens(text)) for text in holdout.values()]
    quality = evaluate(Model(vocabulary, levels), unseen, settings.evaluation_tokens)
    return {
        **asdict(quality),
        "training_modules": len(training),
        "training_tokens": sum(map(len, streams)),
        "vocabulary_size": len(vocabulary),
    }


def main() -> int:
    """Train, and tell SageMaker how it went."""
    root = container.base()
    try:
        quality = train(root)
    except InvalidInput as error:
        container.report_failure(root, str(error))
        print(f"training failed: {error}", file=sys.stderr)
        return 1
    except Exception:
        container.report_failure(root, traceback.format_exc())
        raise
    for name, value in quality.items():
        print(f"{name}={value:.6g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
