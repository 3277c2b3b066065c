"""The Lambda's zip and layer hold pure Python, what is needed, and nothing else."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.errors import PackagingFailed
from infra.packaging import function_package, layer_package

ROOT = Path(__file__).resolve().parents[2]
COMPILED = {".so", ".pyd", ".dylib", ".dll", ".pyc"}
MEBIBYTE = 1024 * 1024


def files(folder: Path) -> list[Path]:
    """All files of a folder, relative to it."""
    return sorted(file.relative_to(folder) for file in folder.rglob("*") if file.is_file())


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A repository with sources and locks alone."""
    for part in ("functions", "locks"):
        shutil.copytree(ROOT / part, tmp_path / part)
    return tmp_path


@pytest.mark.parametrize("build", [function_package, layer_package])
def test_nothing_is_compiled_and_no_tests_are_inside(build: object) -> None:
    found = files(build().folder)  # type: ignore[operator]
    assert found
    assert [file for file in found if file.suffix in COMPILED] == []
    assert [file for file in found if {"__pycache__", "tests", "bin"} & set(file.parts)] == []


def test_zip_holds_the_package_steelyard_alone() -> None:
    found = files(function_package().folder)
    assert {file.parts[0] for file in found} == {"steelyard"}
    assert Path("steelyard/rollout/policy.py") in found


def test_layer_holds_the_locked_libraries_alone() -> None:
    layer = layer_package().folder
    distributions = {folder.name.split("-")[0] for folder in layer.glob("python/*.dist-info")}
    assert distributions == {"aws_lambda_powertools", "jmespath", "typing_extensions"}
    names = {folder.name for folder in layer.glob("python/*")}
    assert names & {"numpy", "pydantic", "pydantic_core", "sagemaker", "boto3"} == set()


def test_zip_and_layer_are_small() -> None:
    sizes = {
        package.folder.name.split("-")[0]: sum(
            (package.folder / file).stat().st_size for file in files(package.folder)
        )
        for package in (function_package(), layer_package())
    }
    assert sizes["function"] < MEBIBYTE
    assert sizes["layer"] < 8 * MEBIBYTE


def test_libraries_are_found_without_site_packages() -> None:
    code = (
        "from aws_lambda_powertools import Logger, Metrics\n"
        "from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor\n"
        "from steelyard.rollout.policy import Policy\n"
        "print(Policy().steps)\n"
    )
    path = f"{function_package().folder}:{layer_package().folder / 'python'}"
    done = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-S", "-B", "-c", code],
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)


def test_assets_are_the_built_folders(assemblies: Mapping[str, Path]) -> None:
    stack = assemblies["local"] / "steelyard-local-rollout.assets.json"
    sources = [asset["source"] for asset in json.loads(stack.read_text())["files"].values()]
    contents = [
        files(assemblies["local"] / source["path"])
        for source in sources
        if source["packaging"] == "zip"
    ]
    expected = [files(function_package().folder), files(layer_package().folder)]
    assert sorted(contents) == sorted(expected)


def test_digest_depends_on_the_sources_alone_and_not_on_where_they_lie(
    copy: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("elsewhere") / "deeper"
    shutil.copytree(copy, other)
    assert function_package(other).digest == function_package(copy).digest
    assert function_package(other).folder != function_package(copy).folder


def test_changed_source_is_built_anew_and_an_unchanged_one_is_not(copy: Path) -> None:
    first = function_package(copy)
    assert function_package(copy) == first
    policy = copy / "functions" / "steelyard" / "rollout" / "policy.py"
    policy.write_text(policy.read_text() + "\n# changed\n")
    second = function_package(copy)
    assert second.digest != first.digest
    assert (second.folder / "steelyard/rollout/policy.py").read_text().endswith("# changed\n")


def test_caches_and_leftovers_do_not_change_the_digest(copy: Path) -> None:
    first = function_package(copy)
    cache = copy / "functions" / "steelyard" / "__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "x.cpython-312.pyc").write_bytes(b"x")
    assert function_package(copy) == first


@pytest.mark.parametrize("digest", [f" --hash=sha256:{'0' * 64}", ""])
def test_library_without_its_right_hash_is_not_installed(copy: Path, digest: str) -> None:
    lock = copy / "locks" / "layer.txt"
    locked = re.findall(r"jmespath==[\d.]+", lock.read_text())
    lock.write_text(f"{locked[0]}{digest}\n")
    with pytest.raises(PackagingFailed, match="pip could not install"):
        layer_package(copy)
    assert list((copy / "build").iterdir()) == []
