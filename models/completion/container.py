"""SageMaker's container contract: where things lie, and how settings and failure are told.

`train.py` and `serve.py` import it. Source: SageMaker's guide, "How Amazon SageMaker AI
Provides Training Information" and "Custom Inference Code with Hosting Services".
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

SOURCE_SUFFIX = ".py.txt"


class InvalidInput(Exception):
    """Hyperparameters or data that can't be trained on; says what was found and accepted."""


def base() -> Path:
    """The root of everything that SageMaker hands in and takes out."""
    return Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def host() -> str:
    """The address to listen at: every one in a container; a laptop narrows it to loopback."""
    return os.environ.get("BIND_HOST", "0.0.0.0")  # noqa: S104, the container is the wall


def port() -> int:
    """The port that SageMaker sends requests to."""
    return int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))


def hyperparameters(root: Path) -> Mapping[str, object]:
    """The job's hyperparameters; none where SageMaker wrote no file.

    Raises:
        InvalidInput: the file holds anything but a JSON object.
    """
    file = root / "input/config/hyperparameters.json"
    if not file.exists():
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidInput(f"{file.name}: {error}; accepted: a JSON object") from error
    if not isinstance(found, dict):
        raise InvalidInput(f"{file.name}: got {found!r}, accepted: a JSON object")
    return found


def channel(root: Path, name: str) -> dict[str, str]:
    """Source text by module name: every `<module>.py.txt` of a channel, in order of names.

    Raises:
        InvalidInput: no such channel, no module in it, or a file that is not UTF-8.
    """
    folder = root / "input/data" / name
    files = sorted(folder.rglob(f"*{SOURCE_SUFFIX}"))
    if not files:
        raise InvalidInput(f"channel {name}: no file named *{SOURCE_SUFFIX} in {folder}")
    modules = {}
    for file in files:
        try:
            modules[file.name.removesuffix(SOURCE_SUFFIX)] = file.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise InvalidInput(f"channel {name}: {file.name}: {error}; accepted: UTF-8") from error
    return modules


def report_failure(root: Path, reason: str) -> None:
    """Tell SageMaker why: the job's FailureReason shows the first kilobyte."""
    file = root / "output/failure"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(reason, encoding="utf-8")
