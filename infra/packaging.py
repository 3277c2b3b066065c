"""Builds what Lambda runs: a folder with our code and a layer with its libraries.

Imported by the rollout stack. Both folders lie under build/, named by a digest of what they are
made from, so an unchanged one is used again and asset hashes are the same on every machine.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from infra.errors import PackagingFailed

_ROOT = Path(__file__).resolve().parent.parent
_PACKAGE = "steelyard"
# The platform `any` makes pip refuse wheels with compiled code: they would tie the layer to one
# processor and one Python.
_PIP_OPTIONS = (
    "--require-hashes",
    "--no-deps",
    "--no-compile",
    "--only-binary=:all:",
    "--platform=any",
    "--implementation=py",
    "--python-version=3.12",
)


@dataclass(frozen=True, slots=True)
class Package:
    """A built folder, and the digest of what it was built from."""

    folder: Path
    digest: str


def function_package(root: Path = _ROOT) -> Package:
    """The zip's content: the package `steelyard` and nothing else."""
    contents = _contents(root / "functions", _PACKAGE)
    digest = _digest(part for item in contents.items() for part in (item[0].encode(), item[1]))

    def fill(folder: Path) -> None:
        for name, content in contents.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)

    return _built(root, f"function-{digest[:16]}", digest, fill)


def layer_package(root: Path = _ROOT) -> Package:
    """The layer's content: `python/` with what locks/layer.txt names, by hash.

    Raises:
        PackagingFailed: pip could not install it; carries pip's own words.
    """
    lock = root / "locks" / "layer.txt"
    digest = _digest([lock.read_bytes(), *(option.encode() for option in _PIP_OPTIONS)])

    def fill(folder: Path) -> None:
        _install(lock, folder / "python")

    return _built(root, f"layer-{digest[:16]}", digest, fill)


def _install(lock: Path, target: Path) -> None:
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    done = subprocess.run(  # noqa: S603 - our own arguments
        [*pip, "--no-input", *_PIP_OPTIONS, f"--target={target}", f"--requirement={lock}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise PackagingFailed(f"pip could not install {lock}:\n{done.stderr.strip()}")
    shutil.rmtree(target / "bin", ignore_errors=True)  # console scripts name this machine's Python


def _built(root: Path, name: str, digest: str, fill: Callable[[Path], None]) -> Package:
    """Fill a fresh folder and move it into place at once: a half-built one is never used."""
    build = root / "build"
    final = build / name
    if not final.exists():
        build.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=build, prefix=f"{name}-") as scratch:
            filled = Path(scratch) / "content"
            filled.mkdir()
            fill(filled)
            _move(filled, final)
    return Package(final, digest)


def _move(filled: Path, final: Path) -> None:
    try:
        filled.rename(final)
    except OSError:
        if not final.exists():  # else another process was faster, with the same content
            raise


def _contents(root: Path, package: str) -> dict[str, bytes]:
    return {
        file.relative_to(root).as_posix(): file.read_bytes()
        for file in sorted((root / package).rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }


def _digest(parts: Iterable[bytes]) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()
