"""What differs between the environments' templates, as text that people can read.

Names differ everywhere and say nothing: they are written the same before templates are compared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

HEADER = """\
What differs between the environments, property by property. Names, which all differ, are written
as `<env>`; whatever is not listed is the same. `make snapshot` writes this file again.
"""
NONE = "-"  # an environment in which there is no such property
_HASH = re.compile(r"[0-9A-F]{8}$")  # CDK's, at the end of a logical id


def told(templates: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """The differences.

    Args:
        templates: by environment, then by stack; with joins written as text.
    """
    leaves = {name: dict(_leaves(name, stacks)) for name, stacks in templates.items()}
    paths = sorted({path for found in leaves.values() for path in found})
    blocks = [HEADER]
    for path in paths:
        values = {name: found.get(path, NONE) for name, found in leaves.items()}
        if len(set(values.values())) > 1:
            lines = [f"    {name:<6}{value}" for name, value in values.items()]
            blocks.append("\n".join([path, *lines, ""]))
    return "\n".join(blocks)


def _leaves(environment: str, stacks: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for stack, template in stacks.items():
        for name, resource in template["Resources"].items():
            short = _HASH.sub("", _plain(environment, name))
            kind = resource["Type"].removeprefix("AWS::").replace("::", " ")
            yield from _flat(environment, f"{stack}: {kind} {short}", resource)


def _flat(environment: str, path: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            for key, item in value.items():
                yield from _flat(environment, f"{path}.{key}".replace(".Properties", ""), item)
        case list():
            for number, item in enumerate(value):
                yield from _flat(environment, f"{path}[{number}]", item)
        case str() if value.startswith('{"'):
            yield from _flat(environment, path, json.loads(value))
        case _:
            yield path, _plain(environment, str(value))


def _plain(environment: str, text: str) -> str:
    """Without what the environment's own name makes different."""
    parameter = rf"SsmParameterValuesteelyard{environment}(key|ledgerstream)\w+?Parameter(?=\W|$)"
    text = re.sub(parameter, lambda found: found[1].capitalize(), text)
    text = re.sub(rf"\b{environment}-(?=completion)", "", text)
    text = re.sub(rf"\b{environment}\b", "<env>", text)
    return text.replace("000000000000", "${AWS::AccountId}").replace("eu-west-1", "${AWS::Region}")
