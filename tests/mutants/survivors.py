"""What survived of mutmut's mutants, in words that outlive their numbers. `tool.py` uses it."""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from difflib import unified_diff
from pathlib import Path

REASONS = Path(__file__).with_name("survivors.json")
_SURVIVED, _UNTESTED = 0, 33  # exit codes that mutmut keeps; None: not tried


@dataclass(frozen=True, slots=True)
class Survivor:
    """A change that no test noticed.

    Attributes:
        function: with its module.
        was, now: the lines that differ, as `ast.unparse` writes them.
    """

    function: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Results:
    """What became of all mutants.

    Attributes:
        wording: survivors that change nothing but text, such as reasons that people read.
        survivors: the others.
    """

    tried: int
    noticed: int
    wording: int
    survivors: tuple[Survivor, ...]


def results(folder: Path) -> Results:
    """Read what mutmut left in its folder."""
    outcomes: Counter[str] = Counter()
    survivors: list[Survivor] = []
    for meta in sorted(folder.rglob("*.py.meta")):
        exits: dict[str, int | None] = json.loads(meta.read_text())["exit_code_by_key"]
        functions = dict(_functions(meta.with_suffix("")))
        for mutant, code in exits.items():
            if code is None:
                continue
            outcomes["tried"] += 1
            if code not in (_SURVIVED, _UNTESTED):
                outcomes["noticed"] += 1
                continue
            original, changed = _pair(functions, mutant)
            if _without_text(original) == _without_text(changed):
                outcomes["wording"] += 1
            else:
                survivors.append(_survivor(mutant, original, changed))
    return Results(outcomes["tried"], outcomes["noticed"], outcomes["wording"], tuple(survivors))


def read_reasons(path: Path = REASONS) -> dict[Survivor, str]:
    """Why each known survivor may live."""
    listed = json.loads(path.read_text())
    return {Survivor(one["function"], one["was"], one["now"]): one["why"] for one in listed}


def as_listed(survivor: Survivor) -> str:
    """As the file of reasons would have it, with the reason left to write."""
    return json.dumps({**asdict(survivor), "why": ""}, ensure_ascii=False, indent=1)


def _functions(file: Path) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef) and "__mutmut_" in node.name:
            yield node.name, node


def _pair(
    functions: dict[str, ast.FunctionDef], mutant: str
) -> tuple[ast.FunctionDef, ast.FunctionDef]:
    """The function as it was, and as the mutant has it, with one name."""
    name = mutant.rpartition(".")[2]
    original = functions[f"{name.partition('__mutmut_')[0]}__mutmut_orig"]
    changed = functions[name]
    original.name = changed.name = "function"
    return original, changed


def _without_text(function: ast.FunctionDef) -> str:
    """The function's code, whatever its texts say."""
    copy = ast.parse(ast.unparse(function))
    for node in ast.walk(copy):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(copy)


def _survivor(mutant: str, original: ast.FunctionDef, changed: ast.FunctionDef) -> Survivor:
    before, after = (ast.unparse(one).splitlines() for one in (original, changed))
    diff = [line for line in unified_diff(before, after, n=0) if line[:3] not in ("---", "+++")]
    was, now = (
        " ".join(line[1:].strip() for line in diff if line.startswith(sign)) for sign in "-+"
    )
    module, _, name = mutant.partition("__mutmut_")[0].rpartition(".")
    plain = name.removeprefix("x_").removeprefix("x").strip("ǁ").replace("ǁ", ".")
    return Survivor(f"{module}.{plain}", was, now)
