"""YAML as written: plain values, each with its line.

Imported by `infra.model_file` and the console's `policy_file`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.errors import InvalidModelFile

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed file.

    Attributes:
        shown: the path as messages show it.
        data: plain values: mappings, lists, text, numbers, booleans, None.
        lines: the line, from 1, of each key path.
    """

    shown: str
    data: Any
    lines: Mapping[KeyPath, int]

    def line(self, path: KeyPath) -> int:
        """The line of a key path; of its nearest parent where it is not in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def shown_as(path: Path) -> str:
    """A path as messages show it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def read_yaml(path: Path) -> Source:
    """Read one YAML document.

    Raises:
        InvalidModelFile: not readable as YAML; says line, column and what is wrong there.
    """
    shown = shown_as(path)
    try:
        loader = _Loader(path.read_bytes())
        node = loader.get_single_node()
        if node is None:
            return Source(shown, None, {})
        data = loader.construct_document(node)
    except OSError as error:
        raise InvalidModelFile(f"{shown}: {error.strerror}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise InvalidModelFile(f"{shown}{where}: not YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidModelFile(f"{shown}: not YAML: {' '.join(str(error).split())}") from error
    return Source(shown, data, dict(_lines(node, ())))


class _Loader(yaml.SafeLoader):
    """YAML with the plain scalars of version 1.2, and nothing that hides what a key is.

    PyYAML reads version 1.1, where `on` is true, `1:30` is 90 and 2024-01-01 a date.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not accepted", mark)
        return super().compose_node(parent, index)

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: FBT001, FBT002 - PyYAML's own signature
    ) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:str":
                shown = getattr(key, "value", None)
                problem = f"key {shown!r} is not text; put it in quotes"
            elif key.value in seen:
                problem = f"duplicate key {key.value!r}"
            else:
                seen.add(key.value)
                continue
            raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
        return super().construct_mapping(node, deep)

    def construct_finite(self, node: yaml.ScalarNode) -> float:
        value = float(node.value)
        if not math.isfinite(value):
            problem = f"{node.value} is too large for a number"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return value


_DIGITS = list("-+0123456789.")
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?(0|[1-9][0-9]*)", _DIGITS),
    ("float", r"[-+]?((\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)", _DIGITS),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first
    )
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_finite)


def _lines(node: yaml.Node, path: KeyPath) -> list[tuple[KeyPath, int]]:
    found: list[tuple[KeyPath, int]] = [(path, node.start_mark.line + 1)]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inside = _lines(value, (*path, key.value))
            found += [((*path, key.value), key.start_mark.line + 1), *inside[1:]]
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            found += _lines(value, (*path, index))
    return found
