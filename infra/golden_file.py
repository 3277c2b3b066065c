"""Golden requests of a model: the JSON Lines file that its model.yaml names. For `model_file.py`.

What a line may say is defined where it is used, in `steelyard.rollout.golden`.
"""

from __future__ import annotations

import json
from pathlib import Path

from infra.yaml_source import shown_as
from steelyard.errors import InvalidGolden
from steelyard.rollout.golden import read_golden

_MOST = 20  # a pass over all of them must fit into one look of the reconciler
_LARGEST = 256 * 1024  # bytes


def read_golden_file(file: Path) -> tuple[tuple[str, ...], list[str]]:
    """The requests, each as one JSON object, and what is wrong with the file, a line each."""
    shown = shown_as(file)
    try:
        if file.stat().st_size > _LARGEST:
            return (), [f"{shown}: got {file.stat().st_size} bytes, accepted: at most {_LARGEST}"]
        # Not splitlines(): it also splits at characters that JSON allows within text.
        lines = file.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        return (), [f"{shown}: {error.strerror}, accepted: a file of JSON Lines"]
    except UnicodeDecodeError as error:
        return (), [f"{shown}: not UTF-8: byte {error.start}: {error.reason}"]
    requests: dict[str, str] = {}
    problems: list[str] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                _add(line, requests)
            except InvalidGolden as error:
                problems.append(f"{shown}:{number}: {error}")
    if not problems and not 1 <= len(requests) <= _MOST:
        problems.append(f"{shown}: got {len(requests)} golden requests, accepted: 1 to {_MOST}")
    return tuple(requests.values()), problems


def _add(line: str, requests: dict[str, str]) -> None:
    name = read_golden(line).name
    if name in requests:
        raise InvalidGolden(f'name: got "{name}" again, accepted: each name once')
    deployed = _as_parameter(line)
    read_golden(deployed)  # escapes made it longer
    requests[name] = deployed


def _as_parameter(line: str) -> str:
    """The same JSON, in ASCII, as a parameter's value can be.

    Two opening braces in a row stand for another parameter there, and `{{resolve:...}}` in a
    template is filled in. JSON has them in texts alone, where escapes mean the same.
    Source: API reference of PutParameter; CloudFormation user guide, "dynamic references".
    """
    return json.dumps(json.loads(line), separators=(",", ":")).replace("{{", "{\\u007b")
