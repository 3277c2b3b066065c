"""Who may import whom: core <- aws <- service <- handlers, and nothing points back."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("functions", "infra", "cli", "bench", "app.py")

CORE = (
    "rollout",
    "evidence",
    "labels",
    "evaluation",
    "monitoring",
    "errors",
    "codec",
    "json_object",
)
SIMULATING = ("numpy", "scipy", "matplotlib")
# A module may import those of its own rank and below. Settings are read, and a reconciler is put
# together, for handlers; telemetry is for everyone who does something.
RANKS = {
    **dict.fromkeys(CORE, 0),
    "messages": 1,
    "request": 1,
    "telemetry": 1,
    "aws": 1,
    "service": 2,
    "world": 2,
    "intake": 2,
    "archiving": 2,
    "settings": 3,
    "composition": 3,
    "archive_composition": 3,
    "intake_composition": 3,
    "reception": 3,
    "handlers": 4,
}


def sources() -> Iterator[Path]:
    """Every Python file of ours, relative to the repository."""
    for part in OURS:
        top = ROOT / part
        found = [top] if top.is_file() else top.rglob("*.py")
        yield from (file.relative_to(ROOT) for file in found)


def imports(file: Path) -> set[str]:
    """The modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            found.add(node.module or "")
    return found


def importing(package: str, files: Iterator[Path]) -> set[str]:
    """Those of the files that import a package or a module in it."""
    return {
        file.as_posix()
        for file in files
        if any(name == package or name.startswith(f"{package}.") for name in imports(file))
    }


def rank(dotted: str) -> int:
    """The rank of `steelyard.<module>...`; the package itself has none."""
    return RANKS[dotted.split(".")[1]] if "." in dotted else 0


def in_functions() -> Iterator[Path]:
    """The files of the Lambda."""
    return (file for file in sources() if file.parts[0] == "functions")


def in_core() -> Iterator[Path]:
    """The files of the pure core."""
    return (file for file in in_functions() if file.with_suffix("").parts[2] in CORE)


def test_there_are_files_to_look_at() -> None:
    assert len(list(in_core())) > 10
    assert {file.parts[0] for file in sources()} == set(OURS)


def test_runtime_imports_only_its_own_rank_and_below() -> None:
    for file in in_functions():
        dotted = ".".join(file.with_suffix("").parts[1:])
        if dotted == "steelyard.__init__":
            continue
        for name in imports(file):
            if name.split(".")[0] == "steelyard":
                assert rank(name) <= rank(dotted), f"{file} imports {name}"


@pytest.mark.parametrize("package", ["infra", "cli", "bench", *SIMULATING])
def test_runtime_imports_nothing_that_stays_at_home(package: str) -> None:
    assert importing(package, in_functions()) == set()


def test_core_imports_the_standard_library_alone() -> None:
    for file in in_core():
        outside = {name.split(".")[0] for name in imports(file)} - {"steelyard"}
        assert outside <= sys.stdlib_module_names, file


@pytest.mark.parametrize("package", ["os", "time", "random", "socket", "threading", "subprocess"])
def test_core_reads_no_clock_and_no_environment(package: str) -> None:
    assert importing(package, in_core()) == set()


def test_runtime_never_asks_what_time_it_is() -> None:
    asking = {
        file.as_posix()
        for file in in_functions()
        for node in ast.walk(ast.parse((ROOT / file).read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}
        if isinstance(node.value, ast.Name) and node.value.id in {"datetime", "date"}
    }
    assert asking == set()


@pytest.mark.parametrize("package", ["boto3", "botocore"])
def test_runtime_speaks_to_aws_in_one_folder_alone(package: str) -> None:
    found = importing(package, in_functions())
    assert found
    assert {name for name in found if not name.startswith("functions/steelyard/aws/")} == set()


def test_powertools_stay_in_telemetry_and_handlers() -> None:
    found = importing("aws_lambda_powertools", sources())
    outside = {
        name
        for name in found
        if not name.startswith(("functions/steelyard/handlers/", "functions/steelyard/telemetry"))
    }
    assert outside == set()


def test_ministack_is_touched_by_its_adapter_alone() -> None:
    found = importing("ministack", sources())
    assert {name for name in found if not name.startswith("infra/local/ministack")} == set()


def test_cdk_is_imported_by_stacks_alone() -> None:
    """Importing it starts Node: the console and the local cloud must do without."""
    found = importing("aws_cdk", sources())
    outside = {
        name
        for name in found
        if not name.startswith("infra/constructs/")
        and not name.endswith("_stack.py")
        and name != "infra/app.py"
    }
    assert found
    assert outside == set()


def test_stacks_know_of_the_runtime_only_what_a_file_may_say() -> None:
    allowed = {
        "steelyard.codec",
        "steelyard.errors",
        "steelyard.rollout.golden",
        "steelyard.rollout.policy",
        "steelyard.rollout.scaling",
    }
    for file in sources():
        if file.parts[0] == "infra" and file.parts[1] != "local":
            runtime = {name for name in imports(file) if name.split(".")[0] == "steelyard"}
            assert runtime <= allowed, file


@pytest.mark.parametrize("package", ["cli"])
def test_nothing_but_the_console_imports_the_console(package: str) -> None:
    found = importing(package, sources())
    assert {name for name in found if not name.startswith("cli/")} == set()


def test_bench_knows_of_the_runtime_the_core_alone() -> None:
    for file in sources():
        if file.parts[0] == "bench":
            for name in imports(file):
                assert name.split(".")[0] not in {"infra", "cli", "boto3", "botocore"}, file
                if name.split(".")[0] == "steelyard":
                    assert rank(name) == 0, f"{file} imports {name}"


def test_bench_is_imported_by_itself_and_the_console_alone() -> None:
    found = importing("bench", sources())
    assert found
    assert {name for name in found if not name.startswith(("bench/", "cli/"))} == set()


@pytest.mark.parametrize("package", SIMULATING)
def test_only_simulations_import_what_simulates(package: str) -> None:
    """They weigh more than a Lambda may, and the console must start without them."""
    found = importing(package, sources())
    outside = {name for name in found if not name.startswith(("bench/", "cli/simulat"))}
    assert outside == set()
