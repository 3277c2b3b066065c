"""Runs tests again and again, in children that need not import boto3 and moto anew.

`trial.py` starts it in a copy of the project, writes a line of JSON for each run and reads one.
Nobody imports it: nothing of the copy may be loaded before a child is forked.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import monotonic, sleep
from typing import NoReturn

import aws_lambda_powertools  # noqa: F401 - loaded once, for all children
import boto3  # noqa: F401
import hypothesis  # noqa: F401
import moto  # noqa: F401
import pytest

_OPTIONS = ("-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider")
_PAUSE = 0.02  # seconds between two looks at a child


def main() -> None:
    """Answer each line until there are no more."""
    for line in sys.stdin:
        asked = json.loads(line)
        code, said = _run(asked["tests"], asked["limit"])
        sys.stdout.write(json.dumps({"code": code, "said": said}) + "\n")
        sys.stdout.flush()


def _run(tests: Sequence[str], limit: float) -> tuple[int | None, str]:
    """What pytest exits with, and says; no code where it takes longer than the limit."""
    with NamedTemporaryFile() as output:
        child = os.fork()
        if not child:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            _test(tests)
        return _waited(child, limit), Path(output.name).read_text(errors="replace")


def _test(tests: Sequence[str]) -> NoReturn:
    code = int(pytest.ExitCode.INTERNAL_ERROR)
    try:
        code = int(pytest.main([*_OPTIONS, *tests]))
        sys.stdout.flush()
    finally:
        os._exit(code)  # whatever happens, the child must not go on as its parent


def _waited(child: int, limit: float) -> int | None:
    began = monotonic()
    while monotonic() - began < limit:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        sleep(_PAUSE)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


if __name__ == "__main__":
    main()
