"""The folder that stands for AWS's Python runtime: `locks/runtime.txt` and nothing else.

Made once for each lock and Python version. Used by the Lambda executor, the console and setup.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from steelyard.errors import SteelyardError

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "locks" / "runtime.txt"
BUILT = ROOT / "build" / "lambda-runtime"


class RuntimeNotBuilt(SteelyardError):
    """pip could not install the lock."""


def runtime_directory(lock: Path = LOCK, built: Path = BUILT) -> Path:
    """Answer the folder with the runtime's packages; install them first if need be (seconds).

    Raises:
        RuntimeNotBuilt: pip failed; the message has the end of its output.
    """
    made = built / _key(lock)
    if not made.is_dir():
        built.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix="partial-", dir=built))
        try:
            _install(lock, partial)
            _move(partial, made)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return made


def _key(lock: Path) -> str:
    python = f"{sys.platform}-{sys.version_info.major}.{sys.version_info.minor}"
    return f"{python}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"


def _install(lock: Path, target: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "--no-deps", "--target", str(target), "-r", str(lock)]
    done = subprocess.run(  # noqa: S603 - our own interpreter
        command, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeNotBuilt(f"pip could not install {lock}:\n{done.stderr.strip()[-2000:]}")


def _move(partial: Path, made: Path) -> None:
    """Another process may have made the same folder meanwhile; both are equal, so keep its."""
    try:
        partial.rename(made)
    except OSError:
        if not made.is_dir():
            raise
