"""Changes any line of what decides and acts, with mutmut: `make mutants-lines`. Nobody imports it.

Needs the dependency group `mutants`. What survives is listed, with a reason, in survivors.json.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from tests.mutants.guard import functional
from tests.mutants.survivors import Results, as_listed, read_reasons, results
from tests.mutants.trial import COPIED

_PROJECT = Path(__file__).parents[2]
_MUTATED = (
    *("rollout/machine.py", "rollout/intents.py", "rollout/signals.py", "rollout/looking.py"),
    *("rollout/ending.py", "rollout/plan.py", "service.py", "aws/endpoint.py", "aws/ledger.py"),
)
# Those through the handler are missing: Powertools' logger keeps the streams that mutmut closes.
_TESTS = (
    "tests/unit/rollout",
    *functional(
        "ledger",
        "endpoint",
        "endpoint_collecting",
        "endpoint_reading",
        "scaling",
        "service",
        "service_alarms",
    ),
    *functional("service_answers", "service_before_and_after", "service_faults"),
    *functional("service_first_step", "service_orders", "service_unreadable"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the options, run, tell; 1 where a survivor has no reason."""
    options = ArgumentParser(
        prog="make mutants-lines", description="Every change that mutmut knows."
    )
    options.add_argument("--jobs", type=int, default=1, help="mutants at once (default: 1)")
    options.add_argument("--only", default="", help="functions, such as '*plan*': a glob")
    chosen = options.parse_args(arguments)
    began = monotonic()
    with TemporaryDirectory(prefix="steelyard-mutmut-") as folder:
        copy = Path(folder)
        _prepare(copy)
        which = [f"*{chosen.only}*"] if chosen.only else []
        command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(chosen.jobs)]
        ran = subprocess.run([*command, *which], cwd=copy, check=False)  # noqa: S603
        if ran.returncode:
            return ran.returncode
        return _tell(results(copy / "mutants"), monotonic() - began, whole=not which)


def _prepare(copy: Path) -> None:
    """Lay the project out as mutmut takes it: what it changes lies in `src`."""
    for name in COPIED:
        source = _PROJECT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy)
    shutil.copytree(copy / "functions", copy / "src")
    settings = {
        "source_paths": ["src"],
        "only_mutate": [f"src/steelyard/{name}" for name in _MUTATED],
        "also_copy": [name for name in COPIED if name != "tests"],
        "pytest_add_cli_args_test_selection": list(_TESTS),
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-p", "tests.mutants.quick_first"],
        "timeout_multiplier": 2.0,
        "timeout_constant": 5.0,
        "use_git_change_detection": False,
        "track_dependencies": False,
    }
    lines = [f"{key} = {_toml(value)}\n" for key, value in settings.items()]
    with (copy / "pyproject.toml").open("a") as file:
        file.writelines(["\n[tool.mutmut]\n", *lines])


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _tell(found: Results, seconds: float, *, whole: bool) -> int:
    """What survived without a reason, and reasons that nothing needs any more."""
    reasons = read_reasons()
    new = [one for one in found.survivors if one not in reasons]
    spent = [one for one in reasons if whole and one not in found.survivors]
    _say(f"{found.tried} mutants in {seconds / 60:.0f} minutes: {found.noticed} were noticed")
    _say(f"{found.wording} more change only words that people read")
    _say(f"{len(found.survivors) - len(new)} more survive for a reason that is listed")
    for one in new:
        _say(f"nobody noticed: {as_listed(one)}")
    for one in spent:
        _say(f"listed, but did not survive: {as_listed(one)}")
    return 1 if new or spent else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
